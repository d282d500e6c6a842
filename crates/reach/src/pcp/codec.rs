//! The messages of PCP (RFC 6887, sections 7, 11, 13.2 and 14.1).

use std::net::{IpAddr, Ipv6Addr};

use crate::exchange::take;

const VERSION: u8 = 2;
const ANNOUNCE: u8 = 0;
const MAP: u8 = 1;
/// Set in the opcode of an answer.
const ANSWER: u8 = 128;
/// The number of TCP among the protocols.
const TCP: u8 = 6;
/// Rather nothing than another port (section 13.2): code, reserved, length 0.
const PREFER_FAILURE: [u8; 4] = [2, 0, 0, 0];

/// By which a mapping is known as ours.
pub(crate) type Nonce = [u8; 12];

/// Asks whether anybody speaks PCP, and since when (section 14.1.1).
pub(crate) fn ask_announce(own: IpAddr) -> Vec<u8> {
    header(ANNOUNCE, 0, own)
}

/// Asks for a TCP mapping (section 11.1).
#[derive(Debug, Clone, Copy)]
pub(crate) struct AskMapping {
    /// The address the question comes from.
    pub(crate) own: IpAddr,
    pub(crate) nonce: Nonce,
    pub(crate) ours: u16,
    /// The port wished for.
    pub(crate) outside: u16,
    /// The address wished for; unspecified: any.
    pub(crate) address: IpAddr,
    /// Seconds; 0 deletes.
    pub(crate) lifetime: u32,
    /// No other port will do.
    pub(crate) exactly: bool,
}

impl AskMapping {
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut message = header(MAP, self.lifetime, self.own);
        message.extend(self.nonce);
        message.extend([TCP, 0, 0, 0]);
        message.extend(self.ours.to_be_bytes());
        message.extend(self.outside.to_be_bytes());
        message.extend(sixteen(self.address));
        if self.exactly {
            message.extend(PREFER_FAILURE);
        }
        message
    }
}

fn header(opcode: u8, lifetime: u32, own: IpAddr) -> Vec<u8> {
    let mut message = vec![VERSION, opcode, 0, 0];
    message.extend(lifetime.to_be_bytes());
    message.extend(sixteen(own));
    message
}

/// Every address takes 16 bytes, IPv4 as `::ffff:a.b.c.d` (section 5).
const fn sixteen(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    }
}

/// What a router says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Seconds since its mappings began (section 8.5).
    pub(crate) epoch: u32,
    /// Seconds: how long the mapping is granted for, or how long the refusal holds.
    pub(crate) lifetime: u32,
    pub(crate) said: Said,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// That it is there.
    Here,
    /// A TCP mapping.
    Mapped { nonce: Nonce, ours: u16, outside: u16, address: IpAddr },
    /// No; with the nonce, where the question had one and it came back.
    No { nonce: Option<Nonce>, because: Refusal },
}

/// The result codes (section 7.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("it speaks another version")]
    Version,
    #[error("it is not allowed to")]
    NotAuthorized,
    #[error("it found the question malformed")]
    MalformedRequest,
    #[error("it does not know how")]
    Opcode,
    #[error("it does not know that option")]
    Option,
    #[error("it found the option malformed")]
    MalformedOption,
    #[error("it is not connected")]
    NetworkFailure,
    #[error("it has no room for more")]
    NoResources,
    #[error("it does not know TCP")]
    Protocol,
    #[error("this device has as many ports as it may have")]
    Quota,
    #[error("the port is taken")]
    CannotProvideExternal,
    #[error("there is another router in between")]
    AddressMismatch,
    #[error("too many peers")]
    ExcessiveRemotePeers,
    #[error("error {0}")]
    Other(u8),
}

impl Refusal {
    const fn of(code: u8) -> Self {
        match code {
            1 => Self::Version,
            2 => Self::NotAuthorized,
            3 => Self::MalformedRequest,
            4 => Self::Opcode,
            5 => Self::Option,
            6 => Self::MalformedOption,
            7 => Self::NetworkFailure,
            8 => Self::NoResources,
            9 => Self::Protocol,
            10 => Self::Quota,
            11 => Self::CannotProvideExternal,
            12 => Self::AddressMismatch,
            13 => Self::ExcessiveRemotePeers,
            other => Self::Other(other),
        }
    }
}

