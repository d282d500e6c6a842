//! Marks a gap, so that players take the jump of clock and continuity for what it is.

use std::collections::BTreeMap;

use super::packet::{PACKET_LEN, Packet, Pid, SYNC};

/// Makes a packet on `pid` (the PCR PID) that carries only an adaptation field with
/// `discontinuity_indicator` set (ISO/IEC 13818-1 section 2.4.3.5).
///
/// `continuity` is the counter of the last packet on that PID before the gap: a packet without
/// payload does not advance it.
#[must_use]
pub fn discontinuity_packet(pid: Pid, continuity: u8) -> [u8; PACKET_LEN] {
    let mut packet = [0xff; PACKET_LEN];
    let [high, low] = pid.0.to_be_bytes();
    packet[0] = SYNC;
    packet[1] = high & 0x1f;
    packet[2] = low;
    packet[3] = 0x20 | (continuity & 0x0f);
    packet[4] = 183;
    packet[5] = 0x80;
    packet
}

/// Watches a stream go by, so that a gap in it can be marked and errors are counted.
#[derive(Debug, Default)]
pub struct Watcher {
    last: BTreeMap<Pid, u8>,
    pcr_pid: Option<Pid>,
    errors: u64,
}

impl Watcher {
    /// Looks at aligned packets.
    pub fn watch(&mut self, packets: &[u8]) {
        for packet in Packet::all(packets) {
            let pid = packet.pid();
            if pid == Pid::NULL {
                continue;
            }
            if packet.pcr().is_some() {
                self.pcr_pid.get_or_insert(pid);
            }
            let counter = packet.continuity();
            let before = self.last.get(&pid).copied();
            if packet.has_payload() || before.is_none() {
                self.last.insert(pid, counter);
            }
            let expected = before.is_none_or(|b| counter == (b + 1) & 0x0f || counter == b);
            if packet.has_payload() && !expected && !packet.is_discontinuity() {
                self.errors = self.errors.saturating_add(1);
            }
        }
    }

    /// Returns the first PID that carried a PCR.
    #[must_use]
    pub fn pcr_pid(&self) -> Option<Pid> {
        self.pcr_pid
    }

    /// Returns how many continuity errors were seen: packets that are missing or out of order.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.errors
    }

    /// Makes the packets that mark a gap here: one on every PID seen, the PCR PID's first. Empty if
    /// nothing was seen yet. What comes next may begin with any counter.
    pub fn mark_gap(&mut self) -> Vec<u8> {
        let mut pids: Vec<(Pid, u8)> = std::mem::take(&mut self.last).into_iter().collect();
        pids.sort_by_key(|(pid, _)| Some(*pid) != self.pcr_pid);
        pids.into_iter().flat_map(|(pid, counter)| discontinuity_packet(pid, counter)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ts::restamp::tests::pes_packet;

    #[test]
    fn a_marker_has_no_payload_and_says_discontinuity() {
        let bytes = discontinuity_packet(Pid(0x100), 7);
        let packet = Packet::new(&bytes).unwrap();
        assert!(packet.is_discontinuity() && !packet.has_payload() && packet.pcr().is_none());
        assert_eq!((packet.pid(), packet.continuity()), (Pid(0x100), 7));
    }

    #[test]
    fn a_jump_counts_unless_it_was_marked() {
        let mut watcher = Watcher::default();
        watcher.watch(&pes_packet(256, 0, Some(0), None, None));
        watcher.watch(&pes_packet(256, 5, None, None, None));
        assert_eq!(watcher.errors(), 1);
        assert_eq!(watcher.mark_gap().len(), PACKET_LEN);
        watcher.watch(&pes_packet(256, 11, None, None, None));
        assert_eq!(watcher.errors(), 1);
        assert_eq!(watcher.pcr_pid(), Some(Pid(256)));
    }
}
