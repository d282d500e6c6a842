//! XEP-0484, XEP-0386, XEP-0494: what a program can get in with, and how that ends.

use jiff::SignedDuration;
use televisor_server::Limits;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ht::HtMechanism;
use televisor_xmpp::ns;
use televisor_xmpp::sasl::SaslCondition;
use televisor_xmpp::sasl2::Sasl2Reply;
use televisor_xmpp::scram::{Hash, derive_keys};
use televisor_xmpp::stream::StreamCondition;

use crate::client::Client;
use crate::household::{ANN, BOB, DOMAIN, Household, LAN, LOOPBACK, PASSCODE};

const NONE: HtMechanism = HtMechanism::None;
const AGENT: &str = "<user-agent id='d4565fa7-4d72-4749-b3d3-740edbf87770'/>";
const FAST: &str =
    "<user-agent id='d4565fa7-4d72-4749-b3d3-740edbf87770'/><fast xmlns='urn:xmpp:fast:0'/>";
const BIND: &str = "<bind xmlns='urn:xmpp:bind:0'><tag>AwesomeXMPP</tag></bind>";

fn wish(mechanism: HtMechanism) -> String {
    format!("{AGENT}<request-token xmlns='{}' mechanism='{mechanism}'/>", ns::FAST)
}

async fn ready(house: &Household) -> Client {
    let mut client = house.connect(LOOPBACK);
    client.features(DOMAIN).await;
    client
}

async fn inside(house: &Household) -> Client {
    let mut client = house.connect(LAN);
    client.features(DOMAIN).await;
    client.starttls().await;
    client.features(DOMAIN).await;
    client
}

fn token(success: &Element) -> Option<String> {
    assert!(success.is("success", ns::SASL2), "{success:?}");
    Some(success.child("token", ns::FAST)?.attr("token")?.to_owned())
}

fn refused(reply: &Element) -> SaslCondition {
    match Sasl2Reply::from_element(reply) {
        Ok(Some(Sasl2Reply::Failure(failure))) => failure.condition,
        other => panic!("not refused: {other:?}"),
    }
}

/// Logs in with the password and asks for a token.
async fn first(house: &Household) -> String {
    let mut client = ready(house).await;
    token(&client.sasl2("SCRAM-SHA-256", ANN, PASSCODE, &wish(NONE)).await).unwrap()
}

async fn again(house: &Household, token: &str) -> Element {
    ready(house).await.fast(NONE, ANN, token, FAST).await
}

fn later(house: &Household, days: i64) {
    house.clock.set(house.clock.now() + SignedDuration::from_hours(24 * days));
}

#[tokio::test]
async fn a_token_bound_to_the_channel_is_good_for_that_mechanism_and_no_other() {
    let house = Household::new().await;
    let bound = wish(HtMechanism::Exporter);
    let given = token(&inside(&house).await.sasl2("SCRAM-SHA-256", ANN, PASSCODE, &bound).await);
    let given = given.unwrap();
    let reply = inside(&house).await.fast(NONE, ANN, &given, FAST).await;
    assert_eq!(refused(&reply), SaslCondition::NotAuthorized);
    let reply = inside(&house).await.fast(HtMechanism::Exporter, ANN, &given, FAST).await;
    assert!(reply.is("success", ns::SASL2), "{reply:?}");
}

#[tokio::test]
async fn a_token_is_replaced_after_a_week_and_the_old_one_is_good_until_the_new_one_is_used() {
    let house = Household::new().await;
    let old = first(&house).await;
    assert_eq!(token(&again(&house, &old).await), None);
    later(&house, 8);
    let new = token(&again(&house, &old).await).expect("it is time for another");
    let newer = token(&again(&house, &old).await).expect("the new one was not used yet");
    assert_eq!(refused(&again(&house, &new).await), SaslCondition::NotAuthorized);
    assert_eq!(token(&again(&house, &newer).await), None);
    assert_eq!(refused(&again(&house, &old).await), SaslCondition::NotAuthorized);
}

