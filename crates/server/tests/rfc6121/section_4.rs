//! Section 4: Exchanging Presence Information.

use crate::{ANN_SEES_BOB, FRIENDS, hold};

/// Section 4.2.2: Initial presence MUST go to the subscribers, and to the user's own resources, the sender included.
#[tokio::test]
async fn s_4_2_2_initial_presence_reaches_subscribers_and_oneself() {
    const TEXT: &str = r"
ann/tv connects
ann/tv sends:
  <presence><status>hi</status></presence>
ann/tv receives in any order:
  <presence from='ann@house.example/tv' to='ann@house.example/tv'><status>hi</status></presence>
  <presence from='ann@house.example/home' to='ann@house.example/tv'/>
  <presence from='bob@house.example/home' to='ann@house.example/tv'/>
ann receives:
  <presence from='ann@house.example/tv' to='ann@house.example/home'><status>hi</status></presence>
bob receives:
  <presence from='ann@house.example/tv' to='bob@house.example/home'><status>hi</status></presence>
";
    hold(&format!("{FRIENDS}{}", TEXT)).await;
}

/// Section 4.2.2: Presence MUST NOT go to contacts that are not subscribed.
#[tokio::test]
async fn s_4_2_2_presence_is_not_for_who_is_not_subscribed() {
    const TEXT: &str = r"
ann sends:
  <presence><show>dnd</show></presence>
ann receives:
  <presence from='ann@house.example/home' to='ann@house.example/home'><show>dnd</show></presence>
bob receives nothing
";
    hold(&format!("{ANN_SEES_BOB}{}", TEXT)).await;
}

/// Section 4.2.3: A contact's presence MUST be delivered to all available resources.
#[tokio::test]
async fn s_4_2_3_presence_reaches_all_available_resources_of_a_contact() {
    const TEXT: &str = r"
bob/tv connects
bob/tv sends:
  <presence><priority>-5</priority></presence>
ann forgets
bob forgets
bob/tv forgets
ann sends:
  <presence><show>away</show></presence>
bob receives:
  <presence from='ann@house.example/home' to='bob@house.example/home'><show>away</show></presence>
bob/tv receives:
  <presence from='ann@house.example/home' to='bob@house.example/tv'><show>away</show></presence>
";
    hold(&format!("{FRIENDS}{}", TEXT)).await;
}

/// Section 4.3.2: A probe of a subscriber MUST be answered with the whole last presence of each resource.
#[tokio::test]
async fn s_4_3_2_probe_is_answered_with_the_last_presence_of_each_resource() {
    const TEXT: &str = r"
bob sends:
  <presence><show>away</show><status>tea</status><priority>3</priority><x xmlns='urn:x'/></presence>
ann forgets
ann sends:
  <presence type='probe' to='bob@house.example'/>
ann receives:
  <presence from='bob@house.example/home' to='ann@house.example/home'><show>away</show><status>tea</status><priority>3</priority><x xmlns='urn:x'/></presence>
";
    hold(&format!("{ANN_SEES_BOB}{}", TEXT)).await;
}

/// Section 4.3.2: Who is not subscribed MUST NOT learn the presence.
#[tokio::test]
async fn s_4_3_2_probe_of_a_stranger_learns_nothing() {
    const TEXT: &str = r"
ann is here
bob is here
ann sends:
  <presence type='probe' to='bob@house.example'/>
ann receives nothing
";
    hold(TEXT).await;
}

/// Section 4.3.2: Who has no available resource MUST be said to be unavailable.
#[tokio::test]
async fn s_4_3_2_probe_from_outside_of_who_is_away_is_answered() {
    const TEXT: &str = r"
ann is here
outside sends:
  <presence type='subscribe' from='joe@outside.example' to='ann@house.example'/>
ann sends:
  <presence type='subscribed' to='joe@outside.example'/>
  <presence type='unavailable'/>
outside forgets
outside sends:
  <presence type='probe' from='joe@outside.example' to='ann@house.example'/>
outside receives:
  <presence type='unavailable' from='ann@house.example' to='joe@outside.example'/>
";
    hold(TEXT).await;
}

/// Section 4.4.2: Each presence that follows MUST be broadcast as the first was, and nothing is probed.
#[tokio::test]
async fn s_4_4_2_later_presence_is_broadcast_too() {
    const TEXT: &str = r"
ann sends:
  <presence><show>xa</show></presence>
bob receives:
  <presence from='ann@house.example/home' to='bob@house.example/home'><show>xa</show></presence>
ann receives:
  <presence from='ann@house.example/home' to='ann@house.example/home'><show>xa</show></presence>
ann receives nothing
";
    hold(&format!("{FRIENDS}{}", TEXT)).await;
}

/// Section 4.5.2: Unavailable presence MUST be broadcast to whoever saw the resource available.
#[tokio::test]
async fn s_4_5_2_unavailable_presence_is_broadcast() {
    const TEXT: &str = r"
ann sends:
  <presence type='unavailable'><status>bye</status></presence>
bob receives:
  <presence type='unavailable' from='ann@house.example/home' to='bob@house.example/home'><status>bye</status></presence>
";
    hold(&format!("{FRIENDS}{}", TEXT)).await;
}

/// Section 4.5.2: A session that ends without saying so MUST be said to be unavailable by its server.
#[tokio::test]
async fn s_4_5_2_unavailable_is_said_for_who_goes_without_a_word() {
    const TEXT: &str = r"
ann drops
bob receives:
  <presence type='unavailable' from='ann@house.example/home' to='bob@house.example/home'/>
";
    hold(&format!("{FRIENDS}{}", TEXT)).await;
}

