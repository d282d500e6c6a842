//! Following the door: as its address or ports change, the records of the public name change too.
//!
//! What was set stays when the receiver ends or the door shuts. A receiver is restarted far more
//! often than it is given away, every restart would otherwise make the name vanish from caches
//! (RFC 2308) for longer than the restart takes, and a record that leads to where nobody listens
//! does no more harm than one that is missing.

use std::time::Duration;

use crate::reach::Tasks;
use crate::{DnsConfig, DnsState, External};

use super::{Failure, Updater};

/// How often records that are right are looked at again: others may change them.
const AGAIN: Duration = Duration::from_secs(3600);
/// The pauses after failures: the first, doubling, and the longest.
const FIRST_RETRY: Duration = Duration::from_secs(5);
const LONGEST_RETRY: Duration = Duration::from_secs(600);

/// Keeps the records right until the tasks are to stop.
pub(crate) async fn run(tasks: Tasks) {
    let Some(config) = tasks.config.dns.clone() else { return };
    let Some(name) = tasks.config.public_name.clone() else {
        let why = "[reach] public_name is not set; it says which records are meant".to_owned();
        let error = Some(why);
        tasks.board.dns(Some(DnsState { name: config.zone, current: false, since: None, error }));
        return;
    };
    let mut publisher = Publisher {
        state: DnsState { name, current: false, since: None, error: None },
        config,
        failures: 0,
        tasks,
    };
    let stop = publisher.tasks.stop.clone();
    tokio::select! {
        () = stop.cancelled() => {}
        () = publisher.follow() => {}
    }
}

struct Publisher {
    tasks: Tasks,
    config: DnsConfig,
    state: DnsState,
    failures: u32,
}

impl Publisher {
    async fn follow(&mut self) {
        let mut doors = self.tasks.board.external();
        self.tasks.board.dns(Some(self.state.clone()));
        loop {
            let door = doors.borrow_and_update().clone();
            let pause = match &door {
                Some(door) => Some(self.publish(door).await),
                None => None,
            };
            tokio::select! {
                changed = doors.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.failures = 0;
                }
                () = wait(pause) => {}
            }
        }
    }

    /// Makes the records right once, and returns when to look again.
    async fn publish(&mut self, door: &External) -> Duration {
        let clock = self.tasks.clock.clone();
        let done = match Updater::new(&self.config, clock.clone()) {
            Ok(updater) => updater.publish(&self.state.name, door).await,
            Err(failure) => Err(failure),
        };
        let pause = match done {
            Ok(changed) => {
                if changed {
                    tracing::info!("{} now leads to {}", self.state.name, door.literal());
                }
                self.failures = 0;
                self.state.current = true;
                self.state.since = Some(clock.now());
                self.state.error = None;
                AGAIN
            }
            Err(failure) => self.failed(&failure),
        };
        self.tasks.board.dns(Some(self.state.clone()));
        pause
    }

    fn failed(&mut self, failure: &Failure) -> Duration {
        let why = failure.to_string();
        if self.state.error.as_ref() != Some(&why) {
            tracing::warn!("the records of {} could not be set: {why}", self.state.name);
        }
        self.state.current = false;
        self.state.error = Some(why);
        let pause = retry_after(self.failures);
        self.failures = self.failures.saturating_add(1);
        pause
    }
}

fn retry_after(failures: u32) -> Duration {
    FIRST_RETRY.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST_RETRY)
}

/// Waits for a pause to pass; without one, for good.
async fn wait(pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::watch;
    use tokio::time::timeout;

    use super::*;
    use crate::dns::fake::{Fake, Manner};
    use crate::{Config, State};

    #[test]
    fn retries_come_soon_and_then_seldom() {
        assert_eq!(retry_after(0), Duration::from_secs(5));
        assert_eq!(retry_after(1), Duration::from_secs(10));
        assert_eq!(retry_after(40), LONGEST_RETRY);
    }

    fn door(address: &str) -> Option<External> {
        Some(External {
            address: address.parse().unwrap(),
            ipv6: None,
            outside: [(5222, 5222)].into(),
            ports: [(5222, 5222)].into(),
            by: crate::By::Pcp,
            since: "2026-11-25T14:00Z".parse().unwrap(),
        })
    }

    fn tasks(server: &Fake, folder: &std::path::Path) -> Tasks {
        let public_name = Some("tv.example.org".to_owned());
        let config = Config { public_name, dns: Some(server.config()), ..Config::default() };
        Tasks {
            board: crate::board::Board::new(&config),
            config: std::sync::Arc::new(config),
            ports: crate::Ports { client: 5222, server: 5269 },
            tls_folder: folder.to_path_buf(),
            identity: crate::Identity::load_or_make(folder, &["tv.local".to_owned()]).unwrap(),
            clock: televisor_clock::Clock::system(),
            stop: tokio_util::sync::CancellationToken::new(),
        }
    }

    async fn until(state: &mut watch::Receiver<State>, wanted: impl Fn(&DnsState) -> bool) {
        let seen = state.wait_for(|state| state.dns.as_ref().is_some_and(&wanted));
        timeout(Duration::from_secs(20), seen).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn the_records_follow_the_door_and_stay_when_it_shuts() {
        let server = Fake::start(Manner::Honest).await;
        let folder = tempfile::tempdir().unwrap();
        let tasks = tasks(&server, folder.path());
        let (board, stop) = (tasks.board.clone(), tasks.stop.clone());
        let mut state = board.state();
        let running = tokio::spawn(run(tasks));
        board.door(door("11.22.33.1"), Vec::new());
        until(&mut state, |dns| dns.current).await;
        assert!(server.zone().contains(&"tv.example.org. A 11.22.33.1".to_owned()));
        board.door(door("11.22.33.2"), Vec::new());
        let followed = || server.zone().contains(&"tv.example.org. A 11.22.33.2".to_owned());
        until(&mut state, |_| followed()).await;
        board.door(None, Vec::new());
        stop.cancel();
        timeout(Duration::from_secs(5), running).await.unwrap().unwrap();
        assert!(followed());
    }

    #[tokio::test]
    async fn a_failure_is_said_and_a_new_address_is_tried_at_once() {
        let server = Fake::start(Manner::Refuses).await;
        let folder = tempfile::tempdir().unwrap();
        let tasks = tasks(&server, folder.path());
        let board = tasks.board.clone();
        let mut state = board.state();
        let running = tokio::spawn(run(tasks));
        board.door(door("11.22.33.1"), Vec::new());
        until(&mut state, |dns| dns.error.as_ref().is_some_and(|e| e.contains("REFUSED"))).await;
        assert_eq!(state.borrow().public_name.as_deref(), Some("11.22.33.1"));
        server.mend(Manner::Honest);
        board.door(door("11.22.33.2"), Vec::new());
        until(&mut state, |dns| dns.current && dns.error.is_none()).await;
        assert_eq!(state.borrow().public_name.as_deref(), Some("tv.example.org"));
        running.abort();
    }
}
