//! [`Pairing`]: the receiver's side, held by everybody who opens, shows, announces or serves it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use televisor_clock::Clock;
use televisor_model::DeviceId;
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::Instant;
use uuid::Uuid;

use super::config::Config;
use super::ledger::Ledger;
use super::throttle::Throttle;
use super::window::{ClosedBy, Shown, Window};
use crate::digest::{Ha1s, Nonces};
use crate::random::{self, NoRandomness};

/// Pairings that a slow listener may be behind.
const EVENTS: usize = 16;
/// How often the window is looked after when nothing is due.
const IDLE: Duration = Duration::from_secs(3600);

/// What devices are told of the receiver.
#[derive(Debug, Clone)]
pub struct ReceiverInfo {
    /// Its UUID: the realm.
    pub uuid: Uuid,
    /// Its name.
    pub name: String,
    /// The domain of its XMPP addresses.
    pub jid_domain: String,
    /// Where XMPP is.
    pub xmpp_port: u16,
    /// Where HTTPS is.
    pub https_port: u16,
    /// SHA-256 of its certificate (DER), in hexadecimal.
    pub certificate_sha256: String,
}

/// What is on the screen. The code does not show in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Notice {
    /// The code, without its space.
    pub code: String,
    /// What the device calls itself, cleaned; always show it in quotes.
    pub device_name: String,
    /// The device's UUID.
    pub client_uuid: Uuid,
    /// When the code goes.
    pub expires_at: Timestamp,
}

impl fmt::Debug for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notice").field("client_uuid", &self.client_uuid).finish_non_exhaustive()
    }
}

/// Whether pairing is open, and what is on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Until when it is open.
    pub open_until: Option<Timestamp>,
    /// Why it is closed, if it is.
    pub closed_by: Option<ClosedBy>,
    /// What is on the screen.
    pub notice: Option<Notice>,
}

/// A device has been paired, and is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paired {
    /// Its UUID.
    pub id: DeviceId,
    /// Its name, cleaned.
    pub name: String,
}

/// The receiver's side of pairing. Clones are the same pairing.
#[derive(Clone)]
pub struct Pairing {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) config: Config,
    pub(super) ledger: Arc<dyn Ledger>,
    clock: Clock,
    receiver: watch::Sender<ReceiverInfo>,
    desk: Mutex<Desk>,
    state: watch::Sender<State>,
    paired: broadcast::Sender<Paired>,
    changed: Arc<Notify>,
    pub(super) epoch: Instant,
    /// What the answers of unknown devices are weighed against; nobody knows its passcode.
    pub(super) decoy: Ha1s,
}

/// Everything that changes, under one lock that is never held across a wait.
pub(super) struct Desk {
    pub(super) window: Window,
    pub(super) nonces: Nonces,
    pub(super) throttle: Throttle,
}

impl Pairing {
    /// Makes one, closed. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`NoRandomness`] if there is none for the nonces' key.
    pub fn new(
        config: Config,
        receiver: ReceiverInfo,
        ledger: Arc<dyn Ledger>,
        clock: Clock,
    ) -> Result<Self, NoRandomness> {
        let window = Window::default();
        let closed = State { open_until: None, closed_by: window.closed_by(), notice: None };
        let desk = Desk { window, nonces: Nonces::new()?, throttle: Throttle::default() };
        let decoy =
            Ha1s { md5: random::bytes::<16>()?.into(), sha256: random::bytes::<32>()?.into() };
        let inner = Arc::new(Inner {
            config,
            ledger,
            clock,
            receiver: watch::Sender::new(receiver),
            desk: Mutex::new(desk),
            state: watch::Sender::new(closed),
            paired: broadcast::Sender::new(EVENTS),
            changed: Arc::new(Notify::new()),
            epoch: Instant::now(),
            decoy,
        });
        tokio::spawn(look_after(Arc::downgrade(&inner), Arc::clone(&inner.changed)));
        Ok(Self { inner })
    }

    /// Opens pairing for `length` (3 to 15 minutes; else the configured one) and returns until when.
    pub fn open(&self, length: Option<Duration>) -> Timestamp {
        let length = self.inner.config.open_for(length);
        self.change(|desk, now| desk.window.open(now, length));
        tracing::info!(minutes = length.as_secs() / 60, "pairing opened");
        self.inner.wall(self.inner.now() + length)
    }

