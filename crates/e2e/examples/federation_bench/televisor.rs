//! Two Televisor servers: this program again, in another role.

use std::future::ready;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::CertifiedKey;
use televisor_clock::Clock;
use televisor_server::federation::{Config as Federation, Limits};
use televisor_server::{
    Account, Accounts, BoxFuture, Config, OneCertificate, Peer, Refusal, Server as XmppServer,
    ServerParts,
};
use televisor_store::Database;
use televisor_xmpp::scram::{Hash, derive_keys};

use crate::pair::{PASSWORD, Pair, RECEIVER, SENDER, Server};

/// The first word on the command line of a server.
pub(crate) const ROLE: &str = "serve";

pub(crate) fn start(folder: &Path) -> Pair {
    let servers = ["127.0.1.1", "127.0.1.2"].map(|domain| launch(&folder.join(domain), domain));
    Pair { name: "Televisor", servers: servers.map(Server::ready) }
}

fn launch(folder: &Path, domain: &str) -> Server {
    std::fs::create_dir_all(folder).unwrap();
    let log = std::fs::File::create(folder.join("log")).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([ROLE, domain])
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    Server { domain: domain.to_owned(), host: host(domain), child }
}

/// The canonical name of the server at `domain`.
fn host(domain: &str) -> String {
    format!("bench-{}.local", domain.replace('.', "-"))
}

/// Serves until it is killed.
#[tokio::main]
pub(crate) async fn serve(domain: &str, folder: &Path) {
    let made = rcgen::generate_simple_self_signed(vec![domain.to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let key = any_supported_type(&key).unwrap();
    let key = CertifiedKey::new(vec![made.cert.der().clone()], key);
    // A household's limit on what one domain may send is what is not to be measured.
    let limits = Limits { rate: 1_000_000, burst: 1_000_000, ..Limits::default() };
    let federation =
        Federation { listen: vec![format!("{domain}:5269")], limits, ..Federation::default() };
    let config = Config {
        listen: vec![format!("{domain}:5222")],
        domain: host(domain),
        federation: Some(federation),
        ..Config::default()
    };
    let server = XmppServer::start(ServerParts {
        config,
        certificates: Arc::new(OneCertificate(Arc::new(key))),
        accounts: Arc::new(People([SENDER, RECEIVER].map(account))),
        residents: Vec::new(),
        store: Database::open(&folder.join("bench.db"), &[televisor_server::PART]).unwrap(),
        clock: Clock::system(),
        on_link: Arc::new(|_: SocketAddr, _: SocketAddr| true),
        features: Vec::new(),
    });
    let server = server.await.unwrap();
    server.set_public_name(Some(domain.to_owned()));
    println!("ready");
    std::future::pending::<()>().await;
}

struct People([Account; 2]);

impl Accounts for People {
    fn account(&self, localpart: &str) -> Option<Account> {
        self.0.iter().find(|account| account.localpart == localpart).cloned()
    }

    fn accounts(&self) -> Vec<Account> {
        self.0.to_vec()
    }

    fn admit(&self, _: &str, _: &Peer) -> Result<(), Refusal> {
        Ok(())
    }

    fn logged_in<'a>(&'a self, _: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(ready(()))
    }
}

fn account(localpart: &str) -> Account {
    let keys = |hash| derive_keys(PASSWORD, b"sixteen bytes 16", 4096, hash).unwrap();
    Account {
        localpart: localpart.to_owned(),
        name: localpart.to_owned(),
        scram_sha1: keys(Hash::Sha1),
        scram_sha256: keys(Hash::Sha256),
        has_logged_in: true,
    }
}
