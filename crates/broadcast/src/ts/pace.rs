//! Says when a packet is due, from the PCR. Knows no clock: times are given and returned as elapsed.

use std::time::Duration;

use super::packet::{CLOCK_MASK, Packet, Pid};

/// A step of the PCR beyond which it is taken for a jump, not for time passing: one second.
const MAX_STEP: u64 = 90_000;

/// Follows the PCR of one programme.
#[derive(Debug, Default)]
pub struct Pacer {
    pid: Option<Pid>,
    last: Option<u64>,
    ticks: u64,
}

impl Pacer {
    /// Looks at `packet`; says how long after the first PCR it is due, if it carries a PCR of the
    /// programme that is followed (the first seen). A jump takes no time.
    pub fn due(&mut self, packet: Packet<'_>) -> Option<Duration> {
        let pcr = packet.pcr()?;
        if *self.pid.get_or_insert(packet.pid()) != packet.pid() {
            return None;
        }
        let step = self.last.replace(pcr).map_or(0, |last| pcr.wrapping_sub(last) & CLOCK_MASK);
        if step <= MAX_STEP && !packet.is_discontinuity() {
            self.ticks = self.ticks.saturating_add(step);
        }
        Some(Duration::from_nanos(self.ticks.saturating_mul(100_000) / 9))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ts::restamp::tests::pes_packet;

    #[test]
    fn due_times_follow_the_clock_and_ignore_jumps() {
        let mut pacer = Pacer::default();
        let mut due = |pcr| {
            let bytes = pes_packet(256, 0, Some(pcr), None, None);
            pacer.due(Packet::new(&bytes).unwrap()).unwrap().as_millis()
        };
        assert_eq!(due(CLOCK_MASK), 0);
        assert_eq!(due(8_999), 100);
        assert_eq!(due(5_000_000), 100);
        assert_eq!(due(5_009_000), 200);
    }
}
