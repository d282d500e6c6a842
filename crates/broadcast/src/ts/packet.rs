//! One transport packet: ISO/IEC 13818-1 section 2.4.3.2 (header), 2.4.3.4 (adaptation field) and
//! 2.4.3.6 (the clocks of a PES header).
//!
//! A packet may be damaged: every accessor answers `None` where a field would lie outside of it.

/// The length of every packet.
pub const PACKET_LEN: usize = 188;

/// The first byte of every packet.
pub(crate) const SYNC: u8 = 0x47;

/// The 33 bits of PCR base, PTS and DTS.
pub const CLOCK_MASK: u64 = (1 << 33) - 1;

/// A packet identifier, 13 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pid(pub u16);

impl Pid {
    /// Stuffing.
    pub const NULL: Self = Self(0x1fff);
    /// The programme association table.
    pub const PAT: Self = Self(0);
    /// The service description table (EN 300 468 section 5.1.3).
    pub const SDT: Self = Self(0x11);
}

/// A programme clock reference: 33 bits at 90 kHz.
pub type Pcr = u64;

/// Reads one packet.
#[derive(Debug, Clone, Copy)]
pub struct Packet<'a>(&'a [u8; PACKET_LEN]);

impl<'a> Packet<'a> {
    /// Looks at `bytes` as a packet; `None` if they do not begin with the sync byte.
    #[must_use]
    pub fn new(bytes: &'a [u8; PACKET_LEN]) -> Option<Self> {
        (bytes[0] == SYNC).then_some(Self(bytes))
    }

    /// Splits aligned `bytes` into packets; damaged ones and a last part packet are left out.
    pub fn all(bytes: &'a [u8]) -> impl Iterator<Item = Self> {
        bytes.as_chunks::<PACKET_LEN>().0.iter().filter_map(Self::new)
    }

    /// Returns whose packet it is.
    #[must_use]
    pub fn pid(self) -> Pid {
        Pid(u16::from_be_bytes([self.0[1] & 0x1f, self.0[2]]))
    }

    /// Returns whether a PES packet or a section begins in it.
    #[must_use]
    pub fn starts_unit(self) -> bool {
        self.0[1] & 0x40 != 0
    }

    /// Returns whether the demodulator marked it as damaged.
    #[must_use]
    pub fn is_damaged(self) -> bool {
        self.0[1] & 0x80 != 0
    }

    /// Returns the continuity counter, 0 to 15.
    #[must_use]
    pub fn continuity(self) -> u8 {
        self.0[3] & 0x0f
    }

    /// Returns whether it carries a payload, which is what advances the continuity counter.
    #[must_use]
    pub fn has_payload(self) -> bool {
        self.0[3] & 0x10 != 0
    }

    /// Returns the adaptation field's flags, if it has any.
    fn adaptation_flags(self) -> Option<u8> {
        (self.0[3] & 0x20 != 0 && self.0[4] > 0).then_some(self.0[5])
    }

    /// Returns whether continuity or the clock may jump here.
    #[must_use]
    pub fn is_discontinuity(self) -> bool {
        self.adaptation_flags().is_some_and(|flags| flags & 0x80 != 0)
    }

    /// Returns whether decoding may begin here.
    #[must_use]
    pub fn is_random_access(self) -> bool {
        self.adaptation_flags().is_some_and(|flags| flags & 0x40 != 0)
    }

    /// Returns the programme clock reference's base, in units of 90 kHz.
    #[must_use]
    pub fn pcr(self) -> Option<Pcr> {
        let flags = self.adaptation_flags()?;
        (flags & 0x10 != 0 && self.0[4] >= 7).then(|| read_pcr(self.0))
    }

    /// Returns where the payload begins.
    fn payload_at(self) -> Option<usize> {
        let at = if self.0[3] & 0x20 != 0 { 5 + usize::from(self.0[4]) } else { 4 };
        (self.has_payload() && at < PACKET_LEN).then_some(at)
    }

    /// Returns the payload.
    #[must_use]
    pub fn payload(self) -> Option<&'a [u8]> {
        self.0.get(self.payload_at()?..)
    }

    /// Returns the presentation time of the PES packet that begins here, in units of 90 kHz.
    #[must_use]
    pub fn pts(self) -> Option<u64> {
        read_stamp(self.0, self.stamps()?.0?)
    }

    /// Returns the decoding time of the PES packet that begins here, in units of 90 kHz.
    #[must_use]
    pub fn dts(self) -> Option<u64> {
        read_stamp(self.0, self.stamps()?.1?)
    }

    /// Finds PTS and DTS: offsets of their five bytes.
    fn stamps(self) -> Option<(Option<usize>, Option<usize>)> {
        let at = self.payload_at().filter(|_| self.starts_unit())?;
        let &[0, 0, 1, stream_id, _, _, marker, flags, _] = self.0.get(at..at.checked_add(9)?)?
        else {
            return None;
        };
        // Section 2.4.3.6: these stream ids have no such header.
        if matches!(stream_id, 0xbc | 0xbe | 0xbf | 0xf0..=0xf2 | 0xf8 | 0xff)
            || marker & 0xc0 != 0x80
        {
            return None;
        }
        let fits = |from: usize| (from + 5 <= PACKET_LEN).then_some(from);
        let pts = if flags & 0x80 != 0 { fits(at + 9) } else { None };
        let dts = if flags & 0xc0 == 0xc0 { fits(at + 14) } else { None };
        Some((pts, dts))
    }
}

