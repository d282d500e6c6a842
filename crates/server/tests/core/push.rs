//! Waking phones, tried out: which hop fails.

use televisor_server::Neighbour;
use televisor_server::push::{Outcome, Report, Trial};
use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;
use televisor_xmpp::ns;

use crate::household::{ANN, BOB, DOMAIN, Household};

/// Registers a device of Ann's with an app server there.
async fn register(household: &Household, app_server: &str) {
    let mut ann = household.login(ANN, "phone").await;
    ann.send(&format!(
        "<iq type='set' id='e'><enable xmlns='urn:xmpp:push:0' jid='{app_server}' node='n'/></iq>"
    ))
    .await;
    assert_eq!(ann.element().await.attr("type"), Some("result"));
}

/// Answers the next notice with this.
async fn answer(app_server: &mut Neighbour, kind: &str, error: Option<&str>) {
    let notice = app_server.next().await.unwrap();
    answer_to(app_server, &notice, kind, error).await;
}

async fn answer_to(app_server: &mut Neighbour, notice: &Element, kind: &str, error: Option<&str>) {
    let condition = error.map(|condition| {
        let condition = Element::new(condition, ns::STANZA_ERRORS);
        Element::builder("error", ns::CLIENT).attr("type", "cancel").child(condition).build()
    });
    let answer = Element::builder("iq", ns::CLIENT)
        .attr("type", kind)
        .attr("id", notice.attr("id").unwrap())
        .attr("from", notice.attr("to").unwrap())
        .attr("to", notice.attr("from").unwrap())
        .children(condition);
    app_server.send(answer.build()).await;
}

fn tried(app_server: &str, outcome: Outcome) -> Report {
    let (app_server, resource) = (app_server.to_owned(), "phone".to_owned());
    Report::Tried(vec![Trial { app_server, resource, outcome }])
}

#[tokio::test]
async fn without_a_device_there_is_nobody_to_wake() {
    let household = Household::new().await;
    assert_eq!(household.server.test_push(ANN).await.unwrap(), Report::NotRegistered);
}

#[tokio::test]
async fn an_app_server_that_takes_it_has_accepted() {
    let household = Household::new().await;
    let mut outside = household.server.neighbour("push.example".parse().unwrap());
    register(&household, "push.example").await;
    let (report, ()) =
        tokio::join!(household.server.test_push(ANN), answer(&mut outside, "result", None));
    assert_eq!(report.unwrap(), tried("push.example", Outcome::Accepted));
}

#[tokio::test]
async fn an_app_server_that_refuses_is_asked_once() {
    let household = Household::new().await;
    let mut outside = household.server.neighbour("push.example".parse().unwrap());
    register(&household, "push.example").await;
    let refusal = answer(&mut outside, "error", Some("item-not-found"));
    let (report, ()) = tokio::join!(household.server.test_push(ANN), refusal);
    let refused = Outcome::Refused(Condition::ItemNotFound);
    assert_eq!(report.unwrap(), tried("push.example", refused));
    assert_eq!(household.server.test_push(ANN).await.unwrap(), Report::NotRegistered);
}

#[tokio::test]
async fn an_app_server_that_is_not_there_is_unreachable_and_stays_registered() {
    let household = Household::new().await;
    register(&household, "nowhere.example").await;
    let unreachable = Outcome::Unreachable(Condition::RemoteServerNotFound);
    for _ in 0..2 {
        let report = household.server.test_push(ANN).await.unwrap();
        assert_eq!(report, tried("nowhere.example", unreachable));
    }
}

#[tokio::test]
async fn an_app_server_does_not_pay_for_what_there_is_no_room_for_here() {
    let household = Household::new().await;
    let mut outside = household.server.neighbour("push.example".parse().unwrap());
    register(&household, "push.example").await;
    let mut bob = household.login(BOB, "laptop").await;
    // As much as may wait for a neighbour that takes nothing.
    for _ in 0..1024 {
        bob.send("<presence to='room@push.example/bob'/>").await;
    }
    bob.send("<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>").await;
    assert_eq!(bob.element().await.attr("id"), Some("p"));
    let no_room = Outcome::Refused(Condition::ResourceConstraint);
    for _ in 0..6 {
        let report = household.server.test_push(ANN).await.unwrap();
        assert_eq!(report, tried("push.example", no_room));
    }
    while outside.try_next().is_some() {}
    let (report, ()) =
        tokio::join!(household.server.test_push(ANN), answer(&mut outside, "result", None));
    assert_eq!(report.unwrap(), tried("push.example", Outcome::Accepted));
}

#[tokio::test]
async fn what_somebody_else_says_is_no_answer_of_the_app_server() {
    let household = Household::new().await;
    let mut outside = household.server.neighbour("push.example".parse().unwrap());
    register(&household, "push@push.example").await;
    tokio::time::pause();
    let forge = async {
        let notice = outside.next().await.unwrap();
        let forged = Element::builder("iq", ns::CLIENT)
            .attr("type", "error")
            .attr("id", notice.attr("id").unwrap())
            .attr("from", "eve@push.example")
            .attr("to", notice.attr("from").unwrap());
        outside.send(forged.build()).await;
    };
    let (report, ()) = tokio::join!(household.server.test_push(ANN), forge);
    assert_eq!(report.unwrap(), tried("push@push.example", Outcome::NoAnswer));
}

#[tokio::test]
async fn a_test_by_command_says_which_hop_fails_while_the_session_goes_on() {
    let household = Household::new().await;
    let mut outside = household.server.neighbour("push.example".parse().unwrap());
    register(&household, "push.example").await;
    register(&household, "nowhere.example").await;
    let mut ann = household.login(ANN, "laptop").await;
    let execute = |id: &str| {
        format!(
            "<iq type='set' id='{id}' to='{DOMAIN}'>\
             <command xmlns='http://jabber.org/protocol/commands' node='test-push'/></iq>"
        )
    };
    ann.send(&execute("first")).await;
    let notice = outside.next().await.unwrap();
    ann.send(&execute("second")).await;
    let second = ann.element().await;
    assert_eq!(second.attr("id"), Some("second"), "the first has not been answered: {second:?}");
    assert!(second.to_xml().contains("under way"), "{second:?}");
    answer_to(&mut outside, &notice, "result", None).await;
    let first = ann.element().await;
    assert_eq!(first.attr("id"), Some("first"));
    let said = first.to_xml();
    assert!(said.contains("push.example took the notice"), "{said}");
    assert!(said.contains("no way from here to nowhere.example"), "{said}");
}
