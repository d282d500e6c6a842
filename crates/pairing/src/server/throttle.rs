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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_wrong_answers_wait_a_minute_doubling_to_fifteen_and_never_for_ever() {
        let (id, now) = (DeviceId(uuid::Uuid::from_u128(1)), Instant::now());
        let source = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
        let mut throttle = Throttle::default();
        for _ in 0..4 {
            throttle.wrong(id, source, now);
            assert_eq!(throttle.wait(id, source, now), None);
        }
        for seconds in [60, 120, 240, 480, 900, 900, 900, 900, 900, 900, 900] {
            throttle.wrong(id, source, now);
            let wait = Duration::from_secs(seconds);
            assert_eq!(throttle.wait(id, source, now), Some(wait));
            assert_eq!(throttle.wait(id, source, now + wait), None);
        }
        assert_eq!(throttle.wait(DeviceId(uuid::Uuid::from_u128(2)), source, now), None);
        throttle.right(id, source);
        throttle.wrong(id, source, now);
        assert_eq!(throttle.wait(id, source, now), None);
    }
}