/// Changes one packet in place.
#[derive(Debug)]
pub struct PacketMut<'a>(&'a mut [u8; PACKET_LEN]);

impl<'a> PacketMut<'a> {
    /// Takes `bytes` as a packet; `None` if they do not begin with the sync byte.
    pub fn new(bytes: &'a mut [u8; PACKET_LEN]) -> Option<Self> {
        (bytes[0] == SYNC).then_some(Self(bytes))
    }

    /// Reads it.
    #[must_use]
    pub fn view(&self) -> Packet<'_> {
        Packet(self.0)
    }

    /// Sets the continuity counter, modulo 16.
    pub fn set_continuity(&mut self, counter: u8) {
        self.0[3] = (self.0[3] & 0xf0) | (counter & 0x0f);
    }

    /// Moves PCR, PTS and DTS, where there are any, by `ticks` of 90 kHz, modulo 2^33.
    pub fn shift_clocks(&mut self, ticks: u64) {
        if let Some(pcr) = self.view().pcr() {
            write_pcr(self.0, pcr.wrapping_add(ticks) & CLOCK_MASK);
        }
        let Some((pts, dts)) = self.view().stamps() else { return };
        for at in [pts, dts].into_iter().flatten() {
            if let Some(stamp) = read_stamp(self.0, at) {
                write_stamp(self.0, at, stamp.wrapping_add(ticks) & CLOCK_MASK);
            }
        }
    }
}

fn read_pcr(p: &[u8; PACKET_LEN]) -> Pcr {
    let high = u32::from_be_bytes([p[6], p[7], p[8], p[9]]);
    u64::from(high) << 1 | u64::from(p[10] >> 7)
}

fn write_pcr(p: &mut [u8; PACKET_LEN], pcr: Pcr) {
    let [.., a, b, c, d] = ((pcr & CLOCK_MASK) >> 1).to_be_bytes();
    p[6] = a;
    p[7] = b;
    p[8] = c;
    p[9] = d;
    p[10] = (p[10] & 0x7f) | if pcr & 1 == 1 { 0x80 } else { 0 };
}

fn read_stamp(p: &[u8; PACKET_LEN], at: usize) -> Option<u64> {
    let &[a, b, c, d, e] = p.get(at..at + 5)? else { return None };
    let [a, b, c, d, e] = [a, b, c, d, e].map(u64::from);
    Some((a >> 1 & 7) << 30 | b << 22 | (c >> 1) << 15 | d << 7 | e >> 1)
}

fn write_stamp(p: &mut [u8; PACKET_LEN], at: usize, stamp: u64) {
    let Some([a, b, c, d, e]) = p.get_mut(at..at + 5) else { return };
    let bits = |shift: u32| stamp.wrapping_shr(shift).to_le_bytes()[0];
    *a = (*a & 0xf1) | (bits(30) & 7) << 1;
    *b = bits(22);
    *c = bits(15) << 1 | 1;
    *d = bits(7);
    *e = bits(0) << 1 | 1;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ts::restamp::tests::pes_packet;

    #[test]
    fn clocks_survive_a_shift_round_the_33_bit_wrap() {
        let mut bytes =
            pes_packet(256, 0, Some(CLOCK_MASK - 10), Some(CLOCK_MASK - 5), Some(CLOCK_MASK - 8));
        PacketMut::new(&mut bytes).unwrap().shift_clocks(100);
        let packet = Packet::new(&bytes).unwrap();
        assert_eq!((packet.pcr(), packet.pts(), packet.dts()), (Some(89), Some(94), Some(91)));
    }

    #[test]
    fn an_adaptation_field_that_fills_the_packet_leaves_no_payload() {
        let mut bytes = [0xff; PACKET_LEN];
        bytes[..5].copy_from_slice(&[SYNC, 0x41, 0, 0x30, 255]);
        let packet = Packet::new(&bytes).unwrap();
        assert_eq!((packet.payload(), packet.pts()), (None, None));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_and_shifted_without_panic(mut bytes: [[u8; 4]; 47], ticks: u64) {
            bytes[0][0] = SYNC;
            let mut flat: [u8; PACKET_LEN] = bytes.as_flattened().try_into().unwrap();
            let mut packet = PacketMut::new(&mut flat).unwrap();
            packet.shift_clocks(ticks);
            let view = packet.view();
            let _ = (view.pid(), view.payload(), view.pcr(), view.is_discontinuity());
        }
    }
}
