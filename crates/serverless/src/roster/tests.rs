//! The roster: who is shown, who is told, and that it has a bound.

use super::*;
use crate::name::Naming;

fn near() -> Near {
    Near::now(&televisor_discovery::Config::loopback())
}

fn found(name: &str, port: u16) -> Found {
    Found {
        instance: name.to_owned(),
        host: "pronto.local".to_owned(),
        addresses: vec![SocketAddr::from(([127, 0, 0, 1], port))],
        port,
        txt: Vec::new(),
    }
}

/// Somebody at an address that is on the loopback net, but not one of this machine's.
fn elsewhere(name: &str, port: u16) -> Found {
    Found { addresses: vec![SocketAddr::from(([127, 0, 0, 77], port))], ..found(name, port) }
}

fn told(changes: &mut broadcast::Receiver<Change>) -> Vec<String> {
    let word = |change| match change {
        Change::Appeared(peer) => format!("+{}", peer.name),
        Change::Changed(peer) => format!("~{}", peer.name),
        Change::Gone(name) => format!("-{name}"),
    };
    std::iter::from_fn(|| changes.try_recv().ok()).map(word).collect()
}

fn names(roster: &Roster) -> Vec<String> {
    roster.peers().iter().map(|peer| peer.name.to_string()).collect()
}

#[test]
fn peers_come_change_and_go_and_nothing_is_told_twice() {
    let (roster, _doubted) = Roster::new(8);
    let mut changes = roster.changes();
    roster.see(&found("juliet@pronto", 5298), &near());
    roster.see(&found("juliet@pronto", 5298), &near());
    let status = vec![("status".to_owned(), "away".to_owned())];
    roster.see(&Found { txt: status, ..found("Juliet@Pronto", 5298) }, &near());
    roster.gone(&PeerName::new("juliet@pronto"));
    roster.gone(&PeerName::new("juliet@pronto"));
    assert_eq!(told(&mut changes), ["+juliet@pronto", "~Juliet@Pronto", "-juliet@pronto"]);
}

#[test]
fn there_is_a_bound_and_it_is_noticed_when_there_is_room_again() {
    let (roster, _doubted) = Roster::new(2);
    for name in ["a@x", "b@x", "c@x"] {
        roster.see(&found(name, 1), &near());
    }
    assert_eq!(names(&roster), ["a@x", "b@x"]);
    assert!(!roster.has_room_for_more());
    roster.gone(&PeerName::new("a@x"));
    assert!(roster.has_room_for_more());
    roster.search_anew();
    assert!(!roster.has_room_for_more());
}

#[test]
fn whoever_a_new_search_does_not_see_has_gone() {
    let (roster, _doubted) = Roster::new(8);
    roster.see(&found("a@x", 1), &near());
    roster.see(&found("b@x", 2), &near());
    let mut changes = roster.changes();
    roster.search_anew();
    roster.see(&found("b@x", 2), &near());
    roster.sweep();
    assert_eq!(told(&mut changes), ["-a@x"]);
    assert_eq!(names(&roster), ["b@x"]);
}

#[test]
fn we_ourselves_are_not_shown() {
    let (roster, _doubted) = Roster::new(8);
    roster.set_own(&Naming::new("juliet", "pronto").names(5298), 5298);
    roster.see(&found("juliet@pronto", 5298), &near());
    assert_eq!(names(&roster), [""; 0]);
    assert_eq!(roster.holder(), None);
    // What is left of us under an earlier name.
    roster.see(&found("juliet@forza", 5298), &near());
    assert_eq!(names(&roster), [""; 0]);
}

#[test]
fn another_application_here_and_another_machine_are_told_apart() {
    let (roster, _doubted) = Roster::new(8);
    roster.set_own(&Naming::new("juliet", "pronto").names(5298), 5298);
    roster.see(&found("Juliet@pronto", 5299), &near());
    assert_eq!(roster.holder(), Some(Holder::ThisMachine));
    roster.see(&elsewhere("juliet@pronto", 5298), &near());
    assert_eq!(roster.holder(), Some(Holder::Another));
}

#[test]
fn the_other_one_is_shown_as_soon_as_we_have_another_name() {
    let (roster, _doubted) = Roster::new(8);
    let mut changes = roster.changes();
    let mut naming = Naming::new("juliet", "pronto");
    roster.set_own(&naming.names(5298), 5298);
    roster.see(&elsewhere("juliet@pronto", 5298), &near());
    assert!(told(&mut changes).is_empty());
    naming.next_machine();
    roster.set_own(&naming.names(5298), 5298);
    assert_eq!(told(&mut changes), ["+juliet@pronto"]);
    assert_eq!(roster.holder(), None);
}

#[tokio::test]
async fn a_collision_wakes_whoever_waits_for_it() {
    let (roster, _doubted) = Roster::new(8);
    roster.set_own(&Naming::new("juliet", "pronto").names(5298), 5298);
    roster.see(&elsewhere("juliet@pronto", 5298), &near());
    roster.contested().await;
}

#[test]
fn addresses_off_the_link_are_left_out_and_peers_with_no_others_too() {
    let (roster, _doubted) = Roster::new(8);
    let far = SocketAddr::from(([192, 0, 2, 1], 1));
    let both = vec![far, SocketAddr::from(([127, 0, 0, 77], 1))];
    roster.see(&Found { addresses: vec![far], ..found("far@x", 1) }, &near());
    roster.see(&Found { addresses: both, ..found("near@x", 1) }, &near());
    assert_eq!(names(&roster), ["near@x"]);
    assert_eq!(roster.peers()[0].addresses.len(), 1);
    assert_eq!(roster.at([127, 0, 0, 77].into()).len(), 1);
    assert_eq!(roster.at("::ffff:127.0.0.77".parse().unwrap()).len(), 1);
    assert!(roster.at(far.ip()).is_empty());
}

#[test]
fn a_peer_whose_addresses_go_and_come_again_does_so_too() {
    let (roster, _doubted) = Roster::new(8);
    let mut changes = roster.changes();
    roster.see(&found("a@x", 1), &near());
    roster.see(&Found { addresses: Vec::new(), ..found("a@x", 1) }, &near());
    roster.see(&found("a@x", 1), &near());
    assert_eq!(told(&mut changes), ["+a@x", "-a@x", "+a@x"]);
}

#[test]
fn a_name_that_cannot_be_written_is_nobody() {
    let (roster, _doubted) = Roster::new(8);
    for name in ["", " ", "a\u{1}@x", "a\n@x"] {
        roster.see(&found(name, 1), &near());
    }
    assert!(roster.peers().is_empty());
}
