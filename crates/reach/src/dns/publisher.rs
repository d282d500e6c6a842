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
    use super::*;

    #[test]
    fn retries_come_soon_and_then_seldom() {
        assert_eq!(retry_after(0), Duration::from_secs(5));
        assert_eq!(retry_after(1), Duration::from_secs(10));
        assert_eq!(retry_after(40), LONGEST_RETRY);
    }
}
