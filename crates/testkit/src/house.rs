//! A server on this machine, with the accounts a conversation names.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

use crate::resident::Puppet;
use crate::script::Script;
use anyhow::Context as _;
use rustls::sign::CertifiedKey;
use televisor_clock::Clock;
use televisor_server::{
    Account, Accounts, ArchiveConfig, BoxFuture, Certificates, Config, Handle, HttpUpload, NoSlot,
    Peer, Refusal, Resident, Server, ServerParts, Slot, SlotRequest, Slots,
};
use televisor_store::Database;
use televisor_xmpp::scram::{Hash, derive_keys};

/// The domain of every conversation.
pub(crate) const DOMAIN: &str = "house.example";

/// The password of every account.
pub(crate) const PASSWORD: &str = "04938261";

struct People {
    accounts: RwLock<Vec<Account>>,
    owners: Vec<String>,
    household: bool,
}

impl People {
    fn all(&self) -> Vec<Account> {
        self.accounts.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Accounts for People {
    fn account(&self, localpart: &str) -> Option<Account> {
        self.all().into_iter().find(|account| account.localpart == localpart)
    }

    fn accounts(&self) -> Vec<Account> {
        self.all()
    }

    fn are_household(&self) -> bool {
        self.household
    }

    fn admit(&self, _: &str, _: &Peer) -> Result<(), Refusal> {
        Ok(())
    }

    fn logged_in<'a>(&'a self, _: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }

    fn is_owner(&self, localpart: &str) -> bool {
        self.owners.iter().any(|owner| owner == localpart)
    }

    fn add<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(std::future::ready(Ok("Knock at the door.".to_owned())))
    }

    fn remove<'a>(&'a self, localpart: &'a str, _: &'a str) -> BoxFuture<'a, Result<(), String>> {
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        accounts.retain(|account| account.localpart != localpart);
        Box::pin(std::future::ready(Ok(())))
    }
}

/// A running server with its files.
pub(crate) struct House {
    pub(crate) server: Handle,
    pub(crate) address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl House {
    /// Starts a server for these accounts, and this resident.
    pub(crate) async fn open(script: &Script, resident: Option<Puppet>) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let store = Database::open(&folder.path().join("house.db"), &[televisor_server::PART])?;
        let accounts = accounts(&script.accounts)?;
        let config = Config {
            listen: vec!["127.0.0.1:0".to_owned()],
            domain: DOMAIN.to_owned(),
            archive: if script.archive { ArchiveConfig::default() } else { ArchiveConfig::OFF },
            ..Config::default()
        };
        let residents = resident.map(|puppet| Arc::new(puppet) as Arc<dyn Resident>);
        let residents = residents.into_iter().collect();
        let server = Server::start(ServerParts {
            config,
            certificates: Arc::new(NoCertificate),
            accounts: Arc::new(People {
                accounts: RwLock::new(accounts),
                owners: script.owners.clone(),
                household: script.household,
            }),
            residents,
            store,
            clock: Clock::system(),
            on_link: Arc::new(|_, _| false),
            features: vec![Box::new(HttpUpload(Arc::new(Shelf)))],
        })
        .await?;
        let address = *server.local_addrs().first().context("the server does not listen")?;
        Ok(Self { server, address, _folder: folder })
    }

    /// Ends every stream and stops.
    pub(crate) async fn close(self) {
        self.server.shutdown().await;
    }
}

fn accounts(localparts: &[String]) -> anyhow::Result<Vec<Account>> {
    let keys = |hash| derive_keys(PASSWORD, b"sixteen bytes 16", 4096, hash);
    let (scram_sha1, scram_sha256) = (keys(Hash::Sha1)?, keys(Hash::Sha256)?);
    let account = |localpart: &String| Account {
        localpart: localpart.clone(),
        name: format!("{localpart}'s telephone"),
        scram_sha1: scram_sha1.clone(),
        scram_sha256: scram_sha256.clone(),
        has_logged_in: true,
    };
    Ok(localparts.iter().map(account).collect())
}

/// Keeps no files, and says what somebody who does would.
struct Shelf;

impl Slots for Shelf {
    fn max_file_size(&self) -> u64 {
        1000
    }

    fn slot<'a>(&'a self, wanted: SlotRequest<'a>) -> BoxFuture<'a, Result<Slot, NoSlot>> {
        let slot = if wanted.size > self.max_file_size() {
            Err(NoSlot::TooLarge { most: self.max_file_size() })
        } else if wanted.filename == "one-too-many.jpg" {
            let again = "2026-03-01T12:00:00Z".parse().unwrap_or_default();
            Err(NoSlot::Full { again })
        } else {
            let url = |verb| format!("https://{}/{verb}/{}", wanted.host, wanted.filename);
            Ok(Slot { put: url("put"), get: url("get") })
        };
        Box::pin(std::future::ready(slot))
    }
}

/// On this machine streams need no TLS, so there is no certificate.
#[derive(Debug)]
struct NoCertificate;

impl Certificates for NoCertificate {
    fn for_name(&self, _: Option<&str>) -> Option<Arc<CertifiedKey>> {
        None
    }
}
