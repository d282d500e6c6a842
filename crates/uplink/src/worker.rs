//! Logging in again and again, with growing pauses, for as long as it is wanted.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::time::Duration;

use televisor_dial::Target;
use televisor_xmpp::Element;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use uuid::Uuid;

use crate::account;
use crate::answers::Desk;
use crate::backoff::Backoff;
use crate::config::Config;
use crate::failure::Failure;
use crate::handle::UplinkState;
use crate::ledger::{Ledger, Outgoing};
use crate::link::{Way, target};
use crate::login::{Entered, log_in};
use crate::online::{Online, Session};
use crate::route::local_address;
use crate::seen::Seen;
use crate::stream::XmppStream;

/// From the open connection to the session; the key derivation is part of it.
const LOGIN_DEADLINE: Duration = Duration::from_secs(20);
/// The longest pause between attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The longest while the server still keeps our session: a cut of a minute is to end with the cut.
const RESUMABLE_PAUSE: Duration = Duration::from_secs(6);
/// How long a server keeps a session that does not say how long.
const USUALLY_KEPT: Duration = Duration::from_secs(300);
/// How long until a server that refused us is asked again: somebody has to mend something first.
const REFUSED_PAUSE: Duration = Duration::from_secs(15 * 60);
/// The least pause after another session took our place.
const CONFLICT_PAUSE: Duration = Duration::from_secs(5);
/// A session that lasted this long worked.
const WORKED: Duration = Duration::from_secs(20);
/// How often the way to the server is looked at while there is no connection.
const ROUTE_CHECK: Duration = Duration::from_secs(1);
/// Referrals followed without a session in between (RFC 6120 section 4.9.3.19).
const REFERRALS: u32 = 3;

/// What the task behind an [`Uplink`](crate::Uplink) has.
pub(crate) struct Worker {
    pub(crate) config: Config,
    pub(crate) desk: Desk,
    pub(crate) outbox: mpsc::Receiver<Outgoing>,
    pub(crate) inbox: mpsc::Sender<Element>,
    pub(crate) presence: watch::Receiver<Element>,
    pub(crate) vcard: watch::Receiver<Element>,
    pub(crate) state: watch::Sender<UplinkState>,
    pub(crate) stop: CancellationToken,
    pub(crate) ledger: Ledger,
    pub(crate) seen: Seen,
    pub(crate) session: Session,
    way: Option<Way>,
    /// What to ask for; none lets the server choose.
    resource: Option<String>,
    elsewhere: Option<Target>,
    referrals: u32,
    peer: Option<SocketAddr>,
    lost_at: Instant,
    /// The refusal that has been logged.
    complaint: Option<String>,
}

/// Something that takes time.
type Waiting<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The ends of the channels that the worker holds.
pub(crate) struct Channels {
    pub(crate) outbox: mpsc::Receiver<Outgoing>,
    pub(crate) inbox: mpsc::Sender<Element>,
    pub(crate) presence: watch::Receiver<Element>,
    pub(crate) vcard: watch::Receiver<Element>,
    pub(crate) state: watch::Sender<UplinkState>,
    pub(crate) stop: CancellationToken,
}

impl Worker {
    pub(crate) fn new(config: Config, desk: Desk, channels: Channels) -> Self {
        let Channels { outbox, inbox, presence, vcard, state, stop } = channels;
        let resource = Some(desk.account.resource.clone().unwrap_or_else(resource));
        Self {
            config,
            desk,
            outbox,
            inbox,
            presence,
            vcard,
            state,
            stop,
            ledger: Ledger::default(),
            seen: Seen::default(),
            session: Session::default(),
            way: None,
            resource,
            elsewhere: None,
            referrals: 0,
            peer: None,
            lost_at: Instant::now(),
            complaint: None,
        }
    }

