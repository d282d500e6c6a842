//! Section 3: Managing Presence Subscriptions.

use crate::{ANN_SEES_BOB, hold};

/// Section 3.1.2: A server MUST stamp a request with the bare address, and send it to one.
#[tokio::test]
async fn s_3_1_2_request_is_sent_from_and_to_bare_addresses() {
    const TEXT: &str = r"
ann is here
bob is here
ann sends:
  <presence type='subscribe' to='bob@house.example/home' id='s1'/>
bob receives:
  <presence type='subscribe' from='ann@house.example' to='bob@house.example' id='s1'/>
";
    hold(TEXT).await;
}

/// Section 3.1.2: A request MUST be pushed to the interested resources, with `ask`.
#[tokio::test]
async fn s_3_1_2_request_is_pushed_as_asked() {
    const TEXT: &str = r"
# accounts: bob
ann is here
ann asks for the roster
ann sends:
  <presence type='subscribe' to='bob@house.example'/>
ann receives:
  <iq type='set' id='*' to='ann@house.example/home'>
    <query xmlns='jabber:iq:roster' ver='*'><item jid='bob@house.example' subscription='none' ask='subscribe'/></query>
  </iq>
";
    hold(TEXT).await;
}

/// Section 3.1.3: Who there is not does not answer.
#[tokio::test]
async fn s_3_1_3_request_to_nobody_is_answered_by_silence() {
    const TEXT: &str = r"
ann is here
ann sends:
  <presence type='subscribe' to='nobody@house.example'/>
ann receives nothing
";
    hold(TEXT).await;
}

/// Section 3.1.3: Who sees the contact already is answered for it, and the contact MUST NOT be troubled.
#[tokio::test]
async fn s_3_1_3_request_of_a_subscriber_is_granted_by_the_server() {
    const TEXT: &str = r"
ann sends:
  <presence type='subscribe' to='bob@house.example'/>
bob receives nothing
";
    hold(&format!("{ANN_SEES_BOB}{}", TEXT)).await;
}

/// Section 3.1.3: A request MUST be delivered to all available resources.
#[tokio::test]
async fn s_3_1_3_request_reaches_all_available_resources() {
    const TEXT: &str = r"
bob/phone is here
bob/tv is here
bob/radio connects
ann is here
bob/phone forgets
bob/tv forgets
ann sends:
  <presence type='subscribe' to='bob@house.example'/>
bob/phone receives:
  <presence type='subscribe' from='ann@house.example' to='bob@house.example'/>
bob/tv receives:
  <presence type='subscribe' from='ann@house.example' to='bob@house.example'/>
bob/radio receives nothing
";
    hold(TEXT).await;
}

/// Section 3.1.3: A request MUST be kept with all there is in it, and delivered to each resource that comes until it is answered.
#[tokio::test]
async fn s_3_1_3_request_is_kept_whole_until_it_is_answered() {
    const TEXT: &str = r"
# accounts: bob
ann is here
ann sends:
  <presence type='subscribe' to='bob@house.example'><status>It is me</status><nick xmlns='http://jabber.org/protocol/nick'>Ann</nick></presence>
bob/phone connects
bob/phone sends:
  <presence/>
bob/phone receives in any order:
  <presence from='bob@house.example/phone' to='bob@house.example/phone'/>
  <presence type='subscribe' from='ann@house.example' to='bob@house.example'><status>It is me</status><nick xmlns='http://jabber.org/protocol/nick'>Ann</nick></presence>
bob/tv connects
bob/tv sends:
  <presence/>
bob/tv receives in any order:
  <presence from='bob@house.example/tv' to='bob@house.example/tv'/>
  <presence from='bob@house.example/phone' to='bob@house.example/tv'/>
  <presence type='subscribe' from='ann@house.example' to='bob@house.example'><status>It is me</status><nick xmlns='http://jabber.org/protocol/nick'>Ann</nick></presence>
bob/tv sends:
  <presence type='subscribed' to='ann@house.example'/>
bob/radio connects
bob/radio sends:
  <presence/>
bob/radio receives in any order:
  <presence from='bob@house.example/radio' to='bob@house.example/radio'/>
  <presence from='bob@house.example/phone' to='bob@house.example/radio'/>
  <presence from='bob@house.example/tv' to='bob@house.example/radio'/>
bob/radio receives nothing
";
    hold(TEXT).await;
}