    /// Opens pairing if nobody is paired yet, as at the first start; says whether it did.
    pub fn open_if_nobody_is_paired(&self) -> bool {
        let first = self.inner.ledger.is_empty();
        if first {
            self.open(None);
        }
        first
    }

    /// Closes pairing. What was pending is lost.
    pub fn close(&self) {
        self.change(|desk, _| desk.window.close(ClosedBy::Hand));
    }

    /// Says whether pairing is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.change(|desk, now| {
            desk.window.tick(now);
            desk.window.open_until().is_some()
        })
    }

    /// Follows whether pairing is open and what is on the screen.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<State> {
        self.inner.state.subscribe()
    }

    /// Follows new pairings.
    #[must_use]
    pub fn paired(&self) -> broadcast::Receiver<Paired> {
        self.inner.paired.subscribe()
    }

    /// Changes what devices are told of the receiver. Its UUID must stay.
    pub fn set_receiver(&self, receiver: ReceiverInfo) {
        self.inner.receiver.send_replace(receiver);
    }

    pub(super) fn receiver(&self) -> ReceiverInfo {
        self.inner.receiver.borrow().clone()
    }

    pub(super) fn announce(&self, paired: Paired) {
        // Nobody listening is no error.
        let _ = self.inner.paired.send(paired);
    }

    /// Does `what` to the desk, and tells whoever follows what came of it.
    pub(super) fn change<T>(&self, what: impl FnOnce(&mut Desk, Instant) -> T) -> T {
        self.inner.change(what)
    }
}

impl fmt::Debug for Pairing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pairing")
            .field("state", &*self.inner.state.borrow())
            .finish_non_exhaustive()
    }
}

impl Inner {
    #[expect(clippy::unused_self, reason = "reads as the pairing's own time")]
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, what: impl FnOnce(&mut Desk, Instant) -> T) -> T {
        let mut desk = self.desk();
        let answer = what(&mut desk, self.now());
        // Under the lock, so that states are told in the order they came to be.
        self.tell(&desk.window);
        drop(desk);
        self.changed.notify_one();
        answer
    }

    fn tell(&self, window: &Window) {
        let shown = window.shown();
        self.state.send_if_modified(|state| {
            let open_until = window.open_until().map(|until| self.wall(until));
            let told = open_until.zip(state.open_until).is_some_and(|(a, b)| is_near(a, b));
            let notice = shown.map(|shown| self.notice(shown, state.notice.as_ref()));
            let new = State {
                open_until: if told { state.open_until } else { open_until },
                closed_by: window.closed_by(),
                notice,
            };
            let differs = *state != new;
            *state = new;
            differs
        });
    }

    fn notice(&self, shown: Shown, before: Option<&Notice>) -> Notice {
        let notice = Notice {
            code: shown.code.expose().to_owned(),
            device_name: shown.name.as_str().to_owned(),
            client_uuid: shown.id.0,
            expires_at: self.wall(shown.until),
        };
        match before {
            Some(old) if old.code == notice.code && is_near(old.expires_at, notice.expires_at) => {
                old.clone()
            }
            _ => notice,
        }
    }

    /// Returns the wall clock's time at `instant`, to whole milliseconds.
    fn wall(&self, instant: Instant) -> Timestamp {
        let left = instant.saturating_duration_since(self.now());
        let left = SignedDuration::try_from(left).unwrap_or_default();
        self.clock.now().checked_add(left).unwrap_or(Timestamp::MAX)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.changed.notify_one();
    }
}

/// The same moment, but for the time that computing it twice took.
fn is_near(a: Timestamp, b: Timestamp) -> bool {
    a.duration_since(b).abs() < SignedDuration::from_millis(500)
}

/// Closes the window and clears the screen when their time is up, while anybody holds the pairing.
async fn look_after(inner: std::sync::Weak<Inner>, changed: Arc<Notify>) {
    loop {
        let Some(held) = inner.upgrade() else { return };
        let due = {
            let mut desk = held.desk();
            desk.window.tick(held.now());
            held.tell(&desk.window);
            desk.window.deadline()
        };
        drop(held);
        let due = due.unwrap_or_else(|| Instant::now() + IDLE);
        tokio::select! {
            () = tokio::time::sleep_until(due) => {}
            () = changed.notified() => {}
        }
    }
}