#[tokio::test]
async fn a_token_that_ran_out_is_said_to_be_expired() {
    let house = Household::new().await;
    let given = first(&house).await;
    later(&house, 31);
    assert_eq!(refused(&again(&house, &given).await), SaslCondition::CredentialsExpired);
}

#[tokio::test]
async fn other_credentials_end_all_tokens() {
    let house = Household::new().await;
    let given = first(&house).await;
    let keys = derive_keys("another", b"sixteen bytes 16", 4096, Hash::Sha256).unwrap();
    house.people.set_keys(ANN, keys);
    assert_eq!(refused(&again(&house, &given).await), SaslCondition::NotAuthorized);
}

#[tokio::test]
async fn ending_an_accounts_sessions_ends_its_tokens() {
    let house = Household::new().await;
    let given = first(&house).await;
    house.server.end_sessions(ANN);
    assert_eq!(refused(&again(&house, &given).await), SaslCondition::NotAuthorized);
}

#[tokio::test]
async fn a_forgotten_account_has_no_tokens() {
    let house = Household::new().await;
    let given = first(&house).await;
    house.people.forget(ANN);
    house.server.accounts_changed();
    assert_eq!(refused(&again(&house, &given).await), SaslCondition::NotAuthorized);
}

#[tokio::test]
async fn wrong_tokens_are_counted_as_wrong_passwords_are() {
    let house = Household::new().await;
    let given = first(&house).await;
    let mut guesser = ready(&house).await;
    for _ in 0..5 {
        let reply = guesser.fast(NONE, ANN, "guess", FAST).await;
        assert_eq!(refused(&reply), SaslCondition::NotAuthorized);
    }
    assert_eq!(guesser.end().await, Some(StreamCondition::PolicyViolation));
    assert_eq!(refused(&again(&house, &given).await), SaslCondition::TemporaryAuthFailure);
}

#[tokio::test]
async fn a_token_is_its_accounts_only() {
    let house = Household::new().await;
    let given = first(&house).await;
    let reply = ready(&house).await.fast(NONE, BOB, &given, FAST).await;
    assert_eq!(refused(&reply), SaslCondition::NotAuthorized);
}

#[tokio::test]
async fn a_client_without_an_id_is_given_no_token() {
    let house = Household::new().await;
    let wish = format!("<request-token xmlns='{}' mechanism='{NONE}'/>", ns::FAST);
    let success = ready(&house).await.sasl2("SCRAM-SHA-256", ANN, PASSCODE, &wish).await;
    assert_eq!(token(&success), None);
}

#[tokio::test]
async fn a_program_has_the_same_resource_every_time_and_it_does_not_give_the_id_away() {
    let house = Household::new().await;
    let mut resources = Vec::new();
    for agent in [
        "d4565fa7-4d72-4749-b3d3-740edbf87770",
        "d4565fa7-4d72-4749-b3d3-740edbf87770",
        "e5565fa7-4d72-4749-b3d3-740edbf87770",
    ] {
        let with = format!("<user-agent id='{agent}'/>{BIND}");
        let success = ready(&house).await.sasl2("SCRAM-SHA-256", ANN, PASSCODE, &with).await;
        let jid = success.child("authorization-identifier", ns::SASL2).unwrap().text();
        let resource =
            jid.strip_prefix(&format!("{ANN}@{DOMAIN}/AwesomeXMPP/")).unwrap().to_owned();
        assert!(resource.len() == 16 && !resource.contains("d4565fa7"), "{resource}");
        resources.push(resource);
    }
    assert!(resources[0] == resources[1] && resources[1] != resources[2], "{resources:?}");
}

#[tokio::test]
async fn a_tag_that_is_no_resource_is_left_out() {
    let house = Household::new().await;
    let with = format!("{AGENT}<bind xmlns='{}'><tag>{}</tag></bind>", ns::BIND2, "x".repeat(1024));
    let success = ready(&house).await.sasl2("SCRAM-SHA-256", ANN, PASSCODE, &with).await;
    let jid = success.child("authorization-identifier", ns::SASL2).unwrap().text();
    assert_eq!(jid.len(), format!("{ANN}@{DOMAIN}/").len() + 16);
}

