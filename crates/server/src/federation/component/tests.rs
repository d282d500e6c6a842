//! A component and a host server made of a listener and a parser.

use std::sync::Arc;
use std::time::Duration;

use televisor_clock::Clock;
use televisor_store::Database;
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::parser::{Limits as ParserLimits, StreamEvent};
use televisor_xmpp::stream::StreamHeader;
use televisor_xmpp::writer::write_stream_header;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{Component, Config, host, link};
use crate::accounts::{Account, Accounts, BoxFuture, Peer, Refusal};
use crate::alias::Aliases;
use crate::archive::{Archive, ArchiveConfig};
use crate::client_certificates::ClientCertificates;
use crate::clients::Clients;
use crate::context::{Context, Parts};
use crate::federation::Limits;
use crate::registry::Registry;
use crate::resident_lane::Lanes;
use crate::router::Router;
use crate::wire::{Wire, write};

const DOMAIN: &str = "tv1.example.org";
const CANONICAL: &str = "test-set-top-box.local";
const SECRET: &str = "between us";

/// Nobody.
struct NoAccounts;

impl Accounts for NoAccounts {
    fn account(&self, _: &str) -> Option<Account> {
        None
    }

    fn accounts(&self) -> Vec<Account> {
        Vec::new()
    }

    fn admit(&self, _: &str, _: &Peer) -> Result<(), Refusal> {
        Ok(())
    }

    fn logged_in<'a>(&'a self, _: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// A component that runs, and the port its host is to listen on.
struct Rig {
    component: Component,
    context: Context,
    listener: TcpListener,
    down: CancellationToken,
    folder: tempfile::TempDir,
}

impl Rig {
    async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    async fn with(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let secret_file = folder.path().join("secret");
        std::fs::write(&secret_file, format!("{SECRET}\n")).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let limits = Limits { first_pause: Duration::from_millis(5), ..limits };
        let config = Config { host, domain: DOMAIN.to_owned(), secret_file };
        let store = Database::open(&folder.path().join("x.db"), &[crate::PART]).unwrap();
        let accounts: Arc<dyn Accounts> = Arc::new(NoAccounts);
        let certificates = ClientCertificates::open(store.clone(), Arc::clone(&accounts));
        let clock = Clock::system();
        let archive = Archive::open(&store, clock.clone(), ArchiveConfig::OFF, &[0; 32]);
        let clients =
            Clients::open(store.clone(), Arc::clone(&accounts), Clock::system(), [0; 32]).await;
        let context = Context::new(Parts {
            archive: archive.await.unwrap(),
            blocklists: crate::blocklists::Blocklists::default(),
            certificates: certificates.await.unwrap(),
            clients: clients.unwrap(),
            accounts,
            residents: Vec::new(),
            store,
            clock,
            router: Router::default(),
            registry: Registry::new(Vec::new()).unwrap(),
            contact_addresses: Vec::new(),
            aliases: Aliases::new(CANONICAL, Vec::new()),
            lanes: Lanes::default(),
            federation: None,
            neighbours: crate::neighbour::Neighbours::default(),
            memory: crate::delivery::memory::Memory::default(),
            resumptions: crate::stream_management::resumption::Resumptions::default(),
            leftovers: crate::stream_management::unacknowledged::Leftovers::default(),
        });
        let component = Component::new(config, limits);
        let down = CancellationToken::new();
        Self { component, context, listener, down, folder }
    }

    fn run(&self) {
        let (component, context) = (self.component.clone(), self.context.clone());
        tokio::spawn(component.run(context, self.down.clone()));
    }

    /// Sends a message from the receiver to joe.
    fn send(&self, id: &str) {
        let message = Element::builder("message", ns::CLIENT)
            .attr("from", format!("receiver@{CANONICAL}"))
            .attr("to", "joe@example.org")
            .attr("id", id)
            .field("body", "hi")
            .build();
        self.component.send(&self.context, message).unwrap();
    }

    async fn accept(&self) -> Host {
        let (socket, _) = soon(self.listener.accept()).await.unwrap();
        Host::new(socket)
    }

    /// Accepts a connection and the handshake on it.
    async fn accept_component(&self) -> Host {
        let mut host = self.accept().await;
        host.greet().await;
        // printf 's-1between us' | sha1sum
        assert_eq!(host.element().await.text(), "2e94220cc83773ca83732d3e92b19c586c277a4d");
        host.say("<handshake/>").await;
        host
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.down.cancel();
    }
}

/// The host's side of one connection.
struct Host {
    reader: Wire<OwnedReadHalf>,
    writer: OwnedWriteHalf,
}

impl Host {
    fn new(socket: TcpStream) -> Self {
        let (reader, writer) = socket.into_split();
        Self { reader: Wire::new(reader, ParserLimits::AUTHENTICATED), writer }
    }

    /// Reads the component's header and answers it.
    async fn greet(&mut self) {
        let StreamEvent::Open(header) = soon(self.reader.event()).await.unwrap() else {
            panic!("no header")
        };
        assert_eq!(header.namespace, ns::COMPONENT_ACCEPT);
        assert_eq!(header.to.as_deref(), Some(DOMAIN));
        let answer = StreamHeader {
            namespace: ns::COMPONENT_ACCEPT.to_owned(),
            from: Some(DOMAIN.to_owned()),
            id: Some("s-1".to_owned()),
            ..StreamHeader::default()
        };
        let mut text = String::new();
        write_stream_header(&answer, &mut text);
        self.say(&text).await;
    }

