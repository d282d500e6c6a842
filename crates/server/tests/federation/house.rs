//! A server with one resident, reachable by other servers at an address of its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use televisor_clock::Clock;
use televisor_server::federation;
use televisor_server::{
    Account, Accounts, BoxFuture, Config, Handle, OneCertificate, Peer, Refusal, Resident, Sender,
    Server, ServerParts,
};
use televisor_store::Database;
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;

use crate::certificates::self_signed;

/// The resident of every house.
pub(crate) const RESIDENT: &str = "tv";

/// Returns an address of this machine that no other test uses. Port 5269 is free there.
pub(crate) fn address() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let process = std::process::id();
    format!("127.{}.{}.{}", 100 + process % 100, (process / 100) % 250, number)
}

/// What a house is like.
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) certificate: OneCertificate,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) listen: Vec<String>,
    pub(crate) limits: federation::Limits,
}

impl Plan {
    /// A house at an address, with a certificate that nobody vouches for.
    pub(crate) fn at(name: &str) -> Self {
        let limits = federation::Limits {
            first_pause: Duration::from_millis(50),
            last_pause: Duration::from_millis(200),
            ..federation::Limits::default()
        };
        Self {
            name: name.to_owned(),
            certificate: self_signed(name),
            ca_file: None,
            listen: vec![format!("{name}:5269")],
            limits,
        }
    }
}

struct NoAccounts;

impl Accounts for NoAccounts {
    fn account(&self, _: &str) -> Option<Account> {
        None
    }

    fn accounts(&self) -> Vec<Account> {
        Vec::new()
    }

    fn admit(&self, _: &str, _: &Peer) -> Result<(), Refusal> {
        Err(Refusal::Unknown)
    }

    fn logged_in<'a>(&'a self, _: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// Hands on what it hears, and answers a question.
struct Listener(mpsc::UnboundedSender<Element>);

impl Resident for Listener {
    fn localpart(&self) -> &str {
        RESIDENT
    }

    fn name(&self) -> String {
        "Television".into()
    }

    fn receive(&self, stanza: Element, _: Sender) -> BoxFuture<'_, Vec<Element>> {
        let body = body(&stanza);
        self.0.send(stanza).unwrap();
        let asked = body.as_deref().and_then(|body| body.strip_suffix('?'));
        let answers = asked.map(|asked| {
            Element::builder("message", ns::CLIENT)
                .field("body", format!("you asked: {asked}"))
                .build()
        });
        Box::pin(std::future::ready(answers.into_iter().collect()))
    }

    fn presence(&self) -> Element {
        Element::new("presence", ns::CLIENT)
    }
}

/// A running server.
pub(crate) struct House {
    pub(crate) name: String,
    pub(crate) server: Handle,
    heard: Mutex<mpsc::UnboundedReceiver<Element>>,
    _folder: tempfile::TempDir,
}

impl House {
    pub(crate) async fn build(plan: Plan) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Database::open(&folder.path().join("x.db"), &[televisor_server::PART]).unwrap();
        let (tell, heard) = mpsc::unbounded_channel();
        let federation = federation::Config {
            listen: plan.listen,
            ca_file: plan.ca_file,
            limits: plan.limits,
            ..federation::Config::default()
        };
        let config = Config {
            listen: vec!["127.0.0.1:0".into()],
            domain: "television.local".into(),
            federation: Some(federation),
            ..Config::default()
        };
        let server = Server::start(ServerParts {
            config,
            certificates: Arc::new(plan.certificate),
            accounts: Arc::new(NoAccounts),
            residents: vec![Arc::new(Listener(tell))],
            store,
            clock: Clock::system(),
            on_link: Arc::new(|_, _| false),
            features: Vec::new(),
        })
        .await
        .unwrap();
        server.set_public_name(Some(plan.name.clone()));
        Self { name: plan.name, server, heard: Mutex::new(heard), _folder: folder }
    }

    pub(crate) fn resident(&self) -> String {
        format!("{RESIDENT}@{}", self.name)
    }

    /// Says something to an address elsewhere.
    pub(crate) fn say(&self, to: &str, id: &str, body: &str) {
        let message = Element::builder("message", ns::CLIENT)
            .attr("to", to)
            .attr("id", id)
            .attr("type", "chat")
            .field("body", body);
        self.server.send(RESIDENT, message.build());
    }

    /// Waits for the next stanza that the resident hears.
    pub(crate) async fn hears(&self) -> Element {
        let heard = async { self.heard.lock().await.recv().await.unwrap() };
        timeout(Duration::from_secs(20), heard).await.expect("nothing was heard")
    }

    pub(crate) async fn hears_body(&self) -> String {
        body(&self.hears().await).unwrap_or_default()
    }

    /// Whether nothing more was heard so far.
    pub(crate) async fn heard_no_more(&self) -> bool {
        self.heard.lock().await.try_recv().is_err()
    }
}

fn body(stanza: &Element) -> Option<String> {
    stanza.child("body", ns::CLIENT).map(Element::text)
}
