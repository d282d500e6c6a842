//! An endless, seamless loop of one clip: each time round, PCR, PTS and DTS go on from where they
//! were, and so do the continuity counters. For made-up broadcasters and for tests.

use std::collections::BTreeMap;
use std::time::Duration;

use super::packet::{PACKET_LEN, Packet, PacketMut, Pid};

/// Why a clip cannot be looped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClipError {
    /// It is not a whole number of packets that begin with the sync byte.
    #[error("the clip is no transport stream of 188-byte packets")]
    NotTransportStream,
    /// It has fewer than two PCRs, or they do not advance.
    #[error("the clip has no clock to pace it by (it needs two PCRs)")]
    NoClock,
}

/// Gives the packets of a clip for ever. Assumes a constant bit rate, as muxers of broadcasters give.
#[derive(Debug)]
pub struct Restamper {
    clip: Vec<u8>,
    /// How far the counters of each PID advance in one loop, modulo 16.
    advance: BTreeMap<Pid, u8>,
    /// Length of the clip in ticks of 90 kHz.
    length: u64,
    next: usize,
    round: u64,
}

impl Restamper {
    /// Takes a clip: aligned packets at a constant rate.
    ///
    /// # Errors
    /// [`ClipError`] if it is no transport stream, or cannot be paced.
    pub fn new(clip: Vec<u8>) -> Result<Self, ClipError> {
        let (packets, rest) = clip.as_chunks::<PACKET_LEN>();
        if packets.is_empty()
            || !rest.is_empty()
            || packets.iter().any(|p| Packet::new(p).is_none())
        {
            return Err(ClipError::NotTransportStream);
        }
        let mut advance: BTreeMap<Pid, u8> = BTreeMap::new();
        for packet in Packet::all(&clip).filter(|p| p.has_payload() && p.pid() != Pid::NULL) {
            let count = advance.entry(packet.pid()).or_default();
            *count = (*count + 1) & 0x0f;
        }
        let length = clip_length(&clip).ok_or(ClipError::NoClock)?;
        Ok(Self { clip, advance, length, next: 0, round: 0 })
    }

    /// Returns how long one loop takes.
    #[must_use]
    pub fn length(&self) -> Duration {
        ticks(self.length)
    }

    /// Returns how many packets one loop has.
    #[must_use]
    pub fn packets(&self) -> usize {
        self.clip.len() / PACKET_LEN
    }

    /// Returns when the next packet is due, counted from the first.
    #[must_use]
    pub fn due(&self) -> Duration {
        let count = u64::try_from(self.packets()).unwrap_or(u64::MAX).max(1);
        let next = u64::try_from(self.next).unwrap_or(0);
        let within = u128::from(self.length) * u128::from(next) / u128::from(count);
        ticks(self.round.saturating_mul(self.length).saturating_add(within.try_into().unwrap_or(0)))
    }

    /// Appends the next `count` packets to `out`.
    pub fn fill(&mut self, count: usize, out: &mut Vec<u8>) {
        for _ in 0..count {
            let Some(source) = self.clip.as_chunks::<PACKET_LEN>().0.get(self.next) else { return };
            let mut bytes = *source;
            if let Some(mut packet) = PacketMut::new(&mut bytes) {
                self.restamp(&mut packet);
            }
            out.extend_from_slice(&bytes);
            self.next += 1;
            if self.next == self.packets() {
                self.next = 0;
                self.round = self.round.wrapping_add(1);
            }
        }
    }

    fn restamp(&self, packet: &mut PacketMut<'_>) {
        let pid = packet.view().pid();
        if self.round == 0 || pid == Pid::NULL {
            return;
        }
        packet.shift_clocks(self.round.wrapping_mul(self.length));
        if let Some(advance) = self.advance.get(&pid) {
            let rounds = self.round.to_le_bytes()[0];
            let counter = packet.view().continuity();
            packet.set_continuity(counter.wrapping_add(advance.wrapping_mul(rounds)));
        }
    }
}