impl Answer {
    /// Reads an answer. `None`: it is none of PCP.
    pub(crate) fn read(mut data: &[u8]) -> Option<Self> {
        let [version, opcode, _, code] = take(&mut data)?;
        let lifetime = u32::from_be_bytes(take(&mut data)?);
        let epoch = u32::from_be_bytes(take(&mut data)?);
        let _reserved: [u8; 12] = take(&mut data)?;
        if version != VERSION || opcode < ANSWER {
            return None;
        }
        let said = match (code, opcode - ANSWER) {
            (0, ANNOUNCE) => Said::Here,
            (0, MAP) => mapped(&mut data)?,
            (0, _) => return None,
            (code, _) => Said::No { nonce: take(&mut data), because: Refusal::of(code) },
        };
        Some(Self { epoch, lifetime, said })
    }
}

fn mapped(data: &mut &[u8]) -> Option<Said> {
    let nonce = take(data)?;
    let [protocol, _, _, _] = take(data)?;
    let ours = u16::from_be_bytes(take(data)?);
    let outside = u16::from_be_bytes(take(data)?);
    let address = IpAddr::from(Ipv6Addr::from(take::<16>(data)?)).to_canonical();
    (protocol == TCP).then_some(Said::Mapped { nonce, ours, outside, address })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: Nonce = *b"abcdefghijkl";

    fn asked(exactly: bool) -> Vec<u8> {
        AskMapping {
            own: "192.168.77.10".parse().unwrap(),
            nonce: NONCE,
            ours: 5269,
            outside: 5269,
            address: "0.0.0.0".parse().unwrap(),
            lifetime: 1200,
            exactly,
        }
        .write()
    }

    /// What a router makes of a question.
    fn answered(code: u8, lifetime: u32, outside: u16) -> Vec<u8> {
        let mut answer = vec![2, 129, 0, code];
        answer.extend(lifetime.to_be_bytes());
        answer.extend(99_u32.to_be_bytes());
        answer.extend([0; 12]);
        answer.extend(NONCE);
        answer.extend([6, 0, 0, 0]);
        answer.extend(5269_u16.to_be_bytes());
        answer.extend(outside.to_be_bytes());
        answer.extend(sixteen("11.22.33.1".parse().unwrap()));
        answer
    }

    #[test]
    fn a_mapping_is_asked_for_in_sixty_bytes_and_four_for_the_option() {
        let question = asked(false);
        assert_eq!(question.len(), 60);
        assert_eq!(question[..8], [2, 1, 0, 0, 0, 0, 4, 0xb0]);
        assert_eq!(question[18..24], [0xff, 0xff, 192, 168, 77, 10]);
        assert_eq!(question[24..36], NONCE);
        assert_eq!(question[36..44], [6, 0, 0, 0, 0x14, 0x95, 0x14, 0x95]);
        assert_eq!(question[54..60], [0xff, 0xff, 0, 0, 0, 0]);
        assert_eq!(asked(true)[60..], [2, 0, 0, 0]);
    }

    #[test]
    fn a_mapping_is_read() {
        let answer = Answer::read(&answered(0, 1200, 5269)).unwrap();
        let address = "11.22.33.1".parse().unwrap();
        assert_eq!((answer.epoch, answer.lifetime), (99, 1200));
        let said = Said::Mapped { nonce: NONCE, ours: 5269, outside: 5269, address };
        assert_eq!(answer.said, said);
    }

    #[test]
    fn every_result_code_is_told_apart_and_says_how_long_it_holds() {
        let mut seen = std::collections::BTreeSet::new();
        for code in 1..=14 {
            let answer = Answer::read(&answered(code, 30, 0)).unwrap();
            assert_eq!(answer.lifetime, 30);
            let Said::No { nonce, because } = answer.said else { panic!("{code}") };
            assert_eq!(nonce, Some(NONCE));
            seen.insert(because.to_string());
        }
        assert_eq!(seen.len(), 14);
        // A refusal that is nothing but a header.
        let short = Answer::read(&answered(4, 30, 0)[..24]).unwrap();
        assert_eq!(short.said, Said::No { nonce: None, because: Refusal::Opcode });
    }

    #[test]
    fn an_announcement_is_read() {
        let mut answer = vec![2, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3];
        answer.extend([0; 12]);
        assert_eq!(Answer::read(&answer), Some(Answer { epoch: 3, lifetime: 0, said: Said::Here }));
    }

    #[test]
    fn what_is_cut_short_or_no_answer_is_nothing() {
        let whole = answered(0, 1200, 5269);
        for length in 0..whole.len() {
            assert_eq!(Answer::read(&whole[..length]), None, "{length}");
        }
        assert_eq!(Answer::read(&asked(false)), None);
        // NAT-PMP's "unsupported version".
        assert_eq!(Answer::read(&[0, 128, 0, 1, 0, 0, 0, 7]), None);
    }
}
