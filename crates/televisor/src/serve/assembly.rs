//! Which part is given to which.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use televisor_clock::Clock;
use televisor_discovery::{Announcer, Service, service};
use televisor_guide::Guide;
use televisor_pairing::{Pairing, ReceiverInfo};
use televisor_reach::{Identity, Reach, link};
use televisor_receiver::{Parts, Receiver};
use televisor_server::{ArchiveConfig, Feature, Handle, Server, ServerParts};
use televisor_store::Database;
use televisor_tuner::Tuner;
use televisor_web::Web;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::accounts::HouseholdAccounts;
use super::answers::Answers;
use super::away::ways::Ways;
use super::backup::Backup;
use super::certificates::ShownCertificates;
use super::chat::Chat;
use super::files;
use super::ledger::HouseholdLedger;
use super::names::{self, ReceiverNames, Sources};
use super::nearby::{self, Nearby};
use super::notices::Teller;
use super::resident::ReceiverResident;
use super::screen;
use super::voice::Voice;
use super::web;
use crate::config::{Config, Loaded};
use crate::control::listener;
use crate::paths;
use crate::problem::Problem;

/// A receiver with every listener up.
pub(super) struct Assembly {
    receiver: Receiver,
    server: Handle,
    announcer: Announcer,
    pairing: Pairing,
    reach: Reach,
    ways: Ways,
    nearby: Nearby,
    control: std::path::PathBuf,
    _web: Web,
    /// Ended when dropped.
    _tasks: JoinSet<()>,
}

/// Puts the receiver together; returns when every listener is up.
pub(super) async fn put_together(loaded: Loaded) -> Result<Assembly, Problem> {
    let Loaded { config, data_dir, .. } = loaded;
    let clock = Clock::system();
    let first = ReceiverNames::first(&config);
    let db = open_database(&data_dir)?;
    let receiver = open_receiver(&config, &data_dir, db.clone(), clock.clone()).await?;
    let backup = Backup::new(db.clone(), &data_dir);
    let identity = identity(&data_dir, &first)?;
    let pairing = open_pairing(&config, &first, &receiver, &identity, &clock)?;
    let chat = Chat::new(&config, &receiver, &pairing, &identity);
    let resident = chat.resident();
    let (names, current_names) = watch::channel(first.clone());
    let mut tasks = JoinSet::new();
    let uploads = files::open(&config, &data_dir, (&db, &clock), &receiver, &mut tasks)?;
    let features = files::features(uploads.as_ref(), &current_names, Ports::of(&config).web);
    let accounts = HouseholdAccounts { receiver: receiver.clone(), pairing: pairing.clone() };
    let server =
        start_server(&config, &first, accounts, resident, &identity, (db, features), &clock)
            .await?;
    drop(chat.switches.server.set(server.clone()));
    let reach = start_reach(&config, &data_dir, &server, &identity, &clock);
    chat.switches.ways.set_reach(reach.state());

    let (hosts, host_names) = watch::channel(first.hosts());
    let display = chat.display();
    let ports = web::Parts {
        config: &config.web,
        display: &display,
        server: &server,
        uploads,
        names: host_names,
    };
    let web = web::open(ports, &identity).await?;
    let announcer = Announcer::start(config.discovery.clone(), link_identity(&first));

    chat.go_out(&config, &reach, &clock, &mut tasks)?;
    let ways = chat.switches.ways.clone();
    tasks.spawn(names::follow(
        first,
        Sources { link: announcer.names(), ways: ways.clone(), reach: reach.state() },
        names,
        hosts,
        server.clone(),
    ));
    tasks.spawn(announce(announcer.clone(), pairing.clone(), Ports::of(&config), receiver.clone()));
    tasks.spawn(screen::show(pairing.state(), clock, config.screen.command.clone()));
    spread_news(&chat, &pairing, &mut tasks);

    let neighbourhood = nearby::Parts {
        receiver: receiver.clone(),
        conversation: chat.conversation.clone(),
        household: chat.household.clone(),
        server: server.clone(),
        names: current_names.clone(),
    };
    let nearby = Nearby::start(&config, neighbourhood, &mut tasks).await?;
    let answers = Answers {
        receiver: receiver.clone(),
        display,
        server: server.clone(),
        names: current_names,
        web: web.addresses().iter().map(ToString::to_string).collect(),
        fingerprint: identity.fingerprint(),
        switches: chat.switches,
        nearby: nearby.clone(),
        backup,
    };
    let control = paths::control_socket(&data_dir);
    tasks.spawn(listener::serve(bind(&control)?, Arc::new(answers)));

    // Somebody may have just unpacked it.
    pairing.open_if_nobody_is_paired();
    Ok(Assembly {
        receiver,
        server,
        announcer,
        pairing,
        reach,
        ways,
        nearby,
        control,
        _web: web,
        _tasks: tasks,
    })
}

