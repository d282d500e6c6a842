//! Archive ids: numbers in the order of time inside, and names that tell nothing outside.
//!
//! An id is the milliseconds since 1970 and a counter, so that a time is a range of ids. XEP-0313 section
//! 3 and XEP-0359 section 6 want ids that cannot be guessed and say nothing, so a name is the id under
//! a block cipher whose key never leaves the server: another one for each account, and no look-up.

use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

/// Bits below the milliseconds: a million messages in each.
const COUNTER: u32 = 20;

/// Where a message is in the archive: later ones are greater. Unique across accounts and restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ArchiveId(i64);

impl ArchiveId {
    /// Takes the number from the database.
    pub(crate) const fn new(number: i64) -> Self {
        Self(number)
    }

    /// Returns the first id of the millisecond `at`.
    pub(crate) fn first_at(at: Timestamp) -> Self {
        Self(at.as_millisecond().clamp(0, i64::MAX >> COUNTER) << COUNTER)
    }

    /// Returns the first id that is not before `at`, which may be within a millisecond.
    pub(crate) fn first_from(at: Timestamp) -> Self {
        let whole = at.subsec_nanosecond() % 1_000_000 == 0;
        let first = Self::first_at(at);
        if whole { first } else { Self(first.0.saturating_add(1 << COUNTER)) }
    }

    /// Returns the last id of the millisecond `at`.
    pub(crate) fn last_at(at: Timestamp) -> Self {
        Self(Self::first_at(at).0 | ((1 << COUNTER) - 1))
    }

    /// Returns the id after `self` for something that happens at `now`.
    pub(crate) fn next(self, now: Timestamp) -> Self {
        Self(Self::first_at(now).0.max(self.0.saturating_add(1)))
    }

    pub(crate) const fn number(self) -> i64 {
        self.0
    }

    /// Returns when it was given, to the millisecond.
    pub(crate) fn time(self) -> Timestamp {
        let since = Duration::from_millis(u64::try_from(self.0 >> COUNTER).unwrap_or(0));
        Timestamp::UNIX_EPOCH.checked_add(since).unwrap_or(Timestamp::MAX)
    }

    /// Returns [`ArchiveId::time`] as XEP-0082 writes it.
    pub(crate) fn stamp(self) -> String {
        self.time().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
    }
}

/// Turns ids into names and back.
#[derive(Clone)]
pub(crate) struct Names {
    key: [u32; 4],
}

impl Names {
    /// Makes the key from the server's secret.
    pub(crate) fn new(secret: &[u8; 32]) -> Self {
        let digest = Sha256::new().chain_update(b"archive ids").chain_update(secret).finalize();
        let word = |at: usize| {
            let bytes = digest.iter().skip(at).take(4);
            bytes.fold(0, |word, byte| (word << 8) | u32::from(*byte))
        };
        Self { key: [word(0), word(4), word(8), word(12)] }
    }

    /// Returns the name of an id in the archive of an account.
    pub(crate) fn name(&self, account: &str, id: ArchiveId) -> String {
        let block = u64::from_be_bytes(id.0.to_be_bytes());
        format!("{:016x}", self.cipher(account).encrypt(block))
    }

    /// Returns the id of a name in the archive of an account; `None` if it is no name.
    pub(crate) fn id(&self, account: &str, name: &str) -> Option<ArchiveId> {
        if name.len() != 16
            || !name.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        {
            return None;
        }
        let block = self.cipher(account).decrypt(u64::from_str_radix(name, 16).ok()?);
        i64::try_from(block).ok().map(ArchiveId)
    }

    fn cipher(&self, account: &str) -> Speck {
        let mark = account.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let [a, b, c, d] = self.key;
        let halves = halves(mark);
        Speck::new([a ^ halves.0, b ^ halves.1, c, d])
    }
}

/// Speck64/128, by Beaulieu and others, 2013: a block of 64 bits, a key of 128, 27 rounds.
struct Speck {
    rounds: [u32; ROUNDS],
}

const ROUNDS: usize = 27;

impl Speck {
    /// Takes the key, its most significant word first.
    fn new([c, b, a, first]: [u32; 4]) -> Self {
        let (mut key, mut others) = (first, [a, b, c]);
        let mut rounds = [0; ROUNDS];
        for (number, round) in (0_u32..).zip(rounds.iter_mut()) {
            *round = key;
            let [next, after, last] = others;
            let made = next.rotate_right(8).wrapping_add(key) ^ number;
            key = key.rotate_left(3) ^ made;
            others = [after, last, made];
        }
        Self { rounds }
    }

    fn encrypt(&self, block: u64) -> u64 {
        let (mut x, mut y) = halves(block);
        for round in self.rounds {
            x = x.rotate_right(8).wrapping_add(y) ^ round;
            y = y.rotate_left(3) ^ x;
        }
        (u64::from(x) << 32) | u64::from(y)
    }

    fn decrypt(&self, block: u64) -> u64 {
        let (mut x, mut y) = halves(block);
        for round in self.rounds.iter().rev() {
            y = (y ^ x).rotate_right(3);
            x = (x ^ round).wrapping_sub(y).rotate_left(8);
        }
        (u64::from(x) << 32) | u64::from(y)
    }
}

/// Returns the upper and the lower half.
#[expect(clippy::cast_possible_truncation, reason = "the halves are what is wanted")]
const fn halves(block: u64) -> (u32, u32) {
    ((block >> 32) as u32, block as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cipher_agrees_with_its_paper() {
        let speck = Speck::new([0x1b1a_1918, 0x1312_1110, 0x0b0a_0908, 0x0302_0100]);
        assert_eq!(speck.encrypt(0x3b72_6574_7475_432d), 0x8c6f_a548_454e_028b);
        assert_eq!(speck.decrypt(0x8c6f_a548_454e_028b), 0x3b72_6574_7475_432d);
    }

    #[test]
    fn a_name_leads_back_to_its_id_in_its_own_archive_only() {
        let names = Names::new(&[7; 32]);
        let id = ArchiveId::first_at("2026-11-29T20:00:00Z".parse().unwrap());
        let name = names.name("ann", id);
        assert_eq!(names.id("ann", &name), Some(id));
        assert_ne!(names.id("bob", &name), Some(id));
        assert_ne!(names.name("bob", id), name);
    }

    #[test]
    fn what_is_no_name_leads_nowhere() {
        let names = Names::new(&[7; 32]);
        for text in ["", "x", "28482-98726-73623", "+123456789abcdef", "ffffffffffffffff0"] {
            assert_eq!(names.id("ann", text), None);
        }
    }

    #[test]
    fn ids_rise_even_where_the_clock_falls() {
        let (early, late) = ("2026-11-29T20:00:00Z", "2026-11-29T20:00:01.5Z");
        let first = ArchiveId::new(0).next(late.parse().unwrap());
        let second = first.next(early.parse().unwrap());
        assert!(second > first);
        assert_eq!(second.stamp(), "2026-11-29T20:00:01.500Z");
        assert!(ArchiveId::last_at(late.parse().unwrap()) > second);
    }
}
