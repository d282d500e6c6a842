//! A household of two, served over pipes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use televisor_clock::Clock;
use televisor_model::ScramKeys;
use televisor_server::{
    Account, Accounts, BoxFuture, Certificates, Config, Handle, Limits, OneCertificate, Peer,
    Refusal, Resident, Sender, Server, ServerParts,
};
use televisor_store::Database;
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::scram::{Hash, derive_keys};

use crate::client::Client;

pub(crate) const DOMAIN: &str = "test-set-top-box.local";
pub(crate) const ALIAS: &str = "Test\\20Set-top\\20Box";
pub(crate) const ANN: &str = "30146e8b-3ac4-44f3-9a1b-1c1f2d3e4f50";
pub(crate) const BOB: &str = "5f0c2f5e-52a0-4ff5-8f5e-0a1b2c3d4e5f";
pub(crate) const RESIDENT: &str = "7a1c1f60-0f5e-4c39-9b4e-3d2f1a0b9c8d";
pub(crate) const PASSCODE: &str = "04938261";

pub(crate) const LOOPBACK: &str = "127.0.0.1:40000";
pub(crate) const LAN: &str = "192.168.1.20:40000";

struct Silent;

impl Resident for Silent {
    fn localpart(&self) -> &str {
        RESIDENT
    }

    fn name(&self) -> String {
        "The receiver".to_owned()
    }

    fn receive(&self, _: Element, _: Sender) -> BoxFuture<'_, Vec<Element>> {
        Box::pin(std::future::ready(Vec::new()))
    }

    fn presence(&self) -> Element {
        Element::new("presence", ns::CLIENT)
    }
}

#[derive(Debug)]
struct Nothing;

impl Certificates for Nothing {
    fn for_name(&self, _: Option<&str>) -> Option<Arc<CertifiedKey>> {
        None
    }
}

#[derive(Default)]
pub(crate) struct People(Mutex<Vec<Account>>);

impl People {
    pub(crate) fn forget(&self, localpart: &str) {
        self.0.lock().unwrap().retain(|account| account.localpart != localpart);
    }
}

impl People {
    /// Gives an account other credentials for SCRAM-SHA-256.
    pub(crate) fn set_keys(&self, localpart: &str, keys: ScramKeys) {
        let mut accounts = self.0.lock().unwrap();
        let account = accounts.iter_mut().find(|account| account.localpart == localpart);
        account.unwrap().scram_sha256 = keys;
    }
}

impl Accounts for People {
    fn account(&self, localpart: &str) -> Option<Account> {
        self.accounts().into_iter().find(|account| account.localpart == localpart)
    }

    fn accounts(&self) -> Vec<Account> {
        self.0.lock().unwrap().clone()
    }

    fn admit(&self, _: &str, peer: &Peer) -> Result<(), Refusal> {
        if peer.on_link { Ok(()) } else { Err(Refusal::Elsewhere) }
    }

    fn logged_in<'a>(&'a self, _: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }
}

pub(crate) struct Household {
    pub(crate) server: Handle,
    pub(crate) people: Arc<People>,
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) clock: Clock,
    _folder: tempfile::TempDir,
}

impl Household {
    pub(crate) async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        Self::of(limits, Vec::new()).await
    }

    /// With a resident that answers nothing.
    pub(crate) async fn inhabited() -> Self {
        Self::of(Limits::default(), vec![Arc::new(Silent)]).await
    }

    /// Where there is no TLS.
    pub(crate) async fn without_certificate() -> Self {
        let (certificate, _) = certificate();
        Self::showing(certificate, Arc::new(Nothing), Limits::default(), Vec::new()).await
    }

    async fn of(limits: Limits, residents: Vec<Arc<dyn Resident>>) -> Self {
        let (certificate, tls) = certificate();
        Self::showing(certificate, Arc::new(tls), limits, residents).await
    }

    async fn showing(
        certificate: CertificateDer<'static>,
        tls: Arc<dyn Certificates>,
        limits: Limits,
        residents: Vec<Arc<dyn Resident>>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Database::open(&folder.path().join("x.db"), &[televisor_server::PART]).unwrap();
        let people = Arc::new(People(Mutex::new(vec![account(ANN), account(BOB)])));
        let clock = Clock::manual(&"2026-11-25T14:00[Europe/London]".parse().unwrap());
        let config = Config {
            listen: vec!["[::]:0".into()],
            domain: DOMAIN.into(),
            aliases: vec![ALIAS.into(), "192.168.1.2".into()],
            limits,
            ..Config::default()
        };
        let server = Server::start(ServerParts {
            config,
            certificates: tls,
            accounts: people.clone(),
            residents,
            store,
            clock: clock.clone(),
            on_link: Arc::new(|peer, _| peer.to_string() == LAN),
            features: Vec::new(),
        })
        .await
        .unwrap();
        Self { server, people, certificate, clock, _folder: folder }
    }

    /// A pipe from `addr` that holds `size` bytes each way.
    pub(crate) fn pipe(&self, addr: &str, size: usize) -> Client {
        let (ours, theirs) = tokio::io::duplex(size);
        let local: SocketAddr = "192.168.1.2:5222".parse().unwrap();
        assert!(self.server.serve(theirs, addr.parse().unwrap(), local, false));
        Client::new(ours, self.certificate.clone())
    }

    pub(crate) fn connect(&self, addr: &str) -> Client {
        self.pipe(addr, 64 * 1024)
    }

    /// A bound session, from this machine.
    pub(crate) async fn login(&self, localpart: &str, resource: &str) -> Client {
        let mut client = self.connect(LOOPBACK);
        client.login(DOMAIN, "SCRAM-SHA-256", localpart, PASSCODE).await;
        client.bind(resource).await;
        client
    }
}

fn account(localpart: &str) -> Account {
    let keys = |hash| derive_keys(PASSCODE, b"sixteen bytes 16", 4096, hash).unwrap();
    Account {
        localpart: localpart.into(),
        name: "A telephone".into(),
        scram_sha1: keys(Hash::Sha1),
        scram_sha256: keys(Hash::Sha256),
        has_logged_in: true,
    }
}

pub(crate) fn certificate() -> (CertificateDer<'static>, OneCertificate) {
    let made = rcgen::generate_simple_self_signed(vec![DOMAIN.to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let key = rustls::crypto::ring::sign::any_supported_type(&key).unwrap();
    let key = CertifiedKey::new(vec![certificate.clone()], key);
    (certificate, OneCertificate(Arc::new(key)))
}
