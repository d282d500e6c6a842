//! Accounts that are known when the program starts: enough for examples, tests, and a server whose
//! people do not change.

use std::collections::HashSet;

use televisor_model::ScramKeys;
use televisor_xmpp::scram::{Hash, ScramError, derive_keys};

use crate::accounts::{Account, Accounts, BoxFuture, Peer, Refusal};

/// A fixed list of accounts, each let in from this machine and the link. They do not see each other
/// unless they ask (RFC 6121 section 3).
#[derive(Debug, Clone)]
pub struct FixedAccounts {
    names: HashSet<Box<str>>,
    scram_sha1: ScramKeys,
    scram_sha256: ScramKeys,
}

impl FixedAccounts {
    /// Makes accounts that all have the same password: deriving its keys is slow on purpose, and done
    /// once. `salt` is to be random wherever the passwords matter.
    ///
    /// # Errors
    /// A password that SCRAM cannot prepare (RFC 4013).
    pub fn new<N: Into<String>>(
        names: impl IntoIterator<Item = N>,
        password: &str,
        salt: &[u8],
    ) -> Result<Self, ScramError> {
        let keys = |hash| derive_keys(password, salt, ITERATIONS, hash);
        let names = names.into_iter().map(|name| name.into().into()).collect();
        Ok(Self { names, scram_sha1: keys(Hash::Sha1)?, scram_sha256: keys(Hash::Sha256)? })
    }

    fn named(&self, name: &str) -> Account {
        Account {
            localpart: name.to_owned(),
            name: name.to_owned(),
            scram_sha1: self.scram_sha1.clone(),
            scram_sha256: self.scram_sha256.clone(),
            has_logged_in: true,
        }
    }
}

/// RFC 7677 section 4: at least 4096.
const ITERATIONS: u32 = 4096;

impl Accounts for FixedAccounts {
    fn account(&self, localpart: &str) -> Option<Account> {
        self.exists(localpart).then(|| self.named(localpart))
    }

    fn exists(&self, localpart: &str) -> bool {
        self.names.contains(localpart)
    }

    fn accounts(&self) -> Vec<Account> {
        let mut accounts: Vec<_> = self.names.iter().map(|name| self.named(name)).collect();
        accounts.sort_by(|a, b| a.localpart.cmp(&b.localpart));
        accounts
    }

    fn are_household(&self) -> bool {
        false
    }

    fn admit(&self, _: &str, peer: &Peer) -> Result<(), Refusal> {
        if peer.on_link { Ok(()) } else { Err(Refusal::Elsewhere) }
    }

    fn logged_in<'a>(&'a self, _: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }
}