impl Assembly {
    /// Says goodbye on the network and to the world, shuts the door, ends the sessions, and leaves
    /// every recording on disk.
    pub(super) async fn take_down(self) {
        self.pairing.close();
        tokio::join!(
            self.announcer.shutdown(),
            self.server.shutdown(),
            self.receiver.shutdown(),
            self.reach.shutdown(),
            self.ways.shutdown(),
            self.nearby.shutdown(),
        );
        drop(std::fs::remove_file(&self.control));
    }
}

fn bind(control: &Path) -> Result<tokio::net::UnixListener, Problem> {
    listener::bind(control).map_err(|error| {
        Problem::failed(format!("cannot listen on {}: {error}", control.display()))
            .hint("a shorter --data-dir may help: the path of a socket has a limit")
    })
}

fn open_database(data_dir: &Path) -> Result<Database, Problem> {
    let mut parts = televisor_receiver::PARTS.to_vec();
    parts.push(televisor_server::PART);
    parts.push(televisor_uploads::PART);
    Database::open(&data_dir.join("household.db"), &parts)
        .map_err(|error| Problem::failed(error.to_string()))
}

async fn open_receiver(
    config: &Config,
    data_dir: &Path,
    db: Database,
    clock: Clock,
) -> Result<Receiver, Problem> {
    let guide_file = data_dir.join("guide.db");
    let guide = Guide::open(&guide_file, config.guide.clone(), clock.clone())
        .await
        .map_err(|error| Problem::failed(error.to_string()))?;
    let tuner = Tuner::open(config.tuner.clone()).await;
    let parts = Parts {
        config: televisor_receiver::Config {
            name: Some(config.friendly_name()),
            recordings: config.recordings.clone(),
        },
        data_dir: data_dir.to_path_buf(),
        db,
        guide,
        tuner,
        clock,
    };
    Receiver::open(parts).await.map_err(|error| Problem::failed(error.to_string()))
}

fn identity(data_dir: &Path, names: &ReceiverNames) -> Result<Identity, Problem> {
    let mut all = vec![names.domain.clone(), names.host.clone()];
    all.dedup();
    Identity::load_or_make(&data_dir.join("tls"), &all)
        .map_err(|error| Problem::failed(error.to_string()))
}

fn open_pairing(
    config: &Config,
    names: &ReceiverNames,
    receiver: &Receiver,
    identity: &Identity,
    clock: &Clock,
) -> Result<Pairing, Problem> {
    let ports = Ports::of(config);
    let info = ReceiverInfo {
        uuid: receiver.identity().uuid(),
        name: receiver.identity().name(),
        jid_domain: names.domain.clone(),
        xmpp_port: ports.xmpp,
        https_port: ports.web,
        certificate_sha256: identity.fingerprint(),
    };
    let ledger = Arc::new(HouseholdLedger { receiver: receiver.clone() });
    Pairing::new(config.pairing.clone(), info, ledger, clock.clone())
        .map_err(|error| Problem::failed(error.to_string()))
}

