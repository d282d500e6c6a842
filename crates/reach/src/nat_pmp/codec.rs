//! The messages of NAT-PMP (RFC 6886, section 3).

use std::net::Ipv4Addr;

use crate::exchange::take;

const VERSION: u8 = 0;
const ADDRESS: u8 = 0;
const MAP_TCP: u8 = 2;
/// Set in the opcode of an answer.
const ANSWER: u8 = 128;

/// Asks for the router's outside address (section 3.2).
pub(crate) const ASK_ADDRESS: [u8; 2] = [VERSION, ADDRESS];

/// Asks for a TCP mapping (section 3.3). `lifetime` is in seconds; 0 deletes, and then `outside` is 0.
pub(crate) fn ask_mapping(ours: u16, outside: u16, lifetime: u32) -> Vec<u8> {
    let mut message = vec![VERSION, MAP_TCP, 0, 0];
    message.extend(ours.to_be_bytes());
    message.extend(outside.to_be_bytes());
    message.extend(lifetime.to_be_bytes());
    message
}

/// What a router says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Seconds since its mappings began (section 3.6).
    pub(crate) epoch: u32,
    pub(crate) said: Said,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// The outside address.
    Address(Ipv4Addr),
    /// A TCP mapping; `lifetime` in seconds is what it was granted for.
    Mapped { ours: u16, outside: u16, lifetime: u32 },
    /// No, to a question about the address or a mapping, or of a version it does not know.
    No { to: Question, because: Refusal },
}

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    Address,
    Mapping,
    /// Something we never ask by NAT-PMP: then it was a PCP message that was not understood.
    Else,
}

/// The result codes (section 3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("it speaks another version")]
    Version,
    #[error("it is not allowed to")]
    NotAuthorized,
    #[error("it is not connected")]
    NetworkFailure,
    #[error("it has no room for more")]
    OutOfResources,
    #[error("it does not know how")]
    Opcode,
    #[error("error {0}")]
    Other(u16),
}

impl Refusal {
    const fn of(code: u16) -> Self {
        match code {
            1 => Self::Version,
            2 => Self::NotAuthorized,
            3 => Self::NetworkFailure,
            4 => Self::OutOfResources,
            5 => Self::Opcode,
            other => Self::Other(other),
        }
    }
}

impl Answer {
    /// Reads an answer. `None`: it is none of NAT-PMP. Refusals may be 8 bytes long, or as long as
    /// what they refuse.
    pub(crate) fn read(mut data: &[u8]) -> Option<Self> {
        let [version, opcode] = take(&mut data)?;
        let code = u16::from_be_bytes(take(&mut data)?);
        let epoch = u32::from_be_bytes(take(&mut data)?);
        if version != VERSION || opcode < ANSWER {
            return None;
        }
        let question = opcode - ANSWER;
        let said = match (code, question) {
            (0, ADDRESS) => Said::Address(Ipv4Addr::from(take::<4>(&mut data)?)),
            (0, MAP_TCP) => Said::Mapped {
                ours: u16::from_be_bytes(take(&mut data)?),
                outside: u16::from_be_bytes(take(&mut data)?),
                lifetime: u32::from_be_bytes(take(&mut data)?),
            },
            (0, _) => return None,
            (code, question) => Said::No { to: Question::of(question), because: Refusal::of(code) },
        };
        Some(Self { epoch, said })
    }
}

impl Question {
    const fn of(opcode: u8) -> Self {
        match opcode {
            ADDRESS => Self::Address,
            MAP_TCP => Self::Mapping,
            _ => Self::Else,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_asked_for_in_twelve_bytes() {
        assert_eq!(
            ask_mapping(5222, 5222, 7200),
            [0, 2, 0, 0, 0x14, 0x66, 0x14, 0x66, 0, 0, 0x1c, 0x20]
        );
    }

    #[test]
    fn the_address_and_a_mapping_are_read() {
        let answer = Answer::read(&[0, 128, 0, 0, 0, 0, 0, 7, 11, 22, 33, 1]).unwrap();
        assert_eq!(answer.epoch, 7);
        assert_eq!(answer.said, Said::Address(Ipv4Addr::new(11, 22, 33, 1)));
        let mapped = [0, 130, 0, 0, 0, 0, 0, 7, 0x14, 0x66, 0x14, 0x67, 0, 0, 0, 60];
        let said = Said::Mapped { ours: 5222, outside: 5223, lifetime: 60 };
        assert_eq!(Answer::read(&mapped).unwrap().said, said);
    }

    #[test]
    fn every_result_code_is_read_from_eight_bytes() {
        for (code, because) in [
            (1, Refusal::Version),
            (2, Refusal::NotAuthorized),
            (3, Refusal::NetworkFailure),
            (4, Refusal::OutOfResources),
            (5, Refusal::Opcode),
            (9, Refusal::Other(9)),
        ] {
            let answer = Answer::read(&[0, 130, 0, code, 0, 0, 1, 0]).unwrap();
            assert_eq!(answer.epoch, 256);
            assert_eq!(answer.said, Said::No { to: Question::Mapping, because });
        }
    }

    #[test]
    fn what_is_cut_short_or_no_answer_is_nothing() {
        let whole = [0, 130, 0, 0, 0, 0, 0, 7, 0x14, 0x66, 0x14, 0x67, 0, 0, 0, 60];
        for length in 0..whole.len() {
            assert_eq!(Answer::read(&whole[..length]), None, "{length}");
        }
        assert_eq!(Answer::read(&[0, 2, 0, 0, 0, 0, 0, 7]), None);
        assert_eq!(Answer::read(&[2, 130, 0, 0, 0, 0, 0, 7]), None);
    }
}