    async fn say(&mut self, text: &str) {
        write(&mut self.writer, text.as_bytes()).await.unwrap();
    }

    async fn element(&mut self) -> Element {
        soon(self.reader.element()).await.unwrap()
    }

    /// Whether the component ends the stream.
    async fn is_left(&mut self) -> bool {
        soon(self.reader.event()).await.is_err()
    }
}

async fn soon<F: Future>(work: F) -> F::Output {
    timeout(Duration::from_secs(20), work).await.unwrap()
}

async fn until(mut done: impl FnMut() -> bool) {
    soon(async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_sent_goes_out_under_the_components_name() {
    let rig = Rig::new().await;
    rig.send("before");
    rig.run();
    let mut host = rig.accept_component().await;
    let message = host.element().await;
    assert!(message.is("message", ns::COMPONENT_ACCEPT), "{message:?}");
    assert_eq!(message.attr("from"), Some("receiver@tv1.example.org"));
    assert_eq!(message.child("body", ns::COMPONENT_ACCEPT).unwrap().text(), "hi");
    rig.send("after");
    assert_eq!(host.element().await.attr("id"), Some("after"));
    until(|| rig.component.connected()).await;
    assert_eq!(rig.component.queued(), 0);
}

#[tokio::test]
async fn a_refused_handshake_is_tried_again_and_nothing_is_lost() {
    let rig = Rig::new().await;
    rig.run();
    rig.send("waits");
    let mut host = rig.accept().await;
    host.greet().await;
    host.element().await;
    host.say(
        "<stream:error xmlns:stream='http://etherx.jabber.org/streams'>\
         <not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
    )
    .await;
    assert!(host.is_left().await);
    assert!(!rig.component.connected());
    let mut host = rig.accept_component().await;
    assert_eq!(host.element().await.attr("id"), Some("waits"));
}

#[tokio::test]
async fn a_new_secret_is_read_with_the_next_connection() {
    let rig = Rig::new().await;
    let secret = rig.folder.path().join("secret");
    std::fs::write(&secret, "mistyped").unwrap();
    rig.run();
    let mut host = rig.accept().await;
    host.greet().await;
    let wrong = host.element().await.text();
    std::fs::write(&secret, SECRET).unwrap();
    drop(host);
    let mut host = rig.accept().await;
    host.greet().await;
    assert_ne!(host.element().await.text(), wrong);
}

#[tokio::test]
async fn it_comes_back_when_the_host_was_away() {
    let rig = Rig::new().await;
    rig.run();
    let host = rig.accept_component().await;
    until(|| rig.component.connected()).await;
    drop(host);
    until(|| !rig.component.connected()).await;
    rig.send("meanwhile");
    let mut host = rig.accept_component().await;
    assert_eq!(host.element().await.attr("id"), Some("meanwhile"));
}

#[tokio::test]
async fn what_waits_too_long_is_taken_out_of_the_queue() {
    let wait_known = Duration::from_millis(20);
    let rig = Rig::with(Limits { wait_known, queue: 2, ..Limits::default() }).await;
    rig.send("1");
    rig.send("2");
    let third = Element::builder("message", ns::CLIENT).attr("to", "joe@example.org").build();
    assert!(rig.component.send(&rig.context, third).is_err());
    rig.run();
    until(|| rig.component.queued() == 0).await;
}

#[tokio::test]
async fn the_end_of_the_server_closes_the_stream() {
    let rig = Rig::new().await;
    rig.run();
    let mut host = rig.accept_component().await;
    until(|| rig.component.connected()).await;
    rig.send("last");
    rig.down.cancel();
    assert_eq!(host.element().await.attr("id"), Some("last"));
    assert!(host.is_left().await);
}

#[tokio::test]
async fn what_comes_in_is_ours_and_from_elsewhere_or_is_dropped() {
    let rig = Rig::new().await;
    let inward = |from: &str, to: &str| {
        let message = Element::builder("message", ns::COMPONENT_ACCEPT)
            .attr("from", from)
            .attr("to", to)
            .field("body", "hi")
            .build();
        link::inward(&rig.component, &rig.context, message)
    };
    let (domain, stanza) = inward("joe@Example.org/phone", "receiver@tv1.example.org").unwrap();
    assert_eq!(domain, "example.org");
    assert_eq!(stanza.attr("to"), Some("receiver@test-set-top-box.local"));
    assert!(stanza.has_child("body", ns::CLIENT), "{stanza:?}");
    for (from, to) in [
        ("receiver@tv1.example.org", "receiver@tv1.example.org"),
        ("console@test-set-top-box.local", "receiver@tv1.example.org"),
        ("joe@example.org", "receiver@test-set-top-box.local"),
        ("joe@example.org", "receiver@tv2.example.org"),
        ("@", "receiver@tv1.example.org"),
    ] {
        assert!(inward(from, to).is_none(), "{from} {to}");
    }
}

#[tokio::test]
async fn a_host_far_away_is_not_spoken_to() {
    let tried = host::connect("8.8.8.8:5275").await;
    assert!(matches!(tried, Err(link::Trouble::Far(_))));
}
