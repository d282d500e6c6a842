//! What accounts publish, as far as it takes more than a conversation: sizes, and hashes.

use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::payload::Payload as _;
use televisor_xmpp::payload::caps::{Caps, Verdict, verify};
use televisor_xmpp::payload::disco::Info;

use crate::client::Client;
use crate::household::{ANN, DOMAIN, Household, LOOPBACK, PASSCODE};

async fn publish(client: &mut Client, id: &str, bytes: usize) -> Element {
    let payload = "x".repeat(bytes);
    client
        .send(&format!(
            "<iq type='set' id='{id}'><pubsub xmlns='{}'><publish node='urn:n'><item id='1'>\
             <n xmlns='urn:n'>{payload}</n></item></publish></pubsub></iq>",
            ns::PUBSUB
        ))
        .await;
    client.element().await
}

#[tokio::test]
async fn a_payload_that_is_too_big_is_refused_and_the_stream_goes_on() {
    let house = Household::new().await;
    let mut ann = house.login(ANN, "sofa").await;
    let refused = publish(&mut ann, "a", 200 * 1024).await;
    let error = refused.child("error", ns::CLIENT).unwrap();
    assert!(error.has_child("not-acceptable", ns::STANZA_ERRORS), "{refused:?}");
    assert!(error.has_child("payload-too-big", ns::PUBSUB_ERRORS), "{refused:?}");
    let taken = publish(&mut ann, "b", 180 * 1024).await;
    assert_eq!(taken.attr("type"), Some("result"), "{taken:?}");
}

#[tokio::test]
async fn the_hash_in_the_stream_features_is_the_one_of_what_the_server_can() {
    let house = Household::new().await;
    let mut ann = house.connect(LOOPBACK);
    ann.features(DOMAIN).await;
    ann.authenticate("SCRAM-SHA-256", ANN, PASSCODE).await;
    ann.restart();
    let features = ann.features(DOMAIN).await;
    let caps = Caps::read(features.child("c", ns::CAPS).unwrap()).unwrap();
    ann.bind("sofa").await;
    for node in [String::new(), format!(" node='{}#{}'", caps.node, caps.version)] {
        ann.send(&format!(
            "<iq type='get' id='a' to='{DOMAIN}'><query xmlns='{}'{node}/></iq>",
            ns::DISCO_INFO
        ))
        .await;
        let answer = ann.element().await;
        let query = answer.child("query", ns::DISCO_INFO).unwrap();
        let info = Info::read(query).unwrap();
        assert_eq!(verify(&info, Some("sha-1"), &caps.version), Verdict::Proven, "{node}");
    }
}
