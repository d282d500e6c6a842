//! When others take the place of an account's credentials, as when a device trades its passcode for a
//! secret, whoever knew only the older ones is out, however far it had got.

use televisor_xmpp::sasl::{SaslCondition, SaslReply, SaslRequest};
use televisor_xmpp::scram::client::{self as scram, Binding};
use televisor_xmpp::scram::{Hash, derive_keys};
use televisor_xmpp::stream::StreamCondition;

use crate::household::{ANN, BOB, DOMAIN, Household, LOOPBACK, PASSCODE};

fn trade(house: &Household) {
    let keys = derive_keys("another", b"sixteen bytes 17", 4096, Hash::Sha256).unwrap();
    house.people.set_keys(ANN, keys);
}

#[tokio::test]
async fn who_began_to_log_in_with_the_older_ones_is_refused() {
    let house = Household::new().await;
    let mut thief = house.connect(LOOPBACK);
    thief.features(DOMAIN).await;
    let mechanism = "SCRAM-SHA-256".parse().unwrap();
    let nonce = "fyko+d2lbbFgONRv9qkxdawL";
    let (first, started) =
        scram::start(mechanism, ANN, PASSCODE, Binding::Unsupported, nonce).unwrap();
    let challenge = thief.challenge(mechanism, &first).await;
    trade(&house);
    let (last, _) = started.respond(challenge.as_bytes()).unwrap();
    match thief.sasl(SaslRequest::Response(last.into_bytes())).await {
        SaslReply::Failure(failure) => assert_eq!(failure.condition, SaslCondition::NotAuthorized),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_was_let_in_by_the_older_ones_gets_no_session() {
    let house = Household::new().await;
    let mut thief = house.connect(LOOPBACK);
    thief.login(DOMAIN, "SCRAM-SHA-256", ANN, PASSCODE).await;
    trade(&house);
    thief.send("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>").await;
    assert_eq!(thief.end().await, Some(StreamCondition::NotAuthorized));
    assert_eq!(house.server.sessions(), 0);
}

#[tokio::test]
async fn sessions_begun_with_the_older_ones_end_and_those_of_others_stay() {
    let house = Household::new().await;
    let mut thief = house.login(ANN, "sofa").await;
    let _bob = house.login(BOB, "hall").await;
    trade(&house);
    house.server.accounts_changed();
    assert_eq!(thief.end().await, Some(StreamCondition::NotAuthorized));
    while house.server.sessions() > 1 {
        tokio::task::yield_now().await;
    }
    assert!(house.server.connected(BOB));
}