/// Works out the length from the first PID with a PCR: the span of its clock, stretched from its
/// first and last packet to the whole clip.
fn clip_length(clip: &[u8]) -> Option<u64> {
    let mut clocks = Packet::all(clip)
        .enumerate()
        .filter_map(|(at, packet)| Some((at, packet.pid(), packet.pcr()?)));
    let (first_at, pid, first) = clocks.next()?;
    let (last_at, _, last) = clocks.filter(|(_, other, _)| *other == pid).last()?;
    let span = last.wrapping_sub(first) & super::packet::CLOCK_MASK;
    let between = u64::try_from(last_at - first_at).ok().filter(|n| *n > 0)?;
    let all = u64::try_from(clip.len() / PACKET_LEN).ok()?;
    let length =
        (u128::from(span) * u128::from(all) + u128::from(between) / 2) / u128::from(between);
    u64::try_from(length).ok().filter(|length| *length > 0)
}

fn ticks(count: u64) -> Duration {
    Duration::from_nanos(u64::try_from(u128::from(count) * 100_000 / 9).unwrap_or(u64::MAX))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::ts::{Watcher, packet::CLOCK_MASK};

    /// Makes a video packet in which a PES packet begins.
    pub(crate) fn pes_packet(
        pid: u16,
        counter: u8,
        pcr: Option<u64>,
        pts: Option<u64>,
        dts: Option<u64>,
    ) -> [u8; PACKET_LEN] {
        let stamp = |mark: u8, v: u64| {
            let b = |shift: u32| ((v >> shift) & 0xff) as u8;
            [mark << 4 | (b(30) & 7) << 1 | 1, b(22), b(15) << 1 | 1, b(7), b(0) << 1 | 1]
        };
        let [high, low] = pid.to_be_bytes();
        let mut out = vec![SYNC_BYTE, 0x40 | high, low, 0x30 | counter & 15];
        match pcr {
            Some(pcr) => {
                out.extend([7, 0x10]);
                out.extend(&(pcr >> 1).to_be_bytes()[4..]);
                out.extend([if pcr & 1 == 1 { 0xfe } else { 0x7e }, 0]);
            }
            None => out.extend([1, 0]),
        }
        let flags = u8::from(pts.is_some()) << 7 | u8::from(dts.is_some()) << 6;
        out.extend([0, 0, 1, 0xe0, 0, 0, 0x80, flags, 10]);
        out.extend(pts.into_iter().flat_map(|v| stamp(3, v)));
        out.extend(dts.into_iter().flat_map(|v| stamp(1, v)));
        out.resize(PACKET_LEN, 0xaa);
        out.try_into().unwrap()
    }

    const SYNC_BYTE: u8 = 0x47;

    fn clip(packets: u64) -> Vec<u8> {
        (0..packets)
            .flat_map(|n| {
                let clock = CLOCK_MASK - 5_000 + n * 900;
                pes_packet(
                    256,
                    (n % 16) as u8,
                    Some(clock & CLOCK_MASK),
                    Some((clock + 9_000) & CLOCK_MASK),
                    None,
                )
            })
            .collect()
    }

    #[test]
    fn the_seam_of_the_loop_cannot_be_seen() {
        let mut endless = Restamper::new(clip(21)).unwrap();
        assert_eq!(endless.length().as_millis(), 210);
        let mut out = Vec::new();
        endless.fill(21 * 40, &mut out);
        let mut watcher = Watcher::default();
        watcher.watch(&out);
        assert_eq!(watcher.errors(), 0);
        let clocks: Vec<_> =
            Packet::all(&out).map(|p| (p.pcr().unwrap(), p.pts().unwrap())).collect();
        assert!(clocks.windows(2).all(|w| w[1].0.wrapping_sub(w[0].0) & CLOCK_MASK == 900));
        assert!(clocks.iter().all(|(pcr, pts)| pts.wrapping_sub(*pcr) & CLOCK_MASK == 9_000));
    }

    #[test]
    fn packets_are_due_at_the_clip_s_own_rate() {
        let mut endless = Restamper::new(clip(21)).unwrap();
        endless.fill(42, &mut Vec::new());
        assert_eq!(endless.due().as_millis(), 420);
    }

    #[test]
    fn a_clip_without_a_clock_is_refused() {
        assert_eq!(Restamper::new(vec![1; 188]).unwrap_err(), ClipError::NotTransportStream);
        let still = pes_packet(256, 0, None, None, None).to_vec();
        assert_eq!(Restamper::new(still).unwrap_err(), ClipError::NoClock);
    }
}
