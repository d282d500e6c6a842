//! Discontinuity marks where a stream goes on after a gap (ISO/IEC 13818-1 section 2.4.3.5).
//!
//! Before the first packet of each PID goes one packet without payload that says that continuity
//! counter and time base may jump. The stream's own packets stay as they came.

use televisor_broadcast::ts::{PACKET_LEN, Packet, Pid, discontinuity_packet};

/// PIDs are 13 bits wide.
const PIDS: usize = 1 << 13;

/// Packets after a gap in which a PID that was not seen yet is marked: ten seconds at 3 Mbit/s.
/// What comes later is new in the stream, not interrupted by the gap.
const MARKED: usize = 20_000;

/// Marks the PIDs of one stretch after a gap.
#[derive(Debug)]
pub(crate) struct Splice {
    seen: Vec<bool>,
    left: usize,
}

impl Splice {
    pub(crate) fn new() -> Self {
        Self { seen: vec![false; PIDS], left: MARKED }
    }

    /// Copies whole packets to `out`, with marks. Returns false when there is nothing to mark any
    /// more.
    pub(crate) fn copy(&mut self, packets: &[u8], out: &mut Vec<u8>) -> bool {
        let (packets, _) = packets.as_chunks::<PACKET_LEN>();
        for bytes in packets {
            if let Some(packet) = Packet::new(bytes)
                && let Some(seen) = self.seen.get_mut(usize::from(packet.pid().0))
                && packet.pid() != Pid::NULL
                && !std::mem::replace(seen, true)
            {
                out.extend_from_slice(&mark(packet));
            }
            out.extend_from_slice(bytes);
            self.left = self.left.saturating_sub(1);
        }
        self.left > 0
    }
}

/// Returns the mark that goes before `packet`.
fn mark(packet: Packet<'_>) -> [u8; PACKET_LEN] {
    // A packet without payload does not count up; the next one with payload does.
    let before = packet.continuity().wrapping_sub(u8::from(packet.has_payload()));
    discontinuity_packet(packet.pid(), before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(pid: u16, counter: u8) -> Vec<u8> {
        let [high, low] = pid.to_be_bytes();
        let mut packet = vec![0; PACKET_LEN];
        packet[..4].copy_from_slice(&[0x47, high, low, 0x10 | counter]);
        packet
    }

    #[test]
    fn every_pid_is_marked_once_before_its_first_packet() {
        let mut out = Vec::new();
        let input =
            [packet(256, 0), packet(257, 9), packet(256, 1), packet(Pid::NULL.0, 0)].concat();
        assert!(Splice::new().copy(&input, &mut out));
        let pids: Vec<(u8, u8)> = out.chunks(PACKET_LEN).map(|p| (p[2], p[3])).collect();
        assert_eq!(
            pids,
            [(0, 0x2F), (0, 0x10), (1, 0x28), (1, 0x19), (0, 0x11), (0xFF, 0x10)],
            "marks keep the counter continuous"
        );
        assert_eq!(out[4..6], [183, 0x80]);
    }
}
