//! Finds packet borders in a stream of bytes, and finds them again after damage.

use std::mem;

use super::packet::{PACKET_LEN, SYNC};

/// Sync bytes in a row that count as found.
const CONFIRM: usize = 3;

/// Takes bytes as they come, gives whole packets.
#[derive(Debug, Default)]
pub struct Aligner {
    buffer: Vec<u8>,
    synced: bool,
    skipped: u64,
}

impl Aligner {
    /// Adds `bytes` and takes out every whole packet there is now; the length is a multiple of 188.
    ///
    /// Keeps less than [`CONFIRM`] packets back.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.buffer.extend_from_slice(bytes);
        let mut out = Vec::new();
        let mut at = 0;
        loop {
            if !self.synced {
                let Some(skip) = find(self.buffer.get(at..).unwrap_or_default()) else {
                    // Keep what may still turn out to be the beginning of a packet.
                    let keep = (PACKET_LEN * CONFIRM).min(self.buffer.len() - at);
                    let skip = self.buffer.len() - at - keep;
                    self.skipped = self.skipped.saturating_add(skip.try_into().unwrap_or(0));
                    at += skip;
                    break;
                };
                self.skipped = self.skipped.saturating_add(skip.try_into().unwrap_or(0));
                at += skip;
                self.synced = true;
            }
            let rest = self.buffer.get(at..).unwrap_or_default();
            let good =
                rest.chunks_exact(PACKET_LEN).take_while(|p| p.first() == Some(&SYNC)).count();
            out.extend_from_slice(rest.get(..good * PACKET_LEN).unwrap_or_default());
            at += good * PACKET_LEN;
            if self.buffer.len() - at < PACKET_LEN {
                break;
            }
            self.synced = false;
        }
        self.buffer.drain(..at);
        out
    }

    /// Returns how many bytes were no part of a packet since the last call.
    pub fn take_skipped(&mut self) -> u64 {
        mem::take(&mut self.skipped)
    }

    /// Forgets a part packet, as when the source was opened anew.
    pub fn reset(&mut self) {
        self.buffer.clear();
        self.synced = false;
    }
}

/// Finds the first place from which [`CONFIRM`] packets follow each other.
fn find(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(PACKET_LEN * (CONFIRM - 1) + 1)?;
    (0..=last).find(|at| (0..CONFIRM).all(|n| bytes.get(at + n * PACKET_LEN) == Some(&SYNC)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packets(count: usize) -> Vec<u8> {
        let mut packet = [0; PACKET_LEN];
        packet[0] = SYNC;
        packet.repeat(count)
    }

    #[test]
    fn bytes_that_come_one_by_one_give_whole_packets() {
        let mut aligner = Aligner::default();
        let mut out = Vec::new();
        for byte in packets(5) {
            out.extend(aligner.push(&[byte]));
        }
        assert_eq!(out.len(), 5 * PACKET_LEN);
    }

    #[test]
    fn rubbish_before_and_between_packets_is_skipped_and_counted() {
        let mut aligner = Aligner::default();
        let mut stream = vec![SYNC; 10];
        stream[3..].fill(0);
        stream.extend(packets(4));
        stream.extend([1, 2, 3]);
        stream.extend(packets(4));
        let out = aligner.push(&stream);
        assert_eq!(out.len(), 8 * PACKET_LEN);
        assert_eq!(aligner.take_skipped(), 13);
    }

    #[test]
    fn endless_rubbish_is_not_kept() {
        let mut aligner = Aligner::default();
        for _ in 0..100 {
            assert!(aligner.push(&[0; 1000]).is_empty());
        }
        assert!(aligner.buffer.len() <= PACKET_LEN * CONFIRM);
    }
}
