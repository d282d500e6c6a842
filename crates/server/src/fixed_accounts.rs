//! Accounts that are known when the program starts: enough for examples, tests, and a server whose
//! people do not change.

use std::collections::BTreeMap;

use televisor_model::ScramKeys;
use televisor_xmpp::scram::{Hash, ScramError, derive_keys};

use crate::accounts::{Account, Accounts, BoxFuture, Peer, Refusal};

/// A fixed list of accounts, each let in from this machine and the link. They do not see each other
/// unless they ask (RFC 6121 section 3).
#[derive(Debug, Clone, Default)]
pub struct FixedAccounts {
    accounts: BTreeMap<String, Account>,
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
        let (sha1, sha256) = (keys(Hash::Sha1)?, keys(Hash::Sha256)?);
        let account = |name: N| account(name.into(), sha1.clone(), sha256.clone());
        let accounts = names.into_iter().map(account);
        Ok(Self { accounts: accounts.map(|a| (a.localpart.clone(), a)).collect() })
    }
}

/// RFC 7677 section 4: at least 4096.
const ITERATIONS: u32 = 4096;

fn account(localpart: String, scram_sha1: ScramKeys, scram_sha256: ScramKeys) -> Account {
    let name = localpart.clone();
    Account { localpart, name, scram_sha1, scram_sha256, has_logged_in: true }
}

impl Accounts for FixedAccounts {
    fn account(&self, localpart: &str) -> Option<Account> {
        self.accounts.get(localpart).cloned()
    }

    fn exists(&self, localpart: &str) -> bool {
        self.accounts.contains_key(localpart)
    }

    fn accounts(&self) -> Vec<Account> {
        self.accounts.values().cloned().collect()
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
