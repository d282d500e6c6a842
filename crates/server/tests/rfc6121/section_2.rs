//! Section 2: Managing the Roster.

use crate::{FRIENDS, hold};

/// Section 2.1.2.2: A server MUST ignore `ask` in a roster set.
#[tokio::test]
async fn s_2_1_2_2_ask_in_a_roster_set_is_ignored() {
    const TEXT: &str = r"
ann connects
ann sends:
  <iq type='set' id='a'><query xmlns='jabber:iq:roster'><item jid='bob@house.example' ask='subscribe'/></query></iq>
  <iq type='get' id='b'><query xmlns='jabber:iq:roster'/></iq>
ann receives:
  <iq type='result' id='a' to='ann@house.example/home'/>
  <iq type='result' id='b' to='ann@house.example/home'><query xmlns='jabber:iq:roster' ver='*'><item jid='bob@house.example' subscription='none'/></query></iq>
";
    hold(TEXT).await;
}

/// Section 2.1.2.5: A server MUST ignore any `subscription` in a roster set but `remove`.
#[tokio::test]
async fn s_2_1_2_5_subscription_in_a_roster_set_is_ignored() {
    const TEXT: &str = r"
ann connects
ann sends:
  <iq type='set' id='a'><query xmlns='jabber:iq:roster'><item jid='bob@house.example' subscription='both'/></query></iq>
  <iq type='get' id='b'><query xmlns='jabber:iq:roster'/></iq>
ann receives:
  <iq type='result' id='a' to='ann@house.example/home'/>
  <iq type='result' id='b' to='ann@house.example/home'><query xmlns='jabber:iq:roster' ver='*'><item jid='bob@house.example' subscription='none'/></query></iq>
";
    hold(TEXT).await;
}

/// Section 2.1.3: A roster get MUST be answered with the roster, empty if there is nothing.
#[tokio::test]
async fn s_2_1_3_roster_get_is_answered_with_the_roster() {
    const TEXT: &str = r"
ann connects
ann sends:
  <iq type='get' id='b'><query xmlns='jabber:iq:roster'/></iq>
ann receives:
  <iq type='result' id='b' to='ann@house.example/home'><query xmlns='jabber:iq:roster' ver='*'></query></iq>
";
    hold(TEXT).await;
}

/// Section 2.1.5: A roster set has one item, and only one (section 2.3.3: `bad-request`).
#[tokio::test]
async fn s_2_1_5_roster_set_of_two_items_is_refused() {
    const TEXT: &str = r"
ann connects
ann sends:
  <iq type='set' id='a'><query xmlns='jabber:iq:roster'><item jid='bob@house.example'/><item jid='cat@house.example'/></query></iq>
  <iq type='set' id='b'><query xmlns='jabber:iq:roster'></query></iq>
  <iq type='get' id='c'><query xmlns='jabber:iq:roster'/></iq>
ann receives:
  <iq type='error' id='a' to='ann@house.example/home'><error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
  <iq type='error' id='b' to='ann@house.example/home'><error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
  <iq type='result' id='c' to='ann@house.example/home'><query xmlns='jabber:iq:roster' ver='*'></query></iq>
";
    hold(TEXT).await;
}

/// Section 2.1.6: A server MUST push a change to each interested resource, the one that made it included.
#[tokio::test]
async fn s_2_1_6_push_goes_to_every_interested_resource_and_no_other() {
    const TEXT: &str = r"
ann/phone connects
ann/tv connects
ann/radio connects
ann/phone asks for the roster
ann/tv asks for the roster
ann/phone sends:
  <iq type='set' id='a'><query xmlns='jabber:iq:roster'><item jid='bob@house.example'/></query></iq>
ann/phone receives in any order:
  <iq type='result' id='a' to='ann@house.example/phone'/>
  <iq type='set' id='*' to='ann@house.example/phone'>
    <query xmlns='jabber:iq:roster' ver='*'><item jid='bob@house.example' subscription='none'/></query>
  </iq>
ann/tv receives:
  <iq type='set' id='*' to='ann@house.example/tv'>
    <query xmlns='jabber:iq:roster' ver='*'><item jid='bob@house.example' subscription='none'/></query>
  </iq>
ann/radio receives nothing
";
    hold(TEXT).await;
}

