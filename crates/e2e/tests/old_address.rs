//! The 2010 page's address, `<uuid>@Test\20Set-top\20Box`, by a stream spoken by hand: no current
//! library would say it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use televisor_e2e::pairing::pair;
use televisor_e2e::raw::Raw;
use televisor_e2e::receiver::{Receiver, Setup};
use televisor_e2e::skip;
use televisor_xmpp::scram::client::{self, Binding};
use televisor_xmpp::scram::{Hash, Mechanism};

const HOST: &str = r"Test\20Set-top\20Box";

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).unwrap().0
}

#[test]
fn a_stream_to_the_escaped_name_sees_that_name_and_no_other() {
    if skip::without("a_stream_to_the_escaped_name", "curl") {
        return;
    }
    let receiver = Receiver::start(Setup::quiet());
    let device = pair(&receiver, "Remote of 2010");
    let mut raw = Raw::connect(receiver.xmpp());
    raw.open(HOST);
    let features = raw.until("</stream:features>");
    assert!(
        features.contains(&format!("from='{HOST}'"))
            || features.contains(&format!("from=\"{HOST}\"")),
        "{features}"
    );
    assert!(features.contains("SCRAM-SHA-1<"), "{features}");

    log_in(&mut raw, &device.uuid, &device.code);
    raw.open(HOST);
    raw.until("</stream:features>");
    raw.send("<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>sofa</resource></bind></iq>");
    let bound = raw.until("</iq>");
    assert_eq!(between(&bound, "<jid>", "</jid>"), format!("{}@{HOST}/sofa", device.uuid));

    raw.send("<iq type='get' id='r1'><query xmlns='jabber:iq:roster'/></iq>");
    let roster = raw.until("</iq>");
    let uuid = receiver.ask("status")["uuid"].as_str().unwrap().to_owned();
    assert!(roster.contains(&format!("{uuid}@{HOST}")), "{roster}");
    assert!(!roster.contains(".local"), "{roster}");

    raw.send(&format!(
        "<message type='chat' id='m1' to='{uuid}@{HOST}'><body>help</body></message>"
    ));
    let answer = raw.until("</body>");
    assert!(answer.contains(&format!("{uuid}@{HOST}")), "{answer}");
    assert!(!answer.contains(".local"), "{answer}");
}

fn decode(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

fn log_in(raw: &mut Raw, user: &str, password: &str) {
    let mechanism = Mechanism { hash: Hash::Sha1, plus: false };
    let nonce = "fyko+d2lbbFgONRv9qkxdawL";
    let (first, started) =
        client::start(mechanism, user, password, Binding::NotOffered, nonce).unwrap();
    raw.send(&format!(
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1'>{}</auth>",
        STANDARD.encode(first)
    ));
    let challenge = raw.until("</challenge>");
    let challenge = decode(between(&challenge, "xmpp-sasl", "</").split_once('>').unwrap().1);
    let (second, responded) = started.respond(&challenge).unwrap();
    raw.send(&format!(
        "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{}</response>",
        STANDARD.encode(second)
    ));
    let success = raw.until("</success>");
    let proof = decode(between(&success, "xmpp-sasl", "</").split_once('>').unwrap().1);
    responded.verify(&proof).unwrap();
}