/// Section 3.1.3: A request that waits MUST NOT be in the roster, nor be pushed.
#[tokio::test]
async fn s_3_1_3_request_does_not_put_the_asker_on_the_roster() {
    const TEXT: &str = r"
bob is here
bob asks for the roster
ann is here
ann sends:
  <presence type='subscribe' to='bob@house.example'/>
bob receives:
  <presence type='subscribe' from='ann@house.example' to='bob@house.example'/>
bob sends:
  <iq type='get' id='b'><query xmlns='jabber:iq:roster'/></iq>
bob receives:
  <iq type='result' id='b' to='bob@house.example/home'><query xmlns='jabber:iq:roster' ver='*'></query></iq>
";
    hold(TEXT).await;
}

/// Section 3.1.5: An approval MUST be pushed to the approver's interested resources with `from`.
#[tokio::test]
async fn s_3_1_5_approval_is_pushed_to_the_approver() {
    const TEXT: &str = r"
bob is here
bob asks for the roster
ann is here
ann sends:
  <presence type='subscribe' to='bob@house.example'/>
bob forgets
bob sends:
  <presence type='subscribed' to='ann@house.example'/>
bob receives:
  <iq type='set' id='*' to='bob@house.example/home'>
    <query xmlns='jabber:iq:roster' ver='*'><item jid='ann@house.example' subscription='from'/></query>
  </iq>
";
    hold(TEXT).await;
}

/// Section 3.1.5: The presence of each available resource MUST follow an approval.
#[tokio::test]
async fn s_3_1_5_approval_shows_the_presence_of_all_resources() {
    const TEXT: &str = r"
bob/phone is here
bob/tv is here
ann is here
ann sends:
  <presence type='subscribe' to='bob@house.example'/>
ann forgets
bob/phone sends:
  <presence type='subscribed' to='ann@house.example/home'/>
ann receives in any order:
  <presence from='bob@house.example/phone' to='ann@house.example/home'/>
  <presence from='bob@house.example/tv' to='ann@house.example/home'/>
";
    hold(TEXT).await;
}

/// Section 3.1.6: An approval that was not asked for MUST be ignored silently.
#[tokio::test]
async fn s_3_1_6_approval_nobody_asked_for_is_ignored() {
    const TEXT: &str = r"
ann is here
ann asks for the roster
bob is here
bob sends:
  <presence type='subscribed' to='ann@house.example'/>
ann receives nothing
ann sends:
  <iq type='get' id='b'><query xmlns='jabber:iq:roster'/></iq>
ann receives:
  <iq type='result' id='b' to='ann@house.example/home'><query xmlns='jabber:iq:roster' ver='*'></query></iq>
";
    hold(TEXT).await;
}

/// Section 3.1.6: An approval MUST be delivered to the interested resources, and pushed with `to` and without `ask`.
#[tokio::test]
async fn s_3_1_6_approval_reaches_interested_resources_only() {
    const TEXT: &str = r"
ann/phone is here
ann/tv is here
ann/phone asks for the roster
bob connects
ann/tv sends:
  <presence type='subscribe' to='bob@house.example'/>
ann/phone forgets
ann/tv forgets
bob sends:
  <presence type='subscribed' to='ann@house.example'/>
ann/phone receives:
  <presence type='subscribed' from='bob@house.example' to='ann@house.example'/>
  <iq type='set' id='*' to='ann@house.example/phone'>
    <query xmlns='jabber:iq:roster' ver='*'><item jid='bob@house.example' subscription='to'/></query>
  </iq>
ann/tv receives nothing
";
    hold(TEXT).await;
}

/// Section 3.2.2: Who cancels MUST be seen to leave with all resources.
#[tokio::test]
async fn s_3_2_2_cancellation_takes_the_presence_back() {
    const TEXT: &str = r"
bob sends:
  <presence type='unsubscribed' to='ann@house.example'/>
ann receives in any order:
  <presence type='unavailable' from='bob@house.example/home' to='ann@house.example/home'/>
";
    hold(&format!("{ANN_SEES_BOB}{}", TEXT)).await;
}

/// Section 3.2.2: A cancellation MUST be pushed to the interested resources of who cancels.
#[tokio::test]
async fn s_3_2_2_cancellation_is_pushed_to_who_cancels() {
    const TEXT: &str = r"
bob asks for the roster
bob sends:
  <presence type='unsubscribed' to='ann@house.example'/>
bob receives:
  <iq type='set' id='*' to='bob@house.example/home'>
    <query xmlns='jabber:iq:roster' ver='*'><item jid='ann@house.example' subscription='none'/></query>
  </iq>
";
    hold(&format!("{ANN_SEES_BOB}{}", TEXT)).await;
}