/// Logs in with the password, a token and a session.
async fn session(house: &Household) -> (Client, String) {
    let mut client = ready(house).await;
    let with = format!("{}{BIND}", wish(NONE));
    let success = client.sasl2("SCRAM-SHA-256", ANN, PASSCODE, &with).await;
    client.element().await;
    (client, token(&success).unwrap())
}

async fn ask(client: &mut Client, kind: &str, payload: &str) -> Element {
    client.send(&format!("<iq type='{kind}' id='1'>{payload}</iq>")).await;
    client.element().await
}

async fn listed(client: &mut Client) -> Vec<Element> {
    let reply = ask(client, "get", "<list xmlns='urn:xmpp:cam:0'/>").await;
    let list = reply.child("clients", ns::CLIENT_ACCESS).expect("a list");
    list.children().cloned().collect()
}

#[tokio::test]
async fn a_client_that_is_revoked_is_out_and_its_token_is_worth_nothing() {
    let house = Household::new().await;
    let (mut phone, given) = session(&house).await;
    let mut other = house.login(ANN, "sofa").await;
    let list = listed(&mut other).await;
    let id = list.iter().find(|client| {
        client.child("auth", ns::CLIENT_ACCESS).unwrap().has_child("fast", ns::CLIENT_ACCESS)
    });
    let id = id.unwrap().attr("id").unwrap().to_owned();
    let reply =
        ask(&mut other, "set", &format!("<revoke xmlns='urn:xmpp:cam:0' id='{id}'/>")).await;
    // It knows the password: that is said.
    let error = StanzaError::of(&reply).unwrap();
    assert_eq!(error.condition, Condition::ServiceUnavailable);
    assert!(error.application.unwrap().is("password-reset-required", ns::CLIENT_ACCESS));
    assert_eq!(phone.end().await, Some(StreamCondition::NotAuthorized));
    assert_eq!(refused(&again(&house, &given).await), SaslCondition::NotAuthorized);
}

#[tokio::test]
async fn a_client_keeps_its_id_in_the_list_and_an_unknown_program_is_there_while_connected() {
    let house = Household::new().await;
    let (phone, _) = session(&house).await;
    let mut other = house.login(ANN, "sofa").await;
    let before = listed(&mut other).await;
    assert_eq!(before.len(), 2);
    drop(phone);
    while house.server.sessions() > 1 {
        tokio::task::yield_now().await;
    }
    later(&house, 1);
    let after = listed(&mut other).await;
    let id = |list: &[Element], connected: &str| {
        let found = list.iter().find(|client| client.attr("connected") == Some(connected));
        found.and_then(|client| client.attr("id")).map(str::to_owned)
    };
    let away = id(&after, "false").unwrap();
    assert!(before.iter().any(|client| client.attr("id") == Some(&away)));
    assert_eq!(after.len(), 2);
}

#[tokio::test]
async fn an_authorization_identity_must_be_the_one_the_stream_is_from() {
    let house = Household::new().await;
    let mut client = house.connect(LAN);
    client.features(DOMAIN).await;
    client.starttls().await;
    client
        .send(&format!(
            "<stream:stream xmlns='jabber:client' xmlns:stream='{}' from='{BOB}@{DOMAIN}' \
             to='{DOMAIN}' version='1.0'>",
            ns::STREAMS
        ))
        .await;
    client.header().await;
    client.element().await;
    let plain = format!("{ANN}@{DOMAIN}\0{ANN}\0{PASSCODE}");
    let reply = client.authenticate2("PLAIN", plain.into_bytes(), "").await;
    assert_eq!(refused(&reply), SaslCondition::InvalidAuthzid);
}