/// Section 4.5.2: A resource that has left MUST NOT be said to leave again when its stream ends.
#[tokio::test]
async fn s_4_5_2_who_has_said_goodbye_is_not_said_to_leave_again() {
    const TEXT: &str = r"
ann sends:
  <presence type='unavailable'/>
bob receives:
  <presence type='unavailable' from='ann@house.example/home' to='bob@house.example/home'/>
ann disconnects
bob receives nothing
";
    hold(&format!("{FRIENDS}{}", TEXT)).await;
}

/// Section 4.5.2: Nobody is told of a resource that was only connected.
#[tokio::test]
async fn s_4_5_2_who_never_was_available_does_not_leave() {
    const TEXT: &str = r"
ann/tv connects
ann/tv disconnects
ann receives nothing
bob receives nothing
";
    hold(&format!("{FRIENDS}{}", TEXT)).await;
}

/// Section 4.5.4: A resource that is not available MUST NOT be given what is for the account.
#[tokio::test]
async fn s_4_5_4_unavailable_resource_gets_no_messages_for_the_account() {
    const TEXT: &str = r"
ann/tv is here
bob forgets
ann sends:
  <presence type='unavailable'/>
ann forgets
bob sends:
  <message to='ann@house.example' type='chat'><body>hi</body></message>
ann receives nothing
";
    hold(&format!("{FRIENDS}{}", TEXT)).await;
}

/// Section 4.6.3: Directed presence MUST be delivered, whoever it is for.
#[tokio::test]
async fn s_4_6_3_directed_presence_reaches_who_is_no_contact() {
    const TEXT: &str = r"
ann is here
bob is here
ann sends:
  <presence to='bob@house.example/home'><show>chat</show></presence>
bob receives:
  <presence from='ann@house.example/home' to='bob@house.example/home'><show>chat</show></presence>
ann receives nothing
";
    hold(TEXT).await;
}

/// Section 4.6.3: Directed presence MUST NOT make a resource available or broadcast anything.
#[tokio::test]
async fn s_4_6_3_directed_presence_changes_no_state() {
    const TEXT: &str = r"
# accounts: eve
ann/tv connects
ann/tv sends:
  <presence to='eve@house.example'/>
ann receives nothing
bob receives nothing
bob sends:
  <message to='ann@house.example' type='chat'><body>hi</body></message>
ann/tv receives nothing
";
    hold(&format!("{FRIENDS}{}", TEXT)).await;
}

/// Section 4.6.3: Whoever was shown presence MUST be told when it ends.
#[tokio::test]
async fn s_4_6_3_directed_presence_is_taken_back_at_the_end() {
    const TEXT: &str = r"
ann is here
bob is here
ann sends:
  <presence to='bob@house.example/home'/>
bob receives:
  <presence from='ann@house.example/home' to='bob@house.example/home'/>
ann drops
bob receives:
  <presence type='unavailable' from='ann@house.example/home' to='bob@house.example/home'/>
";
    hold(TEXT).await;
}

/// Section 4.6.3: Whoever has been told of the end MUST NOT be told again.
#[tokio::test]
async fn s_4_6_3_directed_presence_taken_back_is_not_taken_back_again() {
    const TEXT: &str = r"
ann is here
bob is here
ann sends:
  <presence to='bob@house.example/home'/>
  <presence to='bob@house.example/home' type='unavailable'/>
bob receives:
  <presence from='ann@house.example/home' to='bob@house.example/home'/>
  <presence type='unavailable' from='ann@house.example/home' to='bob@house.example/home'/>
ann drops
bob receives nothing
";
    hold(TEXT).await;
}

/// Section 4.7.1: A type that there is not is a bad request.
#[tokio::test]
async fn s_4_7_1_presence_of_an_unknown_type_is_refused() {
    const TEXT: &str = r"
ann is here
ann sends:
  <presence type='shy' id='p'/>
ann receives:
  <presence type='error' id='p' to='ann@house.example/home'><error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>*</text></error></presence>
";
    hold(TEXT).await;
}

/// Section 4.7.2.3: A priority is from -128 to 127.
#[tokio::test]
async fn s_4_7_2_3_priority_out_of_range_is_refused() {
    const TEXT: &str = r"
ann connects
ann sends:
  <presence id='p'><priority>128</priority></presence>
ann receives:
  <presence type='error' id='p' to='ann@house.example/home'><error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>
";
    hold(TEXT).await;
}

/// Section 4.7.2.3: A resource of negative priority MUST NOT be given what is for the account.
#[tokio::test]
async fn s_4_7_2_3_negative_priority_takes_nothing_for_the_account() {
    const TEXT: &str = r"
ann connects
bob is here
ann sends:
  <presence><priority>-1</priority></presence>
ann forgets
bob sends:
  <message to='ann@house.example' type='chat'><body>hi</body></message>
ann receives nothing
";
    hold(TEXT).await;
}

/// Section 4.7.3: What a server does not understand in a presence it passes on.
#[tokio::test]
async fn s_4_7_3_extended_content_is_passed_on() {
    const TEXT: &str = r"
ann sends:
  <presence><x xmlns='urn:unknown'><y/></x></presence>
bob receives:
  <presence from='ann@house.example/home' to='bob@house.example/home'><x xmlns='urn:unknown'><y/></x></presence>
";
    hold(&format!("{FRIENDS}{}", TEXT)).await;
}
