//! The receiver's nonces: made without being stored, told from forged ones by a signature, timed,
//! and never taken twice.
//!
//! A nonce is `kind | time | random | HMAC-SHA-256(key, kind | time | random | scope)[..16]` in
//! base64url. The key is made at start, so a nonce does not outlive the process: its device is told
//! `stale=true` and tries again without asking its person.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::random::{self, NoRandomness};

/// How long a nonce of the pairing itself is good for. It is good once.
const PAIRING: Duration = Duration::from_secs(60);
/// How long the nonce of a paired device is good for, with a rising `nc`.
const SESSION: Duration = Duration::from_secs(300);
/// Most nonces remembered as used. Only a right answer, or one of the ten wrong ones, is.
const REMEMBERED: usize = 1024;

const RANDOM: usize = 12;
const TAG: usize = 16;
const LENGTH: usize = 1 + 8 + RANDOM + TAG;

/// How long, and how often, a nonce may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// Once, within 60 s.
    Pairing,
    /// For 5 min, with a rising count.
    Session,
}

impl Lifetime {
    fn byte(self) -> u8 {
        match self {
            Self::Pairing => 1,
            Self::Session => 2,
        }
    }

    fn of_byte(byte: u8) -> Option<Self> {
        [Self::Pairing, Self::Session].into_iter().find(|l| l.byte() == byte)
    }

    fn duration(self) -> Duration {
        match self {
            Self::Pairing => PAIRING,
            Self::Session => SESSION,
        }
    }
}

/// What is to be thought of a nonce that came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may be used now.
    Good,
    /// Not ours, too old, used up, or its count did not rise: `stale=true`.
    Stale,
}

/// Makes nonces and remembers which were used. Times are since any fixed moment.
pub struct Nonces {
    key: [u8; 32],
    used: HashMap<[u8; RANDOM], Used>,
    /// Nonces from before this moment are stale: their use may have been forgotten.
    floor: Duration,
}

struct Used {
    made: Duration,
    nc: u32,
}

struct Read {
    lifetime: Lifetime,
    made: Duration,
    random: [u8; RANDOM],
}

impl Nonces {
    /// Makes a key.
    ///
    /// # Errors
    /// [`NoRandomness`] if there is none.
    pub fn new() -> Result<Self, NoRandomness> {
        Ok(Self { key: random::bytes()?, used: HashMap::new(), floor: Duration::ZERO })
    }

    /// Makes a nonce that is good for `scope` (the device's UUID) only.
    ///
    /// # Errors
    /// [`NoRandomness`] if there is none.
    pub fn make(
        &self,
        lifetime: Lifetime,
        scope: &[u8],
        now: Duration,
    ) -> Result<String, NoRandomness> {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.push(lifetime.byte());
        bytes.extend(u64::try_from(now.as_millis()).unwrap_or(u64::MAX).to_be_bytes());
        bytes.extend(random::bytes::<RANDOM>()?);
        let tag = self.tag(&bytes, scope);
        bytes.extend(tag);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Says whether `nonce` may be used for the `nc`th time now, without using it.
    #[must_use]
    pub fn standing(&self, nonce: &str, scope: &[u8], nc: u32, now: Duration) -> Standing {
        match self.read(nonce, scope) {
            Some(read) if self.is_good(&read, nc, now) => Standing::Good,
            _ => Standing::Stale,
        }
    }

    /// Uses `nonce` up to `nc`. Call it once the answer was checked, right or wrong.
    pub fn spend(&mut self, nonce: &str, scope: &[u8], nc: u32, now: Duration) {
        let Some(read) = self.read(nonce, scope) else { return };
        let nc = match read.lifetime {
            Lifetime::Pairing => u32::MAX,
            Lifetime::Session => nc,
        };
        let used = self.used.entry(read.random).or_insert(Used { made: read.made, nc });
        used.nc = used.nc.max(nc);
        if self.used.len() > REMEMBERED {
            self.forget(now);
        }
    }

    /// Forgets what is too old to matter; if that is not enough, the older half, and whatever was
    /// made before the youngest of it.
    fn forget(&mut self, now: Duration) {
        let oldest = now.saturating_sub(SESSION);
        self.used.retain(|_, used| used.made >= oldest);
        if self.used.len() > REMEMBERED {
            let mut times: Vec<_> = self.used.values().map(|used| used.made).collect();
            times.sort_unstable();
            self.floor = times.get(times.len() / 2).copied().unwrap_or(now);
            let floor = self.floor;
            self.used.retain(|_, used| used.made > floor);
        }
    }

    fn is_good(&self, read: &Read, nc: u32, now: Duration) -> bool {
        let is_new = self.used.get(&read.random).is_none_or(|used| nc > used.nc);
        let is_young = now.checked_sub(read.made).is_some_and(|age| age < read.lifetime.duration());
        let is_remembered = self.floor.is_zero() || read.made > self.floor;
        is_new && is_young && is_remembered
    }

    fn read(&self, nonce: &str, scope: &[u8]) -> Option<Read> {
        let bytes = URL_SAFE_NO_PAD.decode(nonce).ok().filter(|b| b.len() == LENGTH)?;
        let (signed, tag) = bytes.split_at_checked(LENGTH - TAG)?;
        if !bool::from(self.tag(signed, scope).ct_eq(tag)) {
            return None;
        }
        let (kind, rest) = signed.split_first()?;
        let (time, random) = rest.split_first_chunk::<8>()?;
        Some(Read {
            lifetime: Lifetime::of_byte(*kind)?,
            made: Duration::from_millis(u64::from_be_bytes(*time)),
            random: random.try_into().ok()?,
        })
    }

    fn tag(&self, signed: &[u8], scope: &[u8]) -> Vec<u8> {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return Vec::new() };
        mac.update(signed);
        mac.update(scope);
        mac.finalize().into_bytes().iter().copied().take(TAG).collect()
    }
}

