//! Keeps the receiver's services announced, all under one instance name and one host name.
//!
//! A round is one daemon under one pair of names: ask who is there, register, watch. A conflict,
//! or a new name, ends the round with goodbyes and begins the next. Left out: noticing that two
//! networks with the same receiver name have been joined after both had announced (RFC 6762
//! section 9); the daemon defends its records but does not report it.

use std::collections::HashSet;
use std::time::Duration;

use mdns_sd::{DaemonEvent, ServiceInfo};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::{debug, info, warn};

use crate::config::Config;
use crate::error::Error;
use crate::name::{Identity, Names};
use crate::responder::Responder;
use crate::service::{HTTP, REMOTE_PAIRING, Service, XMPP_CLIENT, XMPP_SERVER};
use crate::survey;

/// Commands waiting for the worker; they come from one receiver, one at a time.
const COMMANDS: usize = 16;
/// How long [`Announcer::shutdown`] waits for the goodbyes.
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(4);
/// How long to wait before multicast is tried again when it could not be had.
const RETRY: Duration = Duration::from_secs(30);
/// Withdrawing one service makes the daemon say goodbye to the host's addresses too, twice within
/// 120 ms. The others are announced again after this long, within the second that RFC 6762 section
/// 10.1 leaves for the rescue.
const RESCUE: Duration = Duration::from_millis(250);

/// A handle to the announcing worker. When the last one is dropped, goodbyes are sent.
#[derive(Debug, Clone)]
pub struct Announcer {
    commands: mpsc::Sender<Command>,
    names: watch::Receiver<Names>,
}

#[derive(Debug)]
enum Command {
    Set(Vec<Service>),
    Rename(Identity),
    Shutdown(oneshot::Sender<()>),
}

impl Announcer {
    /// Starts announcing nothing yet under the names of `identity`; [`Announcer::set`] says what.
    /// Must be called inside a Tokio runtime. When discovery is disabled, or multicast cannot be
    /// had, everything works but nobody hears it.
    #[must_use]
    pub fn start(config: Config, identity: Identity) -> Self {
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let (publish, names) = watch::channel(identity.numbered(1));
        let worker = Worker {
            config,
            identity,
            services: Vec::new(),
            last_number: None,
            inbox,
            names: publish,
        };
        tokio::spawn(worker.run());
        Self { commands, names }
    }

    /// Announces exactly these services from now on: new ones are added, changed ones updated,
    /// the others withdrawn.
    ///
    /// # Errors
    /// [`Error::Ended`] after the shutdown.
    pub async fn set(&self, services: Vec<Service>) -> Result<(), Error> {
        self.commands.send(Command::Set(services)).await.map_err(|_| Error::Ended)
    }

    /// Changes the name under which everything is announced.
    ///
    /// # Errors
    /// [`Error::Ended`] after the shutdown.
    pub async fn rename(&self, identity: Identity) -> Result<(), Error> {
        self.commands.send(Command::Rename(identity)).await.map_err(|_| Error::Ended)
    }

    /// Returns the names in use, and follows them as conflicts change them.
    #[must_use]
    pub fn names(&self) -> watch::Receiver<Names> {
        self.names.clone()
    }

    /// Waits until everything is announced, and returns the names; nothing after `wait`.
    pub async fn announced(&self, wait: Duration) -> Option<Names> {
        let mut names = self.names();
        let names = timeout(wait, names.wait_for(|names| names.announced)).await.ok()?.ok()?;
        Some(names.clone())
    }

    /// Says goodbye for every service, and ends the worker. Waits at most a few seconds.
    pub async fn shutdown(&self) {
        let (done, wait) = oneshot::channel();
        if self.commands.send(Command::Shutdown(done)).await.is_ok() {
            let _ = timeout(SHUTDOWN_DEADLINE, wait).await;
        }
    }
}

struct Worker {
    config: Config,
    identity: Identity,
    services: Vec<Service>,
    /// The number of the round before, while the name has not changed.
    last_number: Option<u32>,
    inbox: mpsc::Receiver<Command>,
    names: watch::Sender<Names>,
}

/// Why a round ended.
enum End {
    Conflict,
    Renamed,
    Stop(Option<oneshot::Sender<()>>),
}

impl Worker {
    async fn run(mut self) {
        loop {
            let end = match self.round().await {
                Ok(end) => end,
                Err(error) => {
                    warn!(%error, "the receiver is not announced");
                    self.idle(Some(RETRY)).await
                }
            };
            match end {
                End::Conflict => sleep(jitter()).await,
                End::Renamed => self.last_number = None,
                End::Stop(done) => {
                    if let Some(done) = done {
                        let _ = done.send(());
                    }
                    return;
                }
            }
        }
    }

    async fn round(&mut self) -> Result<End, Error> {
        if !self.config.enabled {
            return Ok(self.idle(None).await);
        }
        let responder = Responder::for_announcing(&self.config)?;
        let end = self.round_with(&responder).await;
        responder.close().await;
        end
    }

