//! RFC 6120, RFC 6121 and the extensions as conversations: each file in `conversations` is a test.

#[cfg(test)]
macro_rules! conversations {
    ($($name:ident)+) => {
        const LISTED: &[&str] = &[$(stringify!($name)),+];
        $(
            #[tokio::test]
            async fn $name() {
                let text = include_str!(concat!("conversations/", stringify!($name), ".txt"));
                if let Err(error) = televisor_testkit::run(text).await {
                    panic!("conversations/{}.txt: {error:#}", stringify!($name));
                }
            }
        )+
    };
}

#[cfg(test)]
conversations! {
    address_that_is_none
    bind_comes_before_any_stanza
    bind_conflict_ends_the_older_session
    bind_without_a_resource_gets_one
    carbon_is_not_for_who_heard_it
    carbon_is_not_of_a_rooms_private_message
    carbon_is_not_of_what_is_private
    carbon_is_of_talk_only
    carbon_of_a_refusal
    carbon_of_an_error
    carbon_of_what_another_session_hears
    carbon_of_what_one_says_to_oneself
    carbons_are_switched_on_and_off
    carbons_of_another_account
    certificate_is_disabled
    certificate_is_registered_and_listed
    certificate_is_revoked
    certificate_name_may_not_repeat
    certificate_of_another_account_stays_its_own
    certificate_that_is_none
    certificate_that_is_not_there_cannot_be_disabled
    certificates_of_another_are_nobodys_business
    chat_spares_the_negative_priority
    chat_state_is_not_kept
    chat_to_a_full_address
    chat_to_a_resource_that_is_gone
    chat_to_the_bare_address
    disco_info_of_a_node_there_is_not
    disco_info_of_ones_own_account
    disco_info_of_the_server
    disco_items_of_ones_own_account
    error_message_is_dropped
    from_is_stamped_by_the_server
    from_of_another_ends_the_stream
    groupchat_to_a_person
    headline_is_not_kept
    headline_reaches_every_willing_resource
    iq_get_without_a_child
    iq_of_an_unknown_namespace
    iq_of_an_unknown_type
    iq_result_is_never_answered
    iq_set_with_two_children
    iq_to_a_resource_is_passed_on
    iq_to_a_resource_that_is_gone
    iq_to_an_unknown_user
    locality_of_a_contact_outside
    locality_of_a_session
    message_to_an_unknown_user
    message_to_another_domain
    message_to_nobody_is_for_oneself
    normal_message_to_a_resource_that_is_gone
    normal_message_to_the_bare_address
    offline_message_comes_once
    offline_message_is_kept
    offline_message_waits_for_a_willing_resource
    outside_correction_is_another_message
    outside_error_is_not_answered
    outside_errors_by_the_hundred_are_dropped
    outside_iq_answer_reaches_who_asked
    outside_iq_of_a_stranger_is_refused
    outside_iq_to_a_resource_of_a_contact
    outside_message_goes_out
    outside_message_is_kept_for_later
    outside_message_of_a_stranger_is_refused
    outside_message_reaches_a_contact
    outside_message_that_comes_again_is_dropped
    outside_ping_of_the_domain
    outside_presence_at_first_is_probed
    outside_presence_ends_when_the_line_is_cut
    outside_presence_for_one_address_is_taken_back
    outside_presence_is_broadcast
    outside_probe_is_answered
    outside_probe_of_a_stranger_is_not_answered
    outside_room_is_entered_and_left
    outside_roster_of_an_account_is_not_shown
    outside_roster_remove_ends_the_subscriptions
    outside_server_that_is_away_is_told_of
    outside_server_that_is_away_keeps_a_request_open
    outside_strangers_leave_by_the_hundred
    outside_subscription_approval_nobody_asked_for
    outside_subscription_ends
    outside_subscription_is_asked_for
    outside_subscription_is_asked_for_again
    outside_subscription_request_waits_for_the_contact
    photo_is_in_the_presence
    ping_of_the_server
    presence_at_first_shows_who_is_there
    presence_ends_when_the_line_is_cut
    presence_ends_with_the_stream
    presence_for_one_address_is_taken_back
    presence_for_one_address_only
    presence_is_not_for_strangers
    presence_of_ones_own_resources
    presence_passes_show_and_status_through
    presence_priority_out_of_range
    presence_probe_is_answered
    presence_probe_of_a_stranger_is_not_answered
    presence_says_goodbye_with_its_words
    presence_to_an_unknown_user
    resident_asks_outside
    resident_drops_a_contact
    resident_hears_every_request
    resident_hears_strangers
    resident_hears_that_a_server_is_away
    resident_hears_that_a_server_is_not_there
    resident_invites_an_account_outside
    resident_is_probed
    resident_is_refused
    resident_request_left_open_is_answered
    resident_shows_its_vcard_to_whom_it_asked
    resident_talks_to_a_contact
    roster_add_is_pushed_to_interested_resources
    roster_get_is_empty_at_first
    roster_groups_may_not_repeat
    roster_item_needs_an_address
    roster_of_a_household_cannot_be_left
    roster_of_a_household_is_made_by_itself
    roster_of_another_may_not_be_set
    roster_remove_ends_the_subscriptions
    roster_remove_is_pushed
    roster_remove_of_nobody
    roster_rename_is_kept
    roster_set_leaves_the_subscription_alone
    roster_set_takes_one_item
    roster_version_that_is_known
    roster_version_that_is_old
    subscription_approval_nobody_asked_for
    subscription_asked_again_does_not_trouble_the_contact
    subscription_is_approved
    subscription_is_cancelled
    subscription_is_denied
    subscription_is_given_up
    subscription_leaves_out_the_resource
    subscription_request_is_delivered
    subscription_request_waits_for_the_contact
    time_of_the_server
    vcard_is_read_by_others
    vcard_of_another_may_not_be_set
    vcard_that_is_not_there
    version_of_the_server
}

#[test]
fn every_file_is_listed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conversations");
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(LISTED.contains(&name), "{name} is not listed");
    }
}
