//! Starting the server: the names, the features, the listeners.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use televisor_clock::Clock;
use televisor_store::Database;
use televisor_xmpp::jid::Domain;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accounts::Accounts;
use crate::alias::Aliases;
use crate::archive::Archive;
use crate::blocklists::Blocklists;
use crate::certificates::{Certificates, Tls};
use crate::client_certificates::ClientCertificates;
use crate::clients::Clients;
use crate::config::{Config, Limits};
use crate::context::{Context, Parts};
use crate::delivery::memory::Memory;
use crate::error::Error;
use crate::feature::Feature;
use crate::federation::{self, Component, ComponentConfig, Federation};
use crate::gate::Gate;
use crate::handle::{Addresses, Handle};
use crate::http::Http;
use crate::listener::{self, Door};
use crate::neighbour::Neighbours;
use crate::registry::Registry;
use crate::resident::Resident;
use crate::resident_lane::Lanes;
use crate::router::Router;
use crate::server_secret;
use crate::stream_management::counted;
use crate::stream_management::resumption::Resumptions;
use crate::stream_management::unacknowledged::Leftovers;
use crate::throttle::Throttle;

/// What the embedding program puts in.
pub struct ServerParts {
    /// Names, addresses, limits.
    pub config: Config,
    /// What new streams show in TLS.
    pub certificates: Arc<dyn Certificates>,
    /// Who may log in.
    pub accounts: Arc<dyn Accounts>,
    /// Who lives in this process.
    pub residents: Vec<Arc<dyn Resident>>,
    /// Where rosters, vCards and offline messages are kept; opened with [`PART`](crate::PART).
    pub store: Database,
    /// The time.
    pub clock: Clock,
    /// Whether a peer (first) that reached this address of ours (second) is on the same link.
    pub on_link: OnLink,
    /// Features of the embedding program's own.
    pub features: Vec<Box<dyn Feature>>,
}

/// Tells whether a peer is on the same link: its address, and the one of ours that it reached.
pub type OnLink = Arc<dyn Fn(SocketAddr, SocketAddr) -> bool + Send + Sync>;

/// What every stream shares.
pub(crate) struct Shared {
    pub(crate) context: Context,
    pub(crate) limits: Limits,
    pub(crate) tls: Tls,
    pub(crate) on_link: OnLink,
    /// Streams of clients on their way in: from the link, and from outside.
    pub(crate) gate: Gate,
    pub(crate) outside: Gate,
    pub(crate) throttle: Throttle,
    /// Makes the salts of accounts that do not exist.
    pub(crate) secret: [u8; 32],
    /// Who serves HTTP where clients come in.
    pub(crate) http: OnceLock<Arc<dyn Http>>,
    pub(crate) down: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

/// The server.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Opens the listeners and serves until [`Handle::shutdown`]. Must run inside tokio.
    ///
    /// # Errors
    /// [`Error::Listen`], [`Error::Domain`], or [`Error::DuplicateClaim`].
    pub async fn start(parts: ServerParts) -> Result<Handle, Error> {
        let listen = parts.config.listen.clone();
        let federation = parts.config.federation.as_ref().filter(|federation| federation.enabled);
        let federation = federation.filter(|_| parts.config.component.is_none());
        let listen_servers = federation.map(|federation| federation.listen.clone());
        let listen_servers = listen_servers.unwrap_or_default();
        let opened = Opened::read(&parts).await?;
        let shared = Arc::new(Shared::new(parts, opened)?);
        // Every socket first: a server that cannot have them all serves nobody.
        let servers = open_for_servers(&listen_servers).await;
        let mut sockets = Vec::new();
        for address in &listen {
            sockets.extend(listener::open(address).await?);
        }
        let known = |sockets: &[TcpListener]| -> std::io::Result<Vec<SocketAddr>> {
            sockets.iter().map(TcpListener::local_addr).collect()
        };
        let addresses = known(&sockets)
            .and_then(|clients| Ok(Addresses { clients, servers: known(&servers)? }))
            .map_err(|source| Error::Listen { address: listen.join(", "), source })?;
        let clients = sockets.into_iter().map(|socket| (socket, Door::Clients));
        for (socket, door) in clients.chain(servers.into_iter().map(|s| (s, Door::Servers))) {
            shared.tasks.spawn(listener::run(Arc::clone(&shared), socket, door));
        }
        let context = &shared.context;
        if let Some(component) = context.federation().and_then(Federation::component) {
            shared.tasks.spawn(component.clone().run(context.clone(), shared.down.clone()));
        }
        shared.tasks.spawn(end_leftovers(Arc::clone(&shared)));
        Ok(Handle::start(shared, addresses))
    }
}