    async fn round_with(&mut self, responder: &Responder) -> Result<End, Error> {
        let mut kinds: Vec<String> =
            [XMPP_SERVER, XMPP_CLIENT, HTTP, REMOTE_PAIRING].map(str::to_owned).into();
        for service in &self.services {
            if !kinds.contains(&service.kind) {
                kinds.push(service.kind.clone());
            }
        }
        let number = survey::free_number(responder, &self.identity, &kinds).await?;
        // The daemon reported a conflict, yet nobody else answers: it heard this machine's own
        // records through a second interface on the same network. Then it need not probe.
        let probe = self.last_number != Some(number);
        self.last_number = Some(number);
        let names = self.identity.numbered(number);
        if number > 1 {
            info!(instance = %names.instance, host = %names.host, "announced under another name");
        }
        self.names.send_replace(names.clone());
        let events = responder.events()?;
        let mut round = Round { responder, names, probe, announced: HashSet::new() };
        for service in &self.services {
            round.register(service);
        }
        let mut rescue: Option<Instant> = None;
        loop {
            let rescue_at = rescue.unwrap_or_else(Instant::now);
            tokio::select! {
                command = self.inbox.recv() => match command {
                    Some(Command::Set(services)) => {
                        if round.change(&self.services, &services).await {
                            rescue = Some(Instant::now() + RESCUE);
                        }
                        self.services = services;
                        self.publish(&round);
                    }
                    Some(Command::Rename(identity)) => {
                        self.identity = identity;
                        return Ok(End::Renamed);
                    }
                    Some(Command::Shutdown(done)) => return Ok(End::Stop(Some(done))),
                    None => return Ok(End::Stop(None)),
                },
                event = events.recv_async() => match event {
                    Ok(DaemonEvent::NameChange(change)) => {
                        debug!(name = %change.original, interface = %change.intf_name, "name conflict");
                        return Ok(End::Conflict);
                    }
                    Ok(DaemonEvent::Announce(fullname, _)) => {
                        round.announced.insert(fullname.to_lowercase());
                        self.publish(&round);
                    }
                    Ok(DaemonEvent::Error(error)) => debug!(%error, "mDNS"),
                    Ok(_) => {}
                    Err(_) => return Err(Error::Unavailable("the daemon has ended".to_owned())),
                },
                () = sleep_until(rescue_at), if rescue.is_some() => {
                    rescue = None;
                    if let Some(service) = self.services.first() {
                        round.register(service);
                    }
                }
            }
        }
    }

    fn publish(&self, round: &Round<'_>) {
        let announced = !self.services.is_empty()
            && self.services.iter().all(|s| round.announced.contains(&round.fullname(s)));
        self.names.send_if_modified(|names| {
            let changed = names.announced != announced;
            names.announced = announced;
            changed
        });
    }

    /// Takes commands without announcing, for as long as `wait` says (for ever without it).
    async fn idle(&mut self, wait: Option<Duration>) -> End {
        let until = wait.map(|wait| Instant::now() + wait);
        loop {
            let at = until.unwrap_or_else(Instant::now);
            tokio::select! {
                command = self.inbox.recv() => match command {
                    Some(Command::Set(services)) => self.services = services,
                    Some(Command::Rename(identity)) => {
                        self.identity = identity;
                        self.names.send_replace(self.identity.numbered(1));
                        return End::Renamed;
                    }
                    Some(Command::Shutdown(done)) => return End::Stop(Some(done)),
                    None => return End::Stop(None),
                },
                () = sleep_until(at), if until.is_some() => return End::Renamed,
            }
        }
    }
}

/// What is registered with one daemon.
struct Round<'a> {
    responder: &'a Responder,
    names: Names,
    probe: bool,
    /// Full names that have been announced, in lower case.
    announced: HashSet<String>,
}

impl Round<'_> {
    fn info(&self, service: &Service) -> Result<ServiceInfo, Error> {
        let mut info = ServiceInfo::new(
            &format!("{}.local.", service.kind),
            &self.names.instance,
            &format!("{}.local.", self.names.host),
            (),
            service.port,
            service.txt.as_slice(),
        )
        .map_err(|error| Error::Service { kind: service.kind.clone(), reason: error.to_string() })?
        .enable_addr_auto();
        info.set_requires_probe(self.probe);
        Ok(info)
    }

    fn fullname(&self, service: &Service) -> String {
        self.info(service).map(|info| info.get_fullname().to_lowercase()).unwrap_or_default()
    }

    fn register(&self, service: &Service) {
        let registered = self
            .info(service)
            .and_then(|info| self.responder.daemon().register(info).map_err(Error::from));
        if let Err(error) = registered {
            warn!(kind = %service.kind, %error, "a service is not announced");
        }
    }

    /// Brings what is registered from `old` to `new`; says whether something was withdrawn.
    async fn change(&mut self, old: &[Service], new: &[Service]) -> bool {
        let mut withdrawn = false;
        for service in old.iter().filter(|o| !new.iter().any(|n| n.kind == o.kind)) {
            let fullname = self.fullname(service);
            if let Ok(done) = self.responder.daemon().unregister(&fullname) {
                let _ = timeout(SHUTDOWN_DEADLINE, done.recv_async()).await;
            }
            self.announced.remove(&fullname);
            withdrawn = true;
        }
        for service in new.iter().filter(|n| !old.contains(n)) {
            self.register(service);
        }
        withdrawn
    }
}

/// A pause of up to half a second, so that two receivers in conflict do not ask at the same moment.
fn jitter() -> Duration {
    let mut byte = [0_u8; 1];
    // Without randomness the pause is merely the same every time.
    let _ = getrandom::fill(&mut byte);
    Duration::from_millis(u64::from(u8::from_ne_bytes(byte)) * 2)
}
