//! The worker that keeps us announced under a name of our own.
//!
//! A round is one responder under one pair of names: see who has them, probe, announce, watch. A
//! new name ends the round with a goodbye; somebody else under our name ends it without one.

use std::sync::Arc;
use std::time::Duration;

use televisor_discovery::service::PRESENCE;
use televisor_discovery::{Config, Error, Publication, Publisher, Service, Told};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};
use tracing::{debug, info, warn};

use crate::name::{Names, Naming, PeerName};
use crate::presence::Presence;
use crate::roster::{Holder, Roster};
use crate::txt;

/// How long others have to be heard before we take a name. A record is not multicast twice within
/// a second (RFC 6762 section 6), so one that was announced just before we asked is heard again
/// with its second announcement, a little more than a second later.
const LISTEN: Duration = Duration::from_millis(1300);
/// The least time between two announcements of ours. More than the second of RFC 6762 section 6,
/// so that caches have dropped what the last but one said before it may be said again.
const PACE: Duration = Duration::from_millis(1500);
/// How long to wait before multicast, or the first name, is tried again.
const RETRY: Duration = Duration::from_secs(30);

/// What the worker is told.
#[derive(Debug)]
pub(crate) enum Command {
    /// Tell this from now on.
    Presence(Presence),
    /// Be called this from now on.
    Rename(Naming),
    /// Say goodbye and end.
    Close(oneshot::Sender<()>),
}

/// The state of our announcement, for [`crate::Link`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) name: PeerName,
    pub(crate) announced: bool,
}

/// Keeps us announced.
pub(crate) struct Announcing {
    pub(crate) config: Config,
    pub(crate) port: u16,
    pub(crate) naming: Naming,
    pub(crate) presence: Presence,
    pub(crate) roster: Arc<Roster>,
    pub(crate) listening: watch::Receiver<Option<Instant>>,
    pub(crate) inbox: mpsc::Receiver<Command>,
    pub(crate) name: watch::Sender<Option<PeerName>>,
    pub(crate) standing: watch::Sender<Option<Standing>>,
}

/// Why a round ended.
enum End {
    /// The responder lost its probe, or believes so.
    Collision,
    /// Somebody else was seen under our name after we had announced it.
    Contested,
    Renamed,
    Stop(Option<oneshot::Sender<()>>),
}

impl Announcing {
    /// Runs until it is told to close, or nobody can tell it anything any more.
    pub(crate) async fn run(mut self) {
        let mut last: Option<Names> = None;
        loop {
            let names = self.take_names();
            // The responder reported a collision, yet nobody else has the names: it heard this
            // machine's own records through a second interface on the same network. Then it need
            // not probe.
            let probe = last.as_ref() != Some(&names);
            last = Some(names.clone());
            let end = match self.round(&names, probe).await {
                Ok(end) => end,
                Err(error) => {
                    warn!(%error, "we are not announced on the link");
                    last = None;
                    self.until(Instant::now() + RETRY).await.unwrap_or(End::Renamed)
                }
            };
            let end = match end {
                End::Collision | End::Contested => {
                    let pause = self.until(Instant::now() + LISTEN + jitter()).await;
                    pause.unwrap_or(end)
                }
                end => end,
            };
            match end {
                End::Collision => {}
                End::Contested | End::Renamed => last = None,
                End::Stop(done) => return finish(done),
            }
        }
    }

    /// Makes the names known before anything is announced.
    pub(crate) fn introduce(&self) {
        self.take_names();
    }

    /// Makes the names known inside, and to the roster, which leaves them out.
    fn take_names(&self) -> Names {
        let names = self.naming.names(self.port);
        self.roster.set_own(&names, self.port);
        let instance = names.instance.clone();
        self.standing.send_replace(Some(Standing { name: instance.clone(), announced: false }));
        self.name.send_if_modified(|name| {
            let changed = name.as_ref().map(PeerName::as_str) != Some(instance.as_str());
            *name = Some(instance);
            changed
        });
        names
    }

    async fn round(&mut self, names: &Names, probe: bool) -> Result<End, Error> {
        if !self.config.enabled {
            return Ok(self.forever().await);
        }
        let mut publisher = Publisher::open(&self.config)?;
        let end = self.round_with(&mut publisher, names, probe).await;
        match &end {
            // A goodbye would take the other one's pointer out of all caches too.
            Ok(End::Contested) => publisher.abandon().await,
            // After a collision it is for the name that the responder has made up.
            _ => publisher.close().await,
        }
        end
    }

