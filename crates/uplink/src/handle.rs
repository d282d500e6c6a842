//! The handle others hold: send, presence, state.

use std::sync::Arc;
use std::time::Duration;

use televisor_clock::Clock;
use televisor_xmpp::jid::BareJid;
use televisor_xmpp::{Element, ns};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::about::About;
use crate::account::Account;
use crate::answers::Desk;
use crate::config::Config;
use crate::ledger::Outgoing;
use crate::roster::{Contacts, Standing};
use crate::worker::{Channels, Worker};

/// Stanzas that wait to be sent, at most.
const QUEUE: usize = 512;
/// Stanzas that came in and have not been taken, at most; the stream is not read meanwhile.
const INBOX: usize = 64;
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_millis(2500);

/// How the uplink is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UplinkState {
    /// On the way to a session.
    Connecting,
    /// Logged in.
    Online {
        /// The full address of the session.
        jid: String,
    },
    /// The server will not have us, or the settings are wrong; tried again every 15 minutes.
    Refused {
        /// Why, for a person.
        why: String,
    },
    /// No connection now; tried again soon.
    Away {
        /// Why, for a person.
        why: String,
        /// How long from the change of state to the next attempt, at most.
        retry_in: Duration,
    },
}

/// The uplink cannot begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The account is no address of the form `name@domain`.
    #[error("`{0}` is not the address of an account")]
    Jid(String),
}

/// The queue is full: the server has not taken anything for a long time. Or the uplink has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many stanzas wait for the uplink")]
pub struct Full;

/// The receiver's session on another server; cheap to clone.
#[derive(Debug, Clone)]
pub struct Uplink {
    outbox: mpsc::Sender<Outgoing>,
    presence: watch::Sender<Element>,
    vcard: watch::Sender<Element>,
    state: watch::Receiver<UplinkState>,
    contacts: Contacts,
    account: BareJid,
    nick: Element,
    clock: Clock,
    stop: CancellationToken,
    task: TaskTracker,
    /// Stops the task when nobody has a handle any more.
    _last: Arc<DropGuard>,
}

impl Uplink {
    /// Begins to log in, and keeps doing so until [`Uplink::shutdown`], or until the last clone of the
    /// handle is dropped. What comes from others is in
    /// the receiver returned, each stanza once: messages, presence, errors, answers to iq requests,
    /// and requests of contacts in the namespaces of [`About::answers`]. To be called within a Tokio
    /// runtime.
    ///
    /// # Errors
    /// If the account's address is none. All other faults are told by [`Uplink::state`].
    pub fn start(
        config: Config,
        about: About,
        clock: Clock,
    ) -> Result<(Self, mpsc::Receiver<Element>), Error> {
        let account = Account::parse(&config.jid).ok_or_else(|| Error::Jid(config.jid.clone()))?;
        let (outbox, to_send) = mpsc::channel(QUEUE);
        let (inbox, stanzas) = mpsc::channel(INBOX);
        let (presence, to_show) = watch::channel(about.presence.clone());
        let (vcard, to_publish) = watch::channel(about.vcard.clone());
        let (telling, state) = watch::channel(UplinkState::Connecting);
        let stop = CancellationToken::new();
        let uplink = Self {
            outbox,
            presence,
            vcard,
            state,
            contacts: Contacts::default(),
            account: account.bare.clone(),
            nick: about.nick(),
            clock: clock.clone(),
            _last: Arc::new(stop.clone().drop_guard()),
            stop,
            task: TaskTracker::new(),
        };
        let desk = Desk { account, about, clock, contacts: uplink.contacts.clone() };
        let channels = Channels {
            outbox: to_send,
            inbox,
            presence: to_show,
            vcard: to_publish,
            state: telling,
            stop: uplink.stop.clone(),
        };
        uplink.task.spawn(Worker::new(config, desk, channels).run());
        uplink.task.close();
        Ok((uplink, stanzas))
    }

    /// Queues a stanza; `from` is left to the server. What is queued before the session is there is
    /// kept, and a message that had to wait says since when. A request for a subscription gets our
    /// nickname if it has none (XEP-0172 section 4.2), and what has no id gets one.
    ///
    /// # Errors
    /// [`Full`] if too much waits already.
    pub fn send(&self, mut stanza: Element) -> Result<(), Full> {
        stanza.change_namespace(ns::SERVER, ns::CLIENT);
        stanza.remove_attr("from");
        if stanza.attr("id").is_none() {
            stanza.set_attr("id", Uuid::new_v4().simple().to_string());
        }
        let asks = stanza.name() == "presence" && stanza.attr("type") == Some("subscribe");
        if asks && !stanza.has_child("nick", ns::NICK) {
            stanza.push(self.nick.clone());
        }
        let since = self.clock.now();
        self.outbox.try_send(Outgoing { stanza, since, lasting: true }).map_err(|_| Full)
    }

    /// Changes the presence, now and for sessions to come.
    pub fn set_presence(&self, presence: Element) {
        self.presence.send_if_modified(|shown| change(shown, presence));
    }

    /// Changes the vCard, now and for sessions to come.
    pub fn set_vcard(&self, vcard: Element) {
        self.vcard.send_if_modified(|published| change(published, vcard));
    }

    /// How the uplink is, and each change of it.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<UplinkState> {
        self.state.clone()
    }

    /// The account, without resource.
    #[must_use]
    pub const fn account(&self) -> &BareJid {
        &self.account
    }

    /// The subscription with the contact `jid` (bare or full) in the account's roster: `none`, `to`,
    /// `from` or `both` (RFC 6121 section 2.1.2.5); `None` if it is not there. Known as soon as the
    /// uplink has been online once.
    #[must_use]
    pub fn subscription(&self, jid: &str) -> Option<String> {
        let standing = self.standing(jid)?;
        Some(standing.subscription.as_str().to_owned())
    }

    /// Whether the contact `jid` has been asked for a subscription and has not answered
    /// (RFC 6121 section 2.1.2.2).
    #[must_use]
    pub fn is_asking(&self, jid: &str) -> bool {
        self.standing(jid).is_some_and(|standing| standing.asking)
    }

    fn standing(&self, jid: &str) -> Option<Standing> {
        let contact = jid.split('/').next()?.parse().ok()?;
        self.contacts.standing(&contact)
    }

    /// Sends what is queued if there is a session, says goodbye and closes the stream; returns within
    /// 3 seconds.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        // Whatever hangs longer is ended with the program.
        let _ = timeout(GOODBYE, self.task.wait()).await;
    }
}

fn change(held: &mut Element, new: Element) -> bool {
    let differs = *held != new;
    *held = new;
    differs
}
