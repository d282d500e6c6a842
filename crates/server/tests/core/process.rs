//! The server in a process of its own, to be stopped in every way there is, and started again.

use std::io::{BufRead as _, BufReader, Lines, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use televisor_clock::Clock;
use televisor_server::{Config, FixedAccounts, Limits, PART, Server, ServerParts};
use televisor_store::Database;
use tokio::net::TcpStream;

use crate::client::Client;
use crate::household::{DOMAIN, PASSCODE, certificate};

/// Tells this program to be the server, with its database in this folder.
const FOLDER: &str = "TELEVISOR_POWER_CUT_FOLDER";

/// Tells it how long a client may be gone, in milliseconds.
const RESUMPTION: &str = "TELEVISOR_POWER_CUT_RESUMPTION";

#[tokio::test]
async fn a_server_that_is_stopped() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let file = Path::new(&folder).join("household.db");
    let (_, certificate) = certificate();
    let mut limits = Limits::default();
    if let Ok(text) = std::env::var(RESUMPTION) {
        limits.resumption = Duration::from_millis(text.parse().unwrap());
    }
    let config = Config {
        limits,
        listen: vec!["127.0.0.1:0".to_owned()],
        domain: DOMAIN.to_owned(),
        ..Config::default()
    };
    let server = Server::start(ServerParts {
        config,
        certificates: Arc::new(certificate),
        accounts: Arc::new(
            FixedAccounts::new(["ann", "bob"], PASSCODE, b"sixteen bytes 16").unwrap(),
        ),
        residents: Vec::new(),
        store: Database::open(&file, &[PART]).unwrap(),
        clock: Clock::system(),
        on_link: Arc::new(|_, _| false),
        features: Vec::new(),
    })
    .await
    .unwrap();
    println!("listening {}", server.local_addrs()[0]);
    let told = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    told.await.unwrap().unwrap();
    server.shutdown().await;
}

/// The server's process.
pub(crate) struct Running {
    child: Child,
    address: String,
    /// Open until it ends: it has a last word to say.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Running {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::spawn(folder, &mut Command::new(std::env::current_exe().unwrap()))
    }

    /// Where a client may be gone for so long.
    pub(crate) fn start_impatient(folder: &Path, resumption: Duration) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        Self::spawn(folder, command.env(RESUMPTION, resumption.as_millis().to_string()))
    }

    fn spawn(folder: &Path, command: &mut Command) -> Self {
        let mut child = command
            .args(["--exact", "process::a_server_that_is_stopped", "--nocapture"])
            .env(FOLDER, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .find_map(|line| {
                let line = line.unwrap();
                let at = line.find("listening ")?;
                line.get(at + "listening ".len()..).map(str::to_owned)
            })
            .expect("the database opens, and the server starts");
        Self { child, address, _output: lines }
    }

    pub(crate) async fn connect(&self, user: &str) -> Client {
        let io = TcpStream::connect(&self.address).await.unwrap();
        io.set_nodelay(true).unwrap();
        let mut client = Client::new(io, CertificateDer::from(Vec::new()));
        client.login(DOMAIN, "SCRAM-SHA-256", user, PASSCODE).await;
        client
    }

    /// Ends it without a warning.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Has it shut down.
    pub(crate) fn stop(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}
