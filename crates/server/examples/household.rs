//! A household's XMPP server in your own program. Log in on this machine as `ann`, passcode `04938261`.
use std::sync::Arc;

use televisor_server::{
    Account, Accounts, BoxFuture, Config, OneCertificate, Peer, Refusal, Server, ServerParts,
};
use televisor_xmpp::scram::{Hash, derive_keys};

struct Ann(Account);

impl Accounts for Ann {
    fn account(&self, localpart: &str) -> Option<Account> {
        (localpart == self.0.localpart).then(|| self.0.clone())
    }
    fn accounts(&self) -> Vec<Account> {
        vec![self.0.clone()]
    }
    fn admit(&self, _: &str, peer: &Peer) -> Result<(), Refusal> {
        if peer.on_link { Ok(()) } else { Err(Refusal::Elsewhere) }
    }
    fn logged_in<'a>(&'a self, _: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::temp_dir().join("household-example.db");
    let made = rcgen::generate_simple_self_signed(vec!["household.local".to_owned()])?;
    let key = rustls_pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der())?;
    let key = rustls::crypto::ring::sign::any_supported_type(&key)?;
    let key = rustls::sign::CertifiedKey::new(vec![made.cert.der().clone()], key);
    let certificates = Arc::new(OneCertificate(Arc::new(key)));
    let keys = |hash| derive_keys("04938261", b"sixteen bytes 16", 4096, hash);
    let (scram_sha1, scram_sha256) = (keys(Hash::Sha1)?, keys(Hash::Sha256)?);
    let (localpart, name) = ("ann".to_owned(), "Ann".to_owned());
    let ann = Account { localpart, name, scram_sha1, scram_sha256, has_logged_in: false };
    let store = televisor_store::Database::open(&file, &[televisor_server::PART])?;
    let config = Config { domain: "household.local".to_owned(), ..Config::default() };
    let clock = televisor_clock::Clock::system();
    let (accounts, on_link) = (Arc::new(Ann(ann)), Arc::new(|_, _| false));
    let (residents, features) = (Vec::new(), Vec::new());
    let parts =
        ServerParts { config, certificates, accounts, residents, store, clock, on_link, features };
    let server = Server::start(parts).await?;
    tokio::signal::ctrl_c().await?;
    server.shutdown().await;
    Ok(())
}
