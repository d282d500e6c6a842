//! Watching on the loopback interface: peers that vanish without a goodbye.

use televisor_discovery::{Publication, Publisher, Service, Told};
use tokio::sync::broadcast;
use tokio::time::timeout;
use tokio_util::sync::DropGuard;

use super::*;
use crate::roster::{Change, Peer};

const WAIT: Duration = Duration::from_secs(30);

struct Rig {
    config: Config,
    roster: Arc<Roster>,
    changes: broadcast::Receiver<Change>,
    _stop: DropGuard,
}

fn watch(port: u16) -> Rig {
    let config = Config::loopback().on_port(port);
    let (roster, doubted) = Roster::new(8);
    let roster = Arc::new(roster);
    let stop = CancellationToken::new();
    let watching = Watching {
        config: config.clone(),
        limit: 8,
        roster: Arc::clone(&roster),
        doubted,
        listening: watch::channel(None).0,
        stop: stop.clone(),
    };
    tokio::spawn(watching.run(Browser::open(&config).unwrap()));
    let changes = roster.changes();
    Rig { config, roster, changes, _stop: stop.drop_guard() }
}

impl Rig {
    async fn announce(&self, instance: &str, host: &str) -> Publisher {
        let mut publisher = Publisher::open(&self.config).unwrap();
        let (instance, host) = (instance.to_owned(), host.to_owned());
        let service = Service::new(PRESENCE, 4242);
        publisher.publish(&Publication { instance, host, service }, false).unwrap();
        assert_eq!(publisher.next().await, Some(Told::Announced));
        publisher
    }

    async fn told(&mut self, wanted: impl Fn(&Change) -> bool) {
        let wait = async { while !wanted(&self.changes.recv().await.unwrap()) {} };
        timeout(WAIT, wait).await.expect("in time");
    }

    /// Waits until those who are shown are as `wanted`.
    async fn shown(&mut self, wanted: impl Fn(&[Peer]) -> bool) {
        let wait = async {
            while !wanted(&self.roster.peers()) {
                self.changes.recv().await.unwrap();
            }
        };
        timeout(WAIT * 2, wait).await.expect("in time");
    }

    async fn appears(&mut self, name: &str) {
        let name = PeerName::new(name);
        self.told(|change| matches!(change, Change::Appeared(peer) if peer.name == name)).await;
    }

    async fn goes(&mut self, name: &str) {
        let name = PeerName::new(name);
        self.told(|change| matches!(change, Change::Gone(gone) if *gone == name)).await;
    }
}

#[tokio::test]
async fn a_peer_that_lost_power_goes_when_it_is_doubted_and_one_that_answers_stays() {
    let mut rig = watch(25_381);
    let romeo = rig.announce("romeo@forza", "forza").await;
    rig.appears("romeo@forza").await;
    let juliet = rig.announce("juliet@pronto", "pronto").await;
    rig.appears("juliet@pronto").await;
    romeo.abandon().await;
    rig.roster.doubt(&PeerName::new("juliet@pronto"));
    rig.roster.doubt(&PeerName::new("romeo@forza"));
    rig.goes("romeo@forza").await;
    assert_eq!(rig.roster.peers().len(), 1);
    juliet.close().await;
}

#[tokio::test]
async fn a_peer_that_cannot_be_asked_for_by_name_is_looked_for_in_a_new_search() {
    let mut rig = watch(25_382);
    let tybalt = rig.announce("tybalt.capulet@verona", "verona").await;
    rig.appears("tybalt.capulet@verona").await;
    let romeo = rig.announce("romeo.montague@forza", "forza").await;
    rig.appears("romeo.montague@forza").await;
    romeo.abandon().await;
    rig.roster.doubt(&PeerName::new("romeo.montague@forza"));
    rig.goes("romeo.montague@forza").await;
    assert_eq!(rig.roster.peers().len(), 1);
    tybalt.close().await;
}

#[tokio::test]
async fn whoever_was_left_out_is_found_when_there_is_room() {
    let mut rig = watch(25_383);
    let names: Vec<String> = (0..9).map(|number| format!("peer-{number}@verona")).collect();
    let mut peers = Vec::new();
    for (number, name) in names.iter().enumerate() {
        peers.push(rig.announce(name, &format!("verona-{number}")).await);
    }
    rig.shown(|shown| shown.len() == 8).await;
    let shown = rig.roster.peers();
    let left_out =
        names.iter().position(|name| shown.iter().all(|peer| peer.name.as_str() != name)).unwrap();
    let goes = (left_out + 1) % names.len();
    peers.remove(goes).close().await;
    rig.shown(|shown| shown.iter().any(|peer| peer.name.as_str() == names[left_out])).await;
    rig.shown(|shown| shown.len() == 8).await;
}
