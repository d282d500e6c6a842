//! Strangers learn nothing: whomever they ask, and whatever, they get the same answer, byte for byte
//! but for the address they wrote themselves.

use std::cell::RefCell;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use televisor_server::Neighbour;
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use tokio::runtime::Runtime;

use crate::client::Client;
use crate::household::{ANN, BOB, DOMAIN, Household, RESIDENT};

/// One server for all cases, with a session of Ann's: starting it is the slow part.
struct World {
    outside: Neighbour,
    _household: Household,
    _ann: Client,
}

impl World {
    async fn new() -> Self {
        let household = Household::inhabited().await;
        let mut ann = household.login(ANN, "home").await;
        ann.send("<presence/>").await;
        let outside = household.server.neighbour("outside.example".parse().unwrap());
        for localpart in [ANN, BOB, RESIDENT] {
            // A request makes no friend.
            outside.send(stanza("asker@outside.example", localpart, Said::Subscribe)).await;
        }
        Self { outside, _household: household, _ann: ann }
    }
}

#[derive(Debug, Clone)]
enum Said {
    Iq { set: bool, name: String, namespace: String },
    Message { kind: &'static str, body: String },
    Presence { kind: &'static str },
    Subscribe,
}

fn stanza(from: &str, to: &str, said: Said) -> Element {
    let to =
        if to.contains('@') || to == DOMAIN { to.to_owned() } else { format!("{to}@{DOMAIN}") };
    let start = |name, kind: &str| {
        let kind = Some(kind).filter(|kind| !kind.is_empty());
        Element::builder(name, ns::CLIENT)
            .attr("from", from)
            .attr("to", to.as_str())
            .attr("id", "x")
            .attr_opt("type", kind)
    };
    match said {
        Said::Iq { set, name, namespace } => {
            let kind = if set { "set" } else { "get" };
            start("iq", kind).child(Element::new(&name, &namespace)).build()
        }
        Said::Message { kind, body } => start("message", kind).field("body", body).build(),
        Said::Presence { kind } => start("presence", kind).build(),
        Said::Subscribe => start("presence", "subscribe").build(),
    }
}

/// Sends one stanza and returns what comes back, with the address it went to blotted out.
async fn answer(outside: &mut Neighbour, from: &str, to: &str, said: Said) -> Vec<String> {
    let stanza = stanza(from, to, said);
    let to = stanza.attr("to").unwrap_or_default().to_owned();
    outside.send(stanza).await;
    let mut answers = Vec::new();
    while let Some(mut answer) = outside.try_next() {
        if answer.attr("from") == Some(to.as_str()) {
            answer.set_attr("from", "whoever was asked");
        }
        answers.push(answer.to_xml());
    }
    answers
}

fn payload() -> impl Strategy<Value = (String, String)> {
    let known = [
        ("query", ns::DISCO_INFO),
        ("query", ns::DISCO_ITEMS),
        ("query", ns::ROSTER),
        ("query", ns::VERSION),
        ("query", ns::LAST_ACTIVITY),
        ("vCard", ns::VCARD_TEMP),
        ("time", ns::TIME),
        ("command", ns::COMMANDS),
        ("pubsub", ns::PUBSUB),
    ];
    let known = prop::sample::select(known.to_vec());
    let any = ("[a-z]{1,8}", "urn:[a-z]{1,8}:[a-z0-9]{1,8}");
    prop_oneof![known.prop_map(|(name, space)| (name.to_owned(), space.to_owned())), any]
}

fn told() -> impl Strategy<Value = Said> {
    let iq = (any::<bool>(), payload());
    let message =
        (prop::sample::select(vec!["", "chat", "headline", "groupchat", "error"]), ".{0,40}");
    let presence =
        vec!["", "unavailable", "probe", "subscribed", "unsubscribe", "unsubscribed", "error"];
    prop_oneof![
        iq.prop_map(|(set, (name, namespace))| Said::Iq { set, name, namespace }),
        message.prop_map(|(kind, body)| Said::Message {
            kind,
            body: body.chars().filter(|c| !c.is_control()).collect(),
        }),
        prop::sample::select(presence).prop_map(|kind| Said::Presence { kind }),
    ]
}

/// What is said, to nobody and to a resource there is not, and by whom.
fn cases() -> impl Strategy<Value = (Said, String, String, &'static str)> {
    let from = vec!["eve@outside.example/x", "asker@outside.example", "outside.example"];
    (told(), "[a-z0-9]{1,12}", "[a-z]{1,8}", prop::sample::select(from))
}

#[test]
fn whomever_a_stranger_asks_the_answer_is_the_same() {
    let runtime = Runtime::new().unwrap();
    let world = RefCell::new(runtime.block_on(World::new()));
    let config = ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() };
    let checked = TestRunner::new(config).run(&cases(), |(said, nobody, gone, from)| {
        let outside = &mut world.borrow_mut().outside;
        let (connected, away) = (format!("{ANN}@{DOMAIN}/home"), format!("{BOB}@{DOMAIN}/{gone}"));
        let nowhere = format!("{nobody}@{DOMAIN}/{gone}");
        let mut whom = vec![ANN, BOB, &*connected, &*away, &*nowhere];
        // Messages are a resident's to answer.
        if !matches!(said, Said::Message { .. }) {
            whom.extend([RESIDENT, DOMAIN]);
        }
        runtime.block_on(async {
            let of_nobody = answer(outside, from, &nobody, said.clone()).await;
            prop_assert!(of_nobody.len() <= 1, "{of_nobody:?}");
            for to in whom {
                let answers = answer(outside, from, to, said.clone()).await;
                prop_assert_eq!(&answers, &of_nobody, "{}", to);
            }
            Ok(())
        })
    });
    checked.unwrap();
}