impl fmt::Debug for Nonces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nonces").field("used", &self.used.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Duration = Duration::from_secs(1000);

    fn after(seconds: u64) -> Duration {
        START + Duration::from_secs(seconds)
    }

    #[test]
    fn a_pairing_nonce_is_good_once_within_a_minute() {
        let mut nonces = Nonces::new().unwrap();
        let nonce = nonces.make(Lifetime::Pairing, b"a", START).unwrap();
        assert_eq!(nonces.standing(&nonce, b"a", 1, after(59)), Standing::Good);
        assert_eq!(nonces.standing(&nonce, b"a", 1, after(60)), Standing::Stale);
        nonces.spend(&nonce, b"a", 1, after(1));
        assert_eq!(nonces.standing(&nonce, b"a", 2, after(2)), Standing::Stale);
    }

    #[test]
    fn a_session_nonce_is_good_for_five_minutes_while_its_count_rises() {
        let mut nonces = Nonces::new().unwrap();
        let nonce = nonces.make(Lifetime::Session, b"a", START).unwrap();
        nonces.spend(&nonce, b"a", 1, START);
        assert_eq!(nonces.standing(&nonce, b"a", 1, after(1)), Standing::Stale);
        assert_eq!(nonces.standing(&nonce, b"a", 2, after(299)), Standing::Good);
        nonces.spend(&nonce, b"a", 7, after(1));
        assert_eq!(nonces.standing(&nonce, b"a", 7, after(2)), Standing::Stale);
        assert_eq!(nonces.standing(&nonce, b"a", 8, after(300)), Standing::Stale);
    }

    #[test]
    fn a_nonce_for_another_device_or_receiver_is_stale() {
        let nonces = Nonces::new().unwrap();
        let nonce = nonces.make(Lifetime::Pairing, b"a", START).unwrap();
        assert_eq!(nonces.standing(&nonce, b"b", 1, START), Standing::Stale);
        assert_eq!(Nonces::new().unwrap().standing(&nonce, b"a", 1, START), Standing::Stale);
    }

    #[test]
    fn what_was_used_stays_used_however_many_there_are() {
        let mut nonces = Nonces::new().unwrap();
        let mut made = Vec::new();
        for tick in 0..3000 {
            let now = START + Duration::from_millis(tick);
            let nonce = nonces.make(Lifetime::Session, b"a", now).unwrap();
            nonces.spend(&nonce, b"a", 1, now);
            made.push(nonce);
        }
        assert!(nonces.used.len() <= REMEMBERED);
        for nonce in &made {
            assert_eq!(nonces.standing(nonce, b"a", 1, after(3)), Standing::Stale);
        }
        let fresh = nonces.make(Lifetime::Session, b"a", after(3)).unwrap();
        assert_eq!(nonces.standing(&fresh, b"a", 1, after(3)), Standing::Good);
    }

    proptest! {
        #[test]
        fn a_forged_nonce_is_stale(text in "[A-Za-z0-9_=-]{0,60}") {
            let nonces = Nonces::new().unwrap();
            prop_assert_eq!(nonces.standing(&text, b"a", 1, START), Standing::Stale);
        }
    }
}
