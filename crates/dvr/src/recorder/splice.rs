//! Discontinuity marks where a stream goes on after a gap (ISO/IEC 13818-1 section 2.4.3.5).
//!
//! Before the first packet of each PID goes one packet without payload that says that continuity
//! counter and time base may jump. The stream's own packets stay as they came.

use super::PACKET;

/// PIDs are 13 bits wide.
const PIDS: usize = 1 << 13;

/// The PID of null packets, which carry no continuity.
const NULL: u16 = 0x1FFF;

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
        for packet in packets.chunks_exact(PACKET) {
            if let &[_, high, low, flags, ..] = packet {
                let pid = u16::from_be_bytes([high & 0x1F, low]);
                if let Some(seen) = self.seen.get_mut(usize::from(pid))
                    && pid != NULL
                    && !std::mem::replace(seen, true)
                {
                    out.extend_from_slice(&mark(pid, flags));
                }
            }
            out.extend_from_slice(packet);
            self.left = self.left.saturating_sub(1);
        }
        self.left > 0
    }
}

/// Returns the mark that goes before a packet of `pid` whose fourth byte is `flags`.
fn mark(pid: u16, flags: u8) -> [u8; PACKET] {
    let has_payload = flags & 0x10 != 0;
    // A packet without payload does not count up; the next one with payload does.
    let counter = if has_payload { flags.wrapping_sub(1) & 0x0F } else { flags & 0x0F };
    let [high, low] = pid.to_be_bytes();
    let mut packet = [0xFF; PACKET];
    let [sync, first, second, third, length, indicators, ..] = &mut packet;
    (*sync, *first, *second) = (0x47, high, low);
    // Adaptation field only, 183 bytes of it, discontinuity_indicator set, the rest stuffing.
    (*third, *length, *indicators) = (0x20 | counter, 183, 0x80);
    packet
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(pid: u16, counter: u8) -> Vec<u8> {
        let [high, low] = pid.to_be_bytes();
        let mut packet = vec![0; PACKET];
        packet[..4].copy_from_slice(&[0x47, high, low, 0x10 | counter]);
        packet
    }

    #[test]
    fn every_pid_is_marked_once_before_its_first_packet() {
        let mut out = Vec::new();
        let input = [packet(256, 0), packet(257, 9), packet(256, 1), packet(NULL, 0)].concat();
        assert!(Splice::new().copy(&input, &mut out));
        let pids: Vec<(u8, u8)> = out.chunks(PACKET).map(|p| (p[2], p[3])).collect();
        assert_eq!(
            pids,
            [(0, 0x2F), (0, 0x10), (1, 0x28), (1, 0x19), (0, 0x11), (0xFF, 0x10)],
            "marks keep the counter continuous"
        );
        assert_eq!(out[4..6], [183, 0x80]);
    }
}