/// Section 3.2.2: What was never granted MUST NOT be cancelled towards the other.
#[tokio::test]
async fn s_3_2_2_cancellation_of_nothing_goes_nowhere() {
    const TEXT: &str = r"
ann is here
ann asks for the roster
bob is here
bob sends:
  <presence type='unsubscribed' to='ann@house.example'/>
ann receives nothing
";
    hold(TEXT).await;
}

/// Section 3.2.3: A cancellation MUST be delivered to the interested resources, and pushed.
#[tokio::test]
async fn s_3_2_3_cancellation_is_delivered_and_pushed() {
    const TEXT: &str = r"
ann asks for the roster
bob sends:
  <presence type='unsubscribed' to='ann@house.example'/>
ann receives in any order:
  <presence type='unsubscribed' from='bob@house.example' to='ann@house.example'/>
  <iq type='set' id='*' to='ann@house.example/home'>
    <query xmlns='jabber:iq:roster' ver='*'><item jid='bob@house.example' subscription='none'/></query>
  </iq>
  <presence type='unavailable' from='bob@house.example/home' to='ann@house.example/home'/>
";
    hold(&format!("{ANN_SEES_BOB}{}", TEXT)).await;
}

/// Section 3.2.3: A denial MUST end the request, and be pushed without `ask`.
#[tokio::test]
async fn s_3_2_3_denial_of_a_request_ends_it() {
    const TEXT: &str = r"
ann is here
ann asks for the roster
bob is here
ann sends:
  <presence type='subscribe' to='bob@house.example'/>
ann forgets
bob sends:
  <presence type='unsubscribed' to='ann@house.example'/>
ann receives:
  <presence type='unsubscribed' from='bob@house.example' to='ann@house.example'/>
  <iq type='set' id='*' to='ann@house.example/home'>
    <query xmlns='jabber:iq:roster' ver='*'><item jid='bob@house.example' subscription='none'/></query>
  </iq>
";
    hold(TEXT).await;
}

/// Section 3.3.2: An `unsubscribe` MUST be stamped with the bare address, and pushed to who sends it.
#[tokio::test]
async fn s_3_3_2_unsubscribing_is_pushed_and_sent_from_the_bare_address() {
    const TEXT: &str = r"
ann asks for the roster
bob asks for the roster
ann sends:
  <presence type='unsubscribe' to='bob@house.example/home'/>
bob receives:
  <presence type='unsubscribe' from='ann@house.example' to='bob@house.example'/>
  <iq type='set' id='*' to='bob@house.example/home'>
    <query xmlns='jabber:iq:roster' ver='*'><item jid='ann@house.example' subscription='none'/></query>
  </iq>
ann receives in any order:
  <iq type='set' id='*' to='ann@house.example/home'>
    <query xmlns='jabber:iq:roster' ver='*'><item jid='bob@house.example' subscription='none'/></query>
  </iq>
  <presence type='unavailable' from='bob@house.example/home' to='ann@house.example/home'/>
";
    hold(&format!("{ANN_SEES_BOB}{}", TEXT)).await;
}

/// Section 3.3.3: Whoever unsubscribes MUST be shown that the contact leaves.
#[tokio::test]
async fn s_3_3_3_who_is_unsubscribed_from_is_seen_to_leave() {
    const TEXT: &str = r"
ann sends:
  <presence type='unsubscribe' to='bob@house.example'/>
ann receives:
  <presence type='unavailable' from='bob@house.example/home' to='ann@house.example/home'/>
bob sends:
  <presence><show>away</show></presence>
ann receives nothing
";
    hold(&format!("{ANN_SEES_BOB}{}", TEXT)).await;
}

/// Section 3.3.3: An `unsubscribe` of who is not subscribed MUST be ignored silently.
#[tokio::test]
async fn s_3_3_3_unsubscribing_from_nobody_is_ignored() {
    const TEXT: &str = r"
bob is here
bob asks for the roster
ann is here
ann sends:
  <presence type='unsubscribe' to='bob@house.example'/>
bob receives nothing
";
    hold(TEXT).await;
}
