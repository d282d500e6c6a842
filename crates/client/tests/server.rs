//! The SDK against the household's own server: TLS with the pinned certificate, and SCRAM bound to
//! the channel.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step fails the test"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use televisor_client::{Error, Options, Profile, Secret, Session, State};
use televisor_clock::Clock;
use televisor_server::{
    Account, Accounts, BoxFuture, Config, Handle, OneCertificate, PART, Peer, Refusal, Server,
    ServerParts,
};
use televisor_store::Database;
use televisor_xmpp::scram::{Hash, derive_keys};

const RECEIVER: &str = "30146e8b-0d1a-47b9-825d-bebd7c23acaf";
const DEVICE: &str = "0b9e7f4a-0000-4000-8000-000000000001";
const SECRET: &str = "correct horse battery staple";

struct OneDevice;

impl Accounts for OneDevice {
    fn account(&self, localpart: &str) -> Option<Account> {
        let keys = |hash| derive_keys(SECRET, b"0123456789abcdef", 4096, hash).unwrap();
        (localpart == DEVICE).then(|| Account {
            localpart: DEVICE.to_owned(),
            name: "phone".to_owned(),
            scram_sha1: keys(Hash::Sha1),
            scram_sha256: keys(Hash::Sha256),
            has_logged_in: true,
        })
    }

    fn accounts(&self) -> Vec<Account> {
        self.account(DEVICE).into_iter().collect()
    }

    fn admit(&self, _: &str, peer: &Peer) -> Result<(), Refusal> {
        if peer.secure { Ok(()) } else { Err(Refusal::Elsewhere) }
    }

    fn logged_in<'a>(&'a self, _: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async {})
    }
}

struct Rig {
    handle: Handle,
    profile: Profile,
    _folder: tempfile::TempDir,
}

async fn rig() -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let names = ["tv.local".to_owned()];
    let identity =
        televisor_reach::certificate::Identity::load_or_make(&folder.path().join("tls"), &names)
            .unwrap();
    let certificates = Arc::new(OneCertificate(identity.for_name(None)));
    let config = Config {
        listen: vec!["127.0.0.1:0".to_owned()],
        domain: "tv.local".to_owned(),
        ..Config::default()
    };
    let handle = Server::start(ServerParts {
        config,
        certificates,
        accounts: Arc::new(OneDevice),
        residents: Vec::new(),
        store: Database::open(&folder.path().join("household.db"), &[PART]).unwrap(),
        clock: Clock::system(),
        on_link: Arc::new(|_, _| true),
        features: Vec::new(),
    })
    .await
    .unwrap();
    let profile = Profile {
        receiver: RECEIVER.to_owned(),
        name: "Test Set-top Box".to_owned(),
        jid: format!("{DEVICE}@tv.local"),
        secret: Secret(SECRET.to_owned()),
        next_secret: None,
        certificate_sha256: Some(identity.fingerprint()),
        host: None,
        xmpp_port: 5222,
        https_port: 8010,
        addresses: handle.local_addrs().to_vec(),
        vcard_sent: BTreeMap::new(),
    };
    Rig { handle, profile, _folder: folder }
}

#[tokio::test]
async fn a_paired_device_logs_in_bound_to_the_channel() {
    let rig = rig().await;
    let session = Session::connect(rig.profile.clone(), Options::default()).await.unwrap();
    let State::Connected { jid } = session.state().borrow().clone() else { panic!("connected") };
    assert!(jid.starts_with(&format!("{DEVICE}@tv.local/")), "{jid}");
    assert!(rig.handle.connected(DEVICE));
    session.close().await;
    assert_eq!(*session.state().borrow(), State::Closed);
    rig.handle.shutdown().await;
}

#[tokio::test]
async fn another_certificate_than_the_pinned_one_is_refused() {
    let rig = rig().await;
    let mut profile = rig.profile.clone();
    profile.certificate_sha256 = Some("00".repeat(32));
    let refused = Session::connect(profile, Options::default()).await;
    assert!(matches!(refused, Err(Error::WrongCertificate)), "{refused:?}");
    rig.handle.shutdown().await;
}

#[tokio::test]
async fn a_wrong_secret_is_refused() {
    let rig = rig().await;
    let mut profile = rig.profile.clone();
    profile.secret = Secret("12345678".to_owned());
    let refused = Session::connect(profile, Options::default()).await;
    assert!(matches!(refused, Err(Error::Refused { .. })), "{refused:?}");
    rig.handle.shutdown().await;
}
