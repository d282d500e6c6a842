//! What is left of programs when the server starts again, and when there are too many of them.

use std::sync::Arc;

use jiff::SignedDuration;
use televisor_clock::Clock;
use televisor_store::Database;
use televisor_xmpp::ht::{HtMechanism, Initiator};
use televisor_xmpp::sasl2::UserAgent;

use super::Clients;
use crate::fixed_accounts::FixedAccounts;

const NONE: HtMechanism = HtMechanism::None;

struct Rig {
    store: Database,
    clock: Clock,
    _folder: tempfile::TempDir,
}

impl Rig {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Database::open(&folder.path().join("a.db"), &[crate::PART]).unwrap();
        let clock = Clock::manual(&"2026-11-25T14:00[Europe/London]".parse().unwrap());
        Self { store, clock, _folder: folder }
    }

    /// Starts with one account, which has this password.
    async fn start(&self, password: &str) -> Clients {
        let accounts = FixedAccounts::new(["ann"], password, b"sixteen bytes 16").unwrap();
        let (store, clock) = (self.store.clone(), self.clock.clone());
        Clients::open(store, Arc::new(accounts), clock, [7; 32]).await.unwrap()
    }
}

fn seen(clients: &Clients, number: usize) -> String {
    let credentials = clients.credentials("ann").unwrap();
    clients.seen("ann", &agent(number), credentials, true).unwrap()
}

fn agent(number: usize) -> UserAgent {
    let id = Some(format!("d4565fa7-4d72-4749-b3d3-{number:012}"));
    UserAgent { id, ..UserAgent::default() }
}

async fn given(clients: &Clients) -> String {
    let id = seen(clients, 1);
    let credentials = clients.credentials("ann").unwrap();
    clients.issue("ann", &id, credentials, NONE).await.unwrap().secret
}

fn is_good(clients: &Clients, secret: &str) -> bool {
    let initiator = Initiator::new("ann", secret, None);
    let agent = agent(1).id.unwrap();
    clients.proven("ann", &agent, NONE, &initiator, None).is_some()
}

#[tokio::test]
async fn a_token_outlives_the_server() {
    let rig = Rig::new();
    let secret = given(&rig.start("one").await).await;
    assert!(is_good(&rig.start("one").await, &secret));
}

#[tokio::test]
async fn a_token_that_was_taken_away_stays_away() {
    let rig = Rig::new();
    let clients = rig.start("one").await;
    let secret = given(&clients).await;
    clients.invalidate_all("ann");
    assert!(!is_good(&clients, &secret));
    clients.keep("ann").await.unwrap();
    assert!(!is_good(&rig.start("one").await, &secret));
}

#[tokio::test]
async fn a_token_does_not_outlive_the_credentials() {
    let rig = Rig::new();
    let secret = given(&rig.start("one").await).await;
    assert!(!is_good(&rig.start("another").await, &secret));
    assert!(!is_good(&rig.start("one").await, &secret), "it is gone for good");
}

#[tokio::test]
async fn who_knows_older_credentials_gets_no_token() {
    let rig = Rig::new();
    let clients = rig.start("one").await;
    let id = seen(&clients, 1);
    assert!(clients.issue("ann", &id, [0; 32], NONE).await.is_none());
}

#[tokio::test]
async fn programs_are_limited_in_number_and_the_one_not_seen_for_longest_goes() {
    let rig = Rig::new();
    let clients = rig.start("one").await;
    let secret = given(&clients).await;
    for number in 2..40 {
        rig.clock.set(rig.clock.now() + SignedDuration::from_secs(1));
        seen(&clients, number);
    }
    assert_eq!(clients.list("ann").len(), 32);
    assert!(!is_good(&clients, &secret));
}

#[tokio::test]
async fn a_program_that_was_not_seen_for_a_season_is_forgotten() {
    let rig = Rig::new();
    let clients = rig.start("one").await;
    given(&clients).await;
    rig.clock.set(rig.clock.now() + SignedDuration::from_hours(24 * 91));
    clients.tidy().await.unwrap();
    assert!(clients.list("ann").is_empty());
}
