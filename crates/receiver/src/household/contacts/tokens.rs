//! Invitations that approve by themselves (XEP-0379): 144 bits, used once, good for ten minutes.
//!
//! They live in memory, as digests only: a restart ends them, and looking one up says nothing about
//! the others by the time it takes.

use std::collections::HashMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use televisor_model::Role;

use super::ContactError;

/// How long a token is good for.
const LIFE: SignedDuration = SignedDuration::from_mins(10);
/// Tokens at any time; the oldest makes room.
const MOST: usize = 8;

/// A token to be shown or sent to whoever is to come in.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The secret: 24 characters of `A-Z a-z 0-9 - _`.
    pub token: String,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// What its bearer becomes.
    pub role: Role,
}

impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invitation").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// What is known of a token besides itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) role: Role,
    pub(super) made_by: String,
    expires_at: Timestamp,
}

/// The tokens that are good now.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    held: HashMap<[u8; 32], Held>,
}

impl Tokens {
    /// Makes one in the name of `made_by`.
    pub(super) fn make(
        &mut self,
        role: Role,
        made_by: &str,
        now: Timestamp,
    ) -> Result<Invitation, ContactError> {
        let mut bytes = [0; 18];
        getrandom::fill(&mut bytes).map_err(|_| ContactError::NoRandomness)?;
        let token = BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let expires_at = now.saturating_add(LIFE).unwrap_or(now);
        self.drop_old(now);
        if self.held.len() >= MOST {
            let oldest = self.held.iter().min_by_key(|(_, held)| held.expires_at);
            if let Some(oldest) = oldest.map(|(digest, _)| *digest) {
                self.held.remove(&oldest);
            }
        }
        self.held.insert(digest(&token), Held { role, made_by: made_by.to_owned(), expires_at });
        Ok(Invitation { token, expires_at, role })
    }

    /// Uses one up.
    pub(super) fn redeem(&mut self, token: &str, now: Timestamp) -> Result<Held, ContactError> {
        self.drop_old(now);
        self.held.remove(&digest(token)).ok_or(ContactError::DeadToken)
    }

    /// Returns whether one is still good.
    pub(super) fn is_live(&self, token: &str, now: Timestamp) -> bool {
        self.held.get(&digest(token)).is_some_and(|held| now < held.expires_at)
    }

    /// Ends all of them.
    pub(super) fn clear(&mut self) {
        self.held.clear();
    }

    fn drop_old(&mut self, now: Timestamp) {
        self.held.retain(|_, held| now < held.expires_at);
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