    pub(crate) async fn run(mut self) {
        let mut backoff = Backoff::default();
        let stop = self.stop.clone();
        loop {
            self.state.send_replace(UplinkState::Connecting);
            let attempt = tokio::select! {
                () = stop.cancelled() => return,
                attempt = self.attempt() => attempt,
            };
            let failure = match attempt {
                Ok((stream, entered)) => self.stay(stream, entered, &mut backoff).await,
                Err(failure) => failure,
            };
            let Some(pause) = self.failed(failure, &mut backoff) else { return };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.pause(pause) => {}
            }
        }
    }

    /// One attempt to get a session.
    async fn attempt(&mut self) -> Result<(XmppStream, Entered), Failure> {
        let password = account::password(&self.config.password_file).await?;
        let way = match self.way.take() {
            Some(way) => way,
            None => Way::new(&self.config).await?,
        };
        let way = self.way.insert(way);
        let location = self.ledger.token().and_then(|token| target(token.location.as_deref()?));
        let elsewhere = self.elsewhere.take().or(location);
        let login = async {
            let domain = self.desk.account.domain();
            let link = match way.open(domain, elsewhere.as_ref()).await {
                Ok(link) => link,
                // The place the server named may be gone when the server has moved on.
                Err(Failure::Lost(_)) if elsewhere.is_some() => way.open(domain, None).await?,
                Err(failure) => return Err(failure),
            };
            self.peer = Some(link.peer);
            let (account, resource) = (&self.desk.account, self.resource.as_deref());
            log_in(link, account, &password, resource, &mut self.ledger).await
        };
        match timeout(LOGIN_DEADLINE, login).await {
            Ok(done) => done,
            Err(_) => Err(Failure::lost("the server does not answer")),
        }
    }

    /// A session, until it ends.
    async fn stay(
        &mut self,
        stream: XmppStream,
        entered: Entered,
        backoff: &mut Backoff,
    ) -> Failure {
        let since = Instant::now();
        self.referrals = 0;
        // In a box, so that the compiler can see that it may move between threads.
        let session: Waiting<'_, Failure> = Box::pin(Online::new(self, stream).run(entered));
        let failure = session.await;
        self.lost_at = Instant::now();
        if since.elapsed() >= WORKED {
            backoff.reset();
        }
        failure
    }

    /// Tells of the failure, and says how long to wait.
    fn failed(&mut self, failure: Failure, backoff: &mut Backoff) -> Option<Duration> {
        let longest = self.longest_pause();
        let why = failure.to_string();
        let retry_in = match failure {
            Failure::Stopped => return None,
            Failure::Refused(why) => {
                // A new file or setting may mend it.
                self.way = None;
                self.complain(&why);
                self.state.send_replace(UplinkState::Refused { why });
                return Some(REFUSED_PAUSE);
            }
            Failure::Elsewhere(host) => {
                self.referrals = self.referrals.saturating_add(1);
                self.elsewhere = target(&host).filter(|_| self.referrals <= REFERRALS);
                if self.elsewhere.is_some() {
                    return Some(Duration::ZERO);
                }
                backoff.next(LONGEST_PAUSE)
            }
            Failure::Conflict => {
                // Whoever has the name now keeps it, and our session with it.
                self.ledger.give_up();
                self.resource = None;
                backoff.next(LONGEST_PAUSE).max(CONFLICT_PAUSE)
            }
            Failure::Lost(_) => backoff.next(longest),
        };
        info!(account = %self.desk.account.bare, %why, "the uplink is away");
        self.state.send_replace(UplinkState::Away { why, retry_in });
        Some(retry_in)
    }

    fn longest_pause(&self) -> Duration {
        let Some(token) = self.ledger.token() else { return LONGEST_PAUSE };
        let kept = token.keeps.unwrap_or(USUALLY_KEPT);
        if self.lost_at.elapsed() < kept { RESUMABLE_PAUSE } else { LONGEST_PAUSE }
    }

    /// Logs a refusal, once for each reason.
    fn complain(&mut self, why: &str) {
        if self.complaint.as_deref() != Some(why) {
            warn!(account = %self.desk.account.bare, %why, "the uplink is refused");
            self.complaint = Some(why.to_owned());
        }
    }

    /// Notes that there is a session.
    pub(crate) fn went_online(&mut self) {
        let jid = self.session.jid().to_owned();
        info!(%jid, "the uplink is online");
        self.complaint = None;
        self.state.send_replace(UplinkState::Online { jid });
    }

    /// The address from which packets to the server leave now.
    pub(crate) fn route(&self) -> Option<IpAddr> {
        self.peer.and_then(local_address)
    }

    /// Waits, at most until another way to the server opens.
    async fn pause(&self, pause: Duration) {
        let before = self.route();
        let changed = async {
            loop {
                sleep(ROUTE_CHECK).await;
                let now = self.route();
                if now.is_some() && now != before {
                    return;
                }
            }
        };
        // Whether the time is over or the way is open: on we go.
        let _ = timeout(pause, changed).await;
    }
}

/// The same as long as the program runs, so that a session of our own that we lost is replaced; and
/// another than that of a second receiver with the same account.
fn resource() -> String {
    let unique = Uuid::new_v4().simple().to_string();
    format!("televisor-{}", unique.get(..8).unwrap_or(&unique))
}