/// Section 2.1.6: What a client answers to a push is for the server alone, and ends nothing.
#[tokio::test]
async fn s_2_1_6_push_that_is_refused_changes_nothing() {
    const TEXT: &str = r"
ann connects
ann asks for the roster
ann sends:
  <iq type='set' id='a'><query xmlns='jabber:iq:roster'><item jid='bob@house.example'/></query></iq>
ann receives in any order:
  <iq type='result' id='a' to='ann@house.example/home'/>
  <iq type='set' id='*' to='ann@house.example/home'>
    <query xmlns='jabber:iq:roster' ver='*'><item jid='bob@house.example' subscription='none'/></query>
  </iq>
ann sends:
  <iq type='error' id='push-1'><error type='cancel'><not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
  <iq type='result' id='push-2'/>
  <iq type='get' id='b'><query xmlns='jabber:iq:roster'/></iq>
ann receives:
  <iq type='result' id='b' to='ann@house.example/home'><query xmlns='jabber:iq:roster' ver='*'><item jid='bob@house.example' subscription='none'/></query></iq>
";
    hold(TEXT).await;
}

/// Section 2.2: A resource is interested once it has asked, available or not.
#[tokio::test]
async fn s_2_2_roster_can_be_had_before_presence() {
    const TEXT: &str = r"
ann/phone connects
ann/tv is here
ann/phone asks for the roster
ann/tv sends:
  <iq type='set' id='a'><query xmlns='jabber:iq:roster'><item jid='bob@house.example'/></query></iq>
ann/phone receives:
  <iq type='set' id='*' to='ann@house.example/phone'>
    <query xmlns='jabber:iq:roster' ver='*'><item jid='bob@house.example' subscription='none'/></query>
  </iq>
";
    hold(TEXT).await;
}

/// Section 2.3.1: A server MUST keep the name and the groups of an item.
#[tokio::test]
async fn s_2_3_1_item_is_kept_with_name_and_groups() {
    const TEXT: &str = r"
ann connects
ann sends:
  <iq type='set' id='a'><query xmlns='jabber:iq:roster'><item jid='bob@house.example' name='Bob &amp; Co'><group>Family</group><group>Work</group></item></query></iq>
  <iq type='get' id='b'><query xmlns='jabber:iq:roster'/></iq>
ann receives:
  <iq type='result' id='a' to='ann@house.example/home'/>
  <iq type='result' id='b' to='ann@house.example/home'><query xmlns='jabber:iq:roster' ver='*'><item jid='bob@house.example' subscription='none' name='Bob &amp; Co'><group>Family</group><group>Work</group></item></query></iq>
";
    hold(TEXT).await;
}

/// Section 2.3.2: The result MUST have the `id` of the set, and nothing in it.
#[tokio::test]
async fn s_2_3_2_result_of_a_roster_set_has_its_id() {
    const TEXT: &str = r"
ann connects
ann sends:
  <iq type='set' id='ph1xaz53'><query xmlns='jabber:iq:roster'><item jid='bob@house.example'/></query></iq>
ann receives:
  <iq type='result' id='ph1xaz53' to='ann@house.example/home'/>
";
    hold(TEXT).await;
}

/// Section 2.3.3: `forbidden`, if the sender is not the owner.
#[tokio::test]
async fn s_2_3_3_roster_of_another_is_not_set() {
    const TEXT: &str = r"
ann connects
bob connects
bob sends:
  <iq type='set' id='a' to='ann@house.example'><query xmlns='jabber:iq:roster'><item jid='eve@house.example'/></query></iq>
bob receives:
  <iq type='error' id='a' to='bob@house.example/home' from='ann@house.example'><error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
ann sends:
  <iq type='get' id='b'><query xmlns='jabber:iq:roster'/></iq>
ann receives:
  <iq type='result' id='b' to='ann@house.example/home'><query xmlns='jabber:iq:roster' ver='*'></query></iq>
";
    hold(TEXT).await;
}

/// Section 2.3.3: `bad-request`, if a group is there twice.
#[tokio::test]
async fn s_2_3_3_group_that_is_there_twice_is_refused() {
    const TEXT: &str = r"
ann connects
ann sends:
  <iq type='set' id='a'><query xmlns='jabber:iq:roster'><item jid='bob@house.example'><group>Work</group><group>Work</group></item></query></iq>
ann receives:
  <iq type='error' id='a' to='ann@house.example/home'><error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
";
    hold(TEXT).await;
}

/// Section 2.3.3: `not-acceptable`, if a group is empty.
#[tokio::test]
async fn s_2_3_3_group_without_a_name_is_refused() {
    const TEXT: &str = r"
ann connects
ann sends:
  <iq type='set' id='a'><query xmlns='jabber:iq:roster'><item jid='bob@house.example'><group/></item></query></iq>
ann receives:
  <iq type='error' id='a' to='ann@house.example/home'><error type='modify'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
";
    hold(TEXT).await;
}

