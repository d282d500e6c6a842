//! Who may log in, from where, and with what. The embedding program answers; nothing is kept here.

use std::fmt;
use std::net::SocketAddr;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use televisor_model::ScramKeys;

/// A boxed future, for traits that are used as objects.
pub type BoxFuture<'a, T> = futures_util::future::BoxFuture<'a, T>;

/// The household's accounts. Look-ups are from memory and cheap: they run on the async threads.
pub trait Accounts: Send + Sync {
    /// Returns the account with this localpart.
    fn account(&self, localpart: &str) -> Option<Account>;

    /// Whether there is an account with this localpart: asked for each stanza.
    fn exists(&self, localpart: &str) -> bool {
        self.account(localpart).is_some()
    }

    /// Returns every account.
    fn accounts(&self) -> Vec<Account>;

    /// Whether all accounts that have logged in once see each other without asking. Otherwise each
    /// asks the other, as RFC 6121 section 3 has it.
    fn are_household(&self) -> bool {
        true
    }

    /// Decides whether an account may log in from here; asked after the credentials were right.
    ///
    /// # Errors
    /// The [`Refusal`], which is all that the peer is told.
    fn admit(&self, localpart: &str, peer: &Peer) -> Result<(), Refusal>;

    /// Is told of each log-in; returns when that is on disk.
    fn logged_in<'a>(&'a self, localpart: &'a str) -> BoxFuture<'a, ()>;

    /// Whether an account may administer the others (XEP-0133).
    fn is_owner(&self, _localpart: &str) -> bool {
        false
    }

    /// Returns when an account logged in last, where that is known.
    fn last_login(&self, _localpart: &str) -> Option<Timestamp> {
        None
    }

    /// Makes room for another account, as the owner `by` wants it; returns what is to be done for it
    /// in words, or why there cannot be one.
    fn add<'a>(&'a self, _by: &'a str) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(std::future::ready(Err("accounts are not added here".to_owned())))
    }

    /// Removes an account, as the owner `by` wants it; returns why it cannot be, in words. Whoever
    /// does it also calls [`Handle::accounts_changed`](crate::Handle::accounts_changed).
    fn remove<'a>(
        &'a self,
        _localpart: &'a str,
        _by: &'a str,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(std::future::ready(Err("accounts are not removed here".to_owned())))
    }
}

/// One account: a localpart of the domain, and the means to check a claim to it.
#[derive(Debug, Clone)]
pub struct Account {
    /// The localpart, in its prepared form.
    pub localpart: String,
    /// What people call it.
    pub name: String,
    /// For SCRAM-SHA-1 and its `-PLUS`.
    pub scram_sha1: ScramKeys,
    /// For SCRAM-SHA-256, its `-PLUS`, and PLAIN.
    pub scram_sha256: ScramKeys,
    /// Whether it has ever logged in: only then do the others see it.
    pub has_logged_in: bool,
}

impl Account {
    /// Tells its credentials from those it may have later.
    pub(crate) fn credentials(&self) -> [u8; 32] {
        let keys = &self.scram_sha256;
        Sha256::new().chain_update(&keys.salt).chain_update(&keys.stored_key).finalize().into()
    }
}

/// The other end of a stream, and how it got here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub addr: SocketAddr,
    /// The address of ours that it reached.
    pub local: SocketAddr,
    /// Whether the stream is inside TLS.
    pub secure: bool,
    /// Whether it is on the same link as one of our interfaces.
    pub on_link: bool,
    /// Whether it is on this machine.
    pub loopback: bool,
}

/// Which side of the household's door somebody is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Locality {
    /// On this machine, or on a link of one of its interfaces.
    Lan,
    /// Anywhere else, accounts of other servers among them.
    Remote,
}

impl Peer {
    /// Returns which side of the door it is on.
    #[must_use]
    pub const fn locality(&self) -> Locality {
        if self.on_link || self.loopback { Locality::Lan } else { Locality::Remote }
    }
}

impl Locality {
    /// Returns the word for it in service discovery.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lan => "lan",
            Self::Remote => "remote",
        }
    }
}

/// Why an account with the right credentials may not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No such account, or none any more: told as `not-authorized`.
    Unknown,
    /// Not from this address: told as `not-authorized`, as a wrong password is.
    Elsewhere,
    /// Switched off: told as `account-disabled`.
    Disabled,
    /// Its credentials have run out: told as `credentials-expired`.
    Expired,
    /// Not now: told as `temporary-auth-failure`.
    Later,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "no such account",
            Self::Elsewhere => "not from this address",
            Self::Disabled => "the account is disabled",
            Self::Expired => "the credentials have expired",
            Self::Later => "not now",
        })
    }
}