/// What is read of the database before anybody is let in.
struct Opened {
    secret: [u8; 32],
    certificates: ClientCertificates,
    archive: Archive,
    blocklists: Blocklists,
    clients: Clients,
    resumptions: Resumptions,
    leftovers: Leftovers,
}

impl Opened {
    async fn read(parts: &ServerParts) -> Result<Self, Error> {
        let (store, accounts, clock) = (&parts.store, &parts.accounts, &parts.clock);
        let secret = server_secret::load_or_make(store).await?;
        let archive = Archive::open(store, clock.clone(), parts.config.archive, &secret).await?;
        let clients =
            Clients::open(store.clone(), Arc::clone(accounts), clock.clone(), secret).await?;
        Ok(Self {
            certificates: ClientCertificates::open(store.clone(), Arc::clone(accounts)).await?,
            blocklists: Blocklists::open(store).await?,
            resumptions: Resumptions::after(counted::read(store).await?),
            leftovers: Leftovers::open(store).await?,
            secret,
            archive,
            clients,
        })
    }
}

/// Whoever was here before the server started may come back for as long as a session can be gone on
/// with; then what was sent to those who did not waits for others.
async fn end_leftovers(shared: Arc<Shared>) {
    tokio::select! {
        () = shared.down.cancelled() => {}
        () = tokio::time::sleep(shared.limits.resumption) => {
            shared.context.leftovers().over(&shared.context).await;
        }
    }
}

/// Opens what can be had: without it, other servers are still heard where clients are.
async fn open_for_servers(listen: &[String]) -> Vec<TcpListener> {
    let mut sockets = Vec::new();
    for address in listen {
        match listener::open(address).await {
            Ok(opened) => sockets.extend(opened),
            Err(error) => tracing::warn!(%error, "other servers cannot come in there"),
        }
    }
    sockets
}

impl Shared {
    fn new(parts: ServerParts, opened: Opened) -> Result<Self, Error> {
        let Opened { secret, certificates, archive, blocklists, clients, resumptions, leftovers } =
            opened;
        let config = parts.config;
        let domain = domain(&config.domain)?;
        let tls = Tls::new(parts.certificates)?;
        let (tasks, down) = (TaskTracker::new(), CancellationToken::new());
        let common = federation::Shared {
            limits: config.limits,
            tls: tls.clone(),
            tasks: tasks.clone(),
            down: down.clone(),
        };
        let federation = federation(config.federation, config.component, common)?;
        let off: &[&str] = if archive.is_on() { &[] } else { &["XEP-0313", "XEP-0441"] };
        let context = Context::new(Parts {
            accounts: parts.accounts,
            residents: parts.residents,
            store: parts.store,
            certificates,
            clients,
            clock: parts.clock,
            router: Router::default(),
            registry: Registry::without(off, parts.features)?,
            aliases: Aliases::new(domain.as_str(), config.aliases),
            contact_addresses: config.contact_addresses,
            lanes: Lanes::default(),
            federation,
            neighbours: Neighbours::default(),
            memory: Memory::default(),
            archive,
            resumptions,
            leftovers,
            blocklists,
        });
        Ok(Self {
            context,
            limits: config.limits,
            tls,
            on_link: parts.on_link,
            gate: Gate::new(config.limits.waiting, config.limits.waiting_per_address_on_link()),
            outside: Gate::new(config.limits.waiting, config.limits.waiting_per_address),
            throttle: Throttle::default(),
            secret,
            http: OnceLock::new(),
            down,
            tasks,
        })
    }
}

fn domain(name: &str) -> Result<Domain, Error> {
    name.parse().map_err(|_| Error::Domain { name: name.to_owned() })
}

/// A component needs no streams to other servers, and is there without them.
fn federation(
    config: Option<federation::Config>,
    component: Option<ComponentConfig>,
    common: federation::Shared,
) -> Result<Option<Federation>, Error> {
    let config = config.filter(|config| config.enabled);
    if config.is_none() && component.is_none() {
        return Ok(None);
    }
    let config = config.unwrap_or_default();
    let component = match component {
        Some(mut component) => {
            component.domain = domain(&component.domain)?.as_str().to_owned();
            Some(Component::new(component, config.limits))
        }
        None => None,
    };
    Federation::new(&config, component, common).map(Some)
}

impl fmt::Debug for ServerParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerParts").field("config", &self.config).finish_non_exhaustive()
    }
}