/// Section 2.3.3: `not-acceptable`, if a name or a group is longer than the server takes.
#[tokio::test]
async fn s_2_3_3_name_or_group_that_is_too_long_is_refused() {
    const TEXT: &str = r"
ann connects
ann sends:
  <iq type='set' id='a'><query xmlns='jabber:iq:roster'><item jid='bob@house.example' name='nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn'/></query></iq>
  <iq type='set' id='b'><query xmlns='jabber:iq:roster'><item jid='bob@house.example'><group>gggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggg</group></item></query></iq>
ann receives:
  <iq type='error' id='a' to='ann@house.example/home'><error type='modify'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
  <iq type='error' id='b' to='ann@house.example/home'><error type='modify'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
";
    hold(TEXT).await;
}

/// Section 2.4.1: An update takes the place of what was there: groups that are left out are left.
#[tokio::test]
async fn s_2_4_1_update_replaces_name_and_groups() {
    const TEXT: &str = r"
ann connects
ann sends:
  <iq type='set' id='a'><query xmlns='jabber:iq:roster'><item jid='bob@house.example' name='Bob'><group>Family</group><group>Work</group></item></query></iq>
  <iq type='set' id='b'><query xmlns='jabber:iq:roster'><item jid='bob@house.example'><group>Work</group></item></query></iq>
  <iq type='get' id='c'><query xmlns='jabber:iq:roster'/></iq>
ann receives:
  <iq type='result' id='a' to='ann@house.example/home'/>
  <iq type='result' id='b' to='ann@house.example/home'/>
  <iq type='result' id='c' to='ann@house.example/home'><query xmlns='jabber:iq:roster' ver='*'><item jid='bob@house.example' subscription='none'><group>Work</group></item></query></iq>
";
    hold(TEXT).await;
}

/// Section 2.4.2: An update is pushed, with the subscription as it is.
#[tokio::test]
async fn s_2_4_2_update_is_pushed_with_the_state_that_is() {
    const TEXT: &str = r"
ann asks for the roster
ann sends:
  <iq type='set' id='a'><query xmlns='jabber:iq:roster'><item jid='bob@house.example' name='Bob' subscription='none'/></query></iq>
ann receives in any order:
  <iq type='result' id='a' to='ann@house.example/home'/>
  <iq type='set' id='*' to='ann@house.example/home'>
    <query xmlns='jabber:iq:roster' ver='*'><item jid='bob@house.example' subscription='both' name='Bob'/></query>
  </iq>
";
    hold(&format!("{FRIENDS}{}", TEXT)).await;
}

/// Section 2.5.2: A server MUST push a removal with `subscription='remove'`.
#[tokio::test]
async fn s_2_5_2_removal_is_pushed_as_remove() {
    const TEXT: &str = r"
ann/phone connects
ann/tv connects
ann/phone asks for the roster
ann/tv asks for the roster
ann/phone sends:
  <iq type='set' id='a'><query xmlns='jabber:iq:roster'><item jid='bob@house.example'/></query></iq>
ann/phone forgets
ann/tv forgets
ann/phone sends:
  <iq type='set' id='b'><query xmlns='jabber:iq:roster'><item jid='bob@house.example' subscription='remove'/></query></iq>
ann/phone receives in any order:
  <iq type='result' id='b' to='ann@house.example/phone'/>
  <iq type='set' id='*' to='ann@house.example/phone'>
    <query xmlns='jabber:iq:roster' ver='*'><item jid='bob@house.example' subscription='remove'/></query>
  </iq>
ann/tv receives:
  <iq type='set' id='*' to='ann@house.example/tv'>
    <query xmlns='jabber:iq:roster' ver='*'><item jid='bob@house.example' subscription='remove'/></query>
  </iq>
";
    hold(TEXT).await;
}

/// Section 2.5.2: A server MUST end what there is of a subscription, both ways, on behalf of the user.
#[tokio::test]
async fn s_2_5_2_removal_unsubscribes_both_ways() {
    const TEXT: &str = r"
ann sends:
  <iq type='set' id='a'><query xmlns='jabber:iq:roster'><item jid='bob@house.example' subscription='remove'/></query></iq>
ann receives in any order:
  <iq type='result' id='a' to='ann@house.example/home'/>
  <presence type='unavailable' from='bob@house.example/home' to='ann@house.example/home'/>
bob asks for the roster
bob sends:
  <iq type='get' id='b'><query xmlns='jabber:iq:roster'/></iq>
bob receives in any order:
  <iq type='result' id='b' to='bob@house.example/home'><query xmlns='jabber:iq:roster' ver='*'><item jid='ann@house.example' subscription='none'/></query></iq>
";
    hold(&format!("{FRIENDS}{}", TEXT)).await;
}