#[tokio::test]
async fn a_session_is_resumed_beside_the_login_and_the_request_to_bind_is_ignored() {
    let house = Household::new().await;
    let mut phone = ready(&house).await;
    let managed = format!(
        "{}<bind xmlns='{}'><tag>phone</tag><enable xmlns='{}' resume='true'/></bind>",
        wish(NONE),
        ns::BIND2,
        ns::STREAM_MANAGEMENT
    );
    let success = phone.sasl2("SCRAM-SHA-256", ANN, PASSCODE, &managed).await;
    let bound = success.child("bound", ns::BIND2).unwrap();
    let id = bound.child("enabled", ns::STREAM_MANAGEMENT).unwrap().attr("id").unwrap();
    let given = token(&success).unwrap();
    drop(phone);
    let router = house.server.context().router();
    let jid = router.sessions(ANN).remove(0).origin.jid.clone();
    let with =
        format!("{FAST}<resume xmlns='{}' h='0' previd='{id}'/>{BIND}", ns::STREAM_MANAGEMENT);
    let mut phone = ready(&house).await;
    let success = phone.fast(NONE, ANN, &given, &with).await;
    let resumed = success.child("resumed", ns::STREAM_MANAGEMENT).expect("resumed");
    assert_eq!(resumed.attr("previd"), Some(id));
    assert!(!success.has_child("bound", ns::BIND2));
    let text = Element::builder("message", ns::CLIENT).field("body", "back?").build();
    assert!(router.send(&jid, &text));
    assert_eq!(phone.element().await, text, "and no features before it");
    assert_eq!(house.server.sessions(), 1);
}

#[tokio::test]
async fn where_there_is_no_room_for_a_session_the_login_is_put_off_and_ones_own_older_one_makes_room()
 {
    let house = Household::with(Limits { resources: 1, ..Limits::default() }).await;
    let (_phone, given) = session(&house).await;
    let other = "<user-agent id='e5565fa7-4d72-4749-b3d3-740edbf87770'/>";
    let with = format!("{other}{BIND}");
    let reply = ready(&house).await.sasl2("SCRAM-SHA-256", ANN, PASSCODE, &with).await;
    assert_eq!(refused(&reply), SaslCondition::TemporaryAuthFailure);
    let with = format!("{FAST}<bind xmlns='{}'><tag>another</tag></bind>", ns::BIND2);
    let reply = ready(&house).await.fast(NONE, ANN, &given, &with).await;
    assert!(reply.has_child("bound", ns::BIND2), "{reply:?}");
}

#[tokio::test]
async fn what_waited_for_the_session_that_a_program_replaces_comes_from_the_archive_and_not_again()
{
    let house = Household::new().await;
    let enable = format!("<enable xmlns='{}' resume='true'/>", ns::STREAM_MANAGEMENT);
    let with = format!("{AGENT}<bind xmlns='{}'>{enable}</bind>", ns::BIND2);
    let mut phone = ready(&house).await;
    phone.sasl2("SCRAM-SHA-256", ANN, PASSCODE, &with).await;
    phone.send("<presence/>").await;
    while phone.element().await.name() != "presence" {}
    drop(phone);
    let mut bob = house.login(BOB, "hall").await;
    let to = format!("{ANN}@{DOMAIN}");
    bob.send(&format!("<message type='chat' to='{to}'><body>once</body></message>")).await;
    bob.send("<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>").await;
    while bob.element().await.attr("id") != Some("p") {}
    let mut phone = ready(&house).await;
    let success = phone.sasl2("SCRAM-SHA-256", ANN, PASSCODE, &with).await;
    let bound = success.child("bound", ns::BIND2).unwrap();
    let metadata = bound.child("metadata", ns::MAM).unwrap();
    assert!(metadata.has_child("end", ns::MAM), "{bound:?}");
    phone.send("<presence/>").await;
    phone.send("<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>").await;
    loop {
        let stanza = phone.element().await;
        assert_ne!(stanza.name(), "message", "{stanza:?}");
        if stanza.attr("id") == Some("p") {
            break;
        }
    }
}