async fn start_server(
    config: &Config,
    names: &ReceiverNames,
    accounts: HouseholdAccounts,
    resident: ReceiverResident,
    identity: &Identity,
    (store, features): (Database, Vec<Box<dyn Feature>>),
    clock: &Clock,
) -> Result<Handle, Problem> {
    let parts = ServerParts {
        config: televisor_server::Config {
            listen: config.xmpp.listen.clone(),
            domain: names.domain.clone(),
            aliases: names.aliases(),
            federation: Some(config.federation.clone()).filter(|federation| federation.enabled),
            component: config.component.clone(),
            archive: ArchiveConfig {
                retention: config.xmpp.archive.0,
                bytes: config.xmpp.archive_size.0,
            },
            ..televisor_server::Config::default()
        },
        certificates: Arc::new(ShownCertificates(identity.clone())),
        accounts: Arc::new(accounts),
        residents: vec![Arc::new(resident)],
        store,
        clock: clock.clone(),
        on_link: Arc::new(|peer: SocketAddr, _| link::is_on_link(peer.ip())),
        features,
    };
    Server::start(parts).await.map_err(|error| Problem::failed(error.to_string()))
}

/// Asks for a way in from outside: to listeners that the outside can reach.
fn start_reach(
    config: &Config,
    data_dir: &Path,
    server: &Handle,
    identity: &Identity,
    clock: &Clock,
) -> Reach {
    let listens = |addresses: &[String]| {
        let mut all = addresses.iter().filter_map(|a| a.parse::<SocketAddr>().ok());
        all.find(|address| !address.ip().is_loopback()).map_or(0, |address| address.port())
    };
    let client = listens(&config.xmpp.listen);
    let federates = config.federation.enabled && config.component.is_none();
    // Servers are served on the clients' port as well.
    let server_port = match listens(&config.federation.listen) {
        _ if !federates => 0,
        0 => client,
        port => port,
    };
    let mut wanted = config.reach.clone();
    wanted.public_name = config.public_name();
    // Nothing to be reached, or somebody else's line: the router is left alone.
    wanted.enabled &= (client != 0 || server_port != 0) && !server.local_addrs().is_empty();
    let ports = televisor_reach::Ports { client, server: server_port };
    Reach::start(wanted, ports, &data_dir.join("tls"), identity.clone(), clock.clone())
}

fn link_identity(names: &ReceiverNames) -> televisor_discovery::Identity {
    televisor_discovery::Identity {
        name: names.instance.clone(),
        host_label: names.host.trim_end_matches(".local").to_owned(),
    }
}

/// The ports that the link is told of.
#[derive(Debug, Clone, Copy)]
struct Ports {
    xmpp: u16,
    web: u16,
}

impl Ports {
    fn of(config: &Config) -> Self {
        let port = |addresses: &[String], usual| {
            let first = addresses.iter().find_map(|a| a.parse::<SocketAddr>().ok());
            first.map_or(usual, |address| address.port())
        };
        Self { xmpp: port(&config.xmpp.listen, 5222), web: port(&config.web.listen, 8010) }
    }
}

/// Keeps what is announced in step with the pairing window.
async fn announce(announcer: Announcer, pairing: Pairing, ports: Ports, receiver: Receiver) {
    let uuid = receiver.identity().uuid().to_string();
    let mut states = pairing.state();
    let mut open = None;
    loop {
        let now_open = states.borrow_and_update().open_until.is_some();
        if open != Some(now_open) {
            let mut services = vec![
                Service::new(service::XMPP_SERVER, ports.xmpp),
                Service::new(service::XMPP_CLIENT, ports.xmpp).with("uuid", &uuid),
                Service::new(service::HTTP, ports.web).with("uuid", &uuid),
            ];
            if now_open {
                services.push(Service::remote_pairing(ports.web, &uuid, televisor_pairing::ROOT));
            }
            if announcer.set(services).await.is_err() {
                return;
            }
            open = Some(now_open);
        }
        if states.changed().await.is_err() {
            return;
        }
    }
}

/// Tells the household, and the server, what happens to it.
fn spread_news(chat: &Chat, pairing: &Pairing, tasks: &mut JoinSet<()>) {
    tasks.spawn(told_of_pairings(pairing.clone(), chat.voice.clone()));
    tasks.spawn(chat.household.clone().follow());
    tasks.spawn(Teller { voice: chat.voice.clone(), told: Vec::new() }.run());
}

async fn told_of_pairings(pairing: Pairing, voice: Voice) {
    let mut pairings = pairing.paired();
    while let Ok(paired) = pairings.recv().await {
        if let Some(device) = voice.receiver.household().device(paired.id) {
            Teller::paired(&voice, &device);
        }
    }
}