/// Section 2.5.2: Both `unsubscribe` and `unsubscribed` go out for a mutual subscription.
#[tokio::test]
async fn s_2_5_2_removal_of_a_mutual_contact_tells_it_twice() {
    const TEXT: &str = r"
bob asks for the roster
ann sends:
  <iq type='set' id='a'><query xmlns='jabber:iq:roster'><item jid='bob@house.example' subscription='remove'/></query></iq>
bob receives in any order:
  <presence type='unsubscribe' from='ann@house.example' to='bob@house.example'/>
  <presence type='unsubscribed' from='ann@house.example' to='bob@house.example'/>
  <iq type='set' id='*' to='bob@house.example/home'>
    <query xmlns='jabber:iq:roster' ver='*'><item jid='ann@house.example' subscription='to'/></query>
  </iq>
  <iq type='set' id='*' to='bob@house.example/home'>
    <query xmlns='jabber:iq:roster' ver='*'><item jid='ann@house.example' subscription='none'/></query>
  </iq>
  <presence type='unavailable' from='ann@house.example/home' to='bob@house.example/home'/>
";
    hold(&format!("{FRIENDS}{}", TEXT)).await;
}

/// Section 2.5.3: `item-not-found`, if there is no such item.
#[tokio::test]
async fn s_2_5_3_removal_of_what_is_not_there_is_refused() {
    const TEXT: &str = r"
ann connects
ann sends:
  <iq type='set' id='a'><query xmlns='jabber:iq:roster'><item jid='bob@house.example' subscription='remove'/></query></iq>
ann receives:
  <iq type='error' id='a' to='ann@house.example/home'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
";
    hold(TEXT).await;
}

/// Section 2.5.3: `forbidden`, if the sender is not the owner.
#[tokio::test]
async fn s_2_5_3_removal_from_the_roster_of_another_is_refused() {
    const TEXT: &str = r"
bob sends:
  <iq type='set' id='a' to='ann@house.example'><query xmlns='jabber:iq:roster'><item jid='bob@house.example' subscription='remove'/></query></iq>
bob receives:
  <iq type='error' id='a' to='bob@house.example/home' from='ann@house.example'><error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
ann sends:
  <iq type='get' id='b'><query xmlns='jabber:iq:roster'/></iq>
ann receives:
  <iq type='result' id='b' to='ann@house.example/home'><query xmlns='jabber:iq:roster' ver='*'><item jid='bob@house.example' subscription='both'/></query></iq>
";
    hold(&format!("{FRIENDS}{}", TEXT)).await;
}

/// Section 2.6.2: A server MUST send the roster, with its version, to whom has none or another.
#[tokio::test]
async fn s_2_6_2_roster_of_an_unknown_version_is_sent_whole() {
    const TEXT: &str = r"
ann connects
ann sends:
  <iq type='set' id='a'><query xmlns='jabber:iq:roster'><item jid='bob@house.example'/></query></iq>
  <iq type='get' id='b'><query xmlns='jabber:iq:roster' ver=''/></iq>
  <iq type='get' id='c'><query xmlns='jabber:iq:roster' ver='ver1'/></iq>
ann receives:
  <iq type='result' id='a' to='ann@house.example/home'/>
  <iq type='result' id='b' to='ann@house.example/home'><query xmlns='jabber:iq:roster' ver='*'><item jid='bob@house.example' subscription='none'/></query></iq>
  <iq type='result' id='c' to='ann@house.example/home'><query xmlns='jabber:iq:roster' ver='*'><item jid='bob@house.example' subscription='none'/></query></iq>
";
    hold(TEXT).await;
}

/// Section 2.6.3: A push MUST have the new version.
#[tokio::test]
async fn s_2_6_3_push_has_a_version() {
    const TEXT: &str = r"
ann connects
ann asks for the roster
ann sends:
  <iq type='set' id='a'><query xmlns='jabber:iq:roster'><item jid='bob@house.example'/></query></iq>
ann receives in any order:
  <iq type='result' id='a' to='ann@house.example/home'/>
  <iq type='set' id='*' to='ann@house.example/home'>
    <query xmlns='jabber:iq:roster' ver='*'><item jid='bob@house.example' subscription='none'/></query>
  </iq>
";
    hold(TEXT).await;
}
