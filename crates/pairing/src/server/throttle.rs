//! Wrong answers for devices already paired: 5 from one source for one device, and it waits 60 s,
//! doubling to 15 min. Nothing is banned for ever.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use televisor_model::DeviceId;
use tokio::time::Instant;

const FREE: u32 = 5;
const FIRST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// Most pairs of device and source remembered; both are on this link, so a real one has a dozen.
const REMEMBERED: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Throttle {
    failures: HashMap<(DeviceId, IpAddr), (u32, Instant)>,
}

impl Throttle {
    /// Returns how long to wait, if one must.
    pub(super) fn wait(&self, id: DeviceId, source: IpAddr, now: Instant) -> Option<Duration> {
        let (_, until) = self.failures.get(&(id, source))?;
        (*until > now).then(|| until.saturating_duration_since(now))
    }

    pub(super) fn wrong(&mut self, id: DeviceId, source: IpAddr, now: Instant) {
        if self.failures.len() >= REMEMBERED {
            self.failures.retain(|_, (_, until)| *until + LONGEST > now);
        }
        if self.failures.len() >= REMEMBERED && !self.failures.contains_key(&(id, source)) {
            return;
        }
        let (count, until) = self.failures.entry((id, source)).or_insert((0, now));
        *count += 1;
        if *count >= FREE {
            let doublings = (*count - FREE).min(8);
            *until = now + FIRST.saturating_mul(1 << doublings).min(LONGEST);
        }
    }

    pub(super) fn right(&mut self, id: DeviceId, source: IpAddr) {
        self.failures.remove(&(id, source));
    }
}