    /// Waits until everybody could be heard.
    async fn listen(&mut self) -> Option<End> {
        let mut listening = self.listening.clone();
        let since = tokio::select! {
            since = listening.wait_for(Option::is_some) => since.ok().and_then(|since| *since),
            end = self.forever() => return Some(end),
        };
        self.until(since? + LISTEN).await
    }

    /// Takes the next name, since somebody has this one (XEP-0174 section 3).
    async fn give_way(&mut self, holder: Holder) -> End {
        let left = match holder {
            Holder::ThisMachine => self.naming.next_user(),
            Holder::Another => self.naming.next_machine(),
        };
        info!(name = %self.naming.names(self.port).instance, "the name is taken: another one");
        if left {
            return End::Renamed;
        }
        self.naming.reset();
        self.until(Instant::now() + RETRY).await.unwrap_or(End::Renamed)
    }

    async fn round_with(
        &mut self,
        publisher: &mut Publisher,
        names: &Names,
        probe: bool,
    ) -> Result<End, Error> {
        let (end, host_taken) = tokio::join!(self.listen(), publisher.host_taken(&names.host));
        if let Some(end) = end {
            return Ok(end);
        }
        let holder = self.roster.holder().or(host_taken?.then_some(Holder::Another));
        if let Some(holder) = holder {
            return Ok(self.give_way(holder).await);
        }
        publisher.publish(&self.publication(names), probe)?;
        let mut published = Instant::now();
        // Everything is announced twice (RFC 6762 section 8.3): the responder forgets the second
        // time for names with capital letters.
        let mut times = 1;
        loop {
            tokio::select! {
                command = self.inbox.recv() => match self.obey(command) {
                    Some(end) => return Ok(end),
                    None => times = 2,
                },
                told = publisher.next() => match told {
                    Some(Told::Announced) => self.announced(),
                    Some(Told::Conflict) => return Ok(End::Collision),
                    None => return Err(Error::Ended),
                },
                () = self.roster.contested() => if let Some(holder) = self.roster.holder() {
                    debug!(?holder, "somebody else is announced under our name");
                    return Ok(End::Contested);
                },
                () = sleep_until(published + PACE), if times > 0 && self.is_announced() => {
                    publisher.publish(&self.publication(names), false)?;
                    published = Instant::now();
                    times -= 1;
                }
            }
        }
    }

    fn publication(&self, names: &Names) -> Publication {
        let txt = txt::to_txt(&self.presence, self.port);
        let service = Service { kind: PRESENCE.to_owned(), port: self.port, txt };
        Publication {
            instance: names.instance.as_str().to_owned(),
            host: names.host.clone(),
            service,
        }
    }

    fn announced(&self) {
        self.standing.send_if_modified(|standing| match standing {
            Some(standing) if !standing.announced => {
                standing.announced = true;
                true
            }
            _ => false,
        });
    }

    fn is_announced(&self) -> bool {
        self.standing.borrow().as_ref().is_some_and(|standing| standing.announced)
    }

    /// Does what is told; an end if the round is over.
    fn obey(&mut self, command: Option<Command>) -> Option<End> {
        match command {
            Some(Command::Presence(presence)) => {
                self.presence = presence;
                None
            }
            Some(Command::Rename(naming)) => {
                self.naming = naming;
                Some(End::Renamed)
            }
            Some(Command::Close(done)) => Some(End::Stop(Some(done))),
            None => Some(End::Stop(None)),
        }
    }

    /// Takes commands until `at`.
    async fn until(&mut self, at: Instant) -> Option<End> {
        tokio::select! {
            () = sleep_until(at) => None,
            end = self.forever() => Some(end),
        }
    }

    async fn forever(&mut self) -> End {
        loop {
            let command = self.inbox.recv().await;
            if let Some(end) = self.obey(command) {
                return end;
            }
        }
    }
}

fn finish(done: Option<oneshot::Sender<()>>) {
    if let Some(done) = done {
        // Nobody may be waiting any more.
        let _ = done.send(());
    }
}

/// A pause of up to half a second, so that two peers in collision do not ask at the same moment.
fn jitter() -> Duration {
    let mut byte = [0_u8; 1];
    // Without randomness the pause is merely the same every time.
    let _ = getrandom::fill(&mut byte);
    Duration::from_millis(u64::from(u8::from_ne_bytes(byte)) * 2)
}
