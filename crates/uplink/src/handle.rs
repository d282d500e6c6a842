//! The handle others hold: send, presence, state.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use televisor_clock::Clock;
use televisor_xmpp::Element;
use tokio::sync::{mpsc, watch};

use crate::config::Config;

/// Stanzas that wait to be sent or to be acknowledged, at most.
const QUEUE: usize = 512;
/// Stanzas that came in and have not been taken, at most; the stream is not read meanwhile.
const INBOX: usize = 64;

/// What the receiver is, for those who ask.
#[derive(Debug, Clone)]
pub struct About {
    /// The friendly name: nickname (XEP-0172) and name in disco#info.
    pub name: String,
    /// The version of the software (XEP-0092).
    pub version: String,
    /// The presence, without addresses: `<presence/>` with a status.
    pub presence: Element,
    /// The vCard (XEP-0054): `<vCard xmlns='vcard-temp'/>` with FN.
    pub vcard: Element,
    /// Namespaces of iq requests that the taker of the stanzas answers itself (by [`Uplink::send`]),
    /// such as ad-hoc commands; told in disco#info. All other requests are answered here.
    pub answers: Vec<String>,
}

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
    /// The server will not have us; tried again every 15 minutes.
    Refused {
        /// Why, for a person.
        why: String,
    },
    /// No connection now; tried again soon.
    Away {
        /// Why, for a person.
        why: String,
        /// How long from the change of state to the next attempt.
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

/// The queue is full: the server has not taken anything for a long time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many stanzas wait for the uplink")]
pub struct Full;

/// The receiver's session on another server; cheap to clone.
#[derive(Debug, Clone)]
pub struct Uplink {
    outbox: mpsc::Sender<Element>,
    state: watch::Receiver<UplinkState>,
    roster: Arc<RwLock<HashMap<String, String>>>,
}

impl Uplink {
    /// Begins to log in, and keeps doing so until [`Uplink::shutdown`]. What comes from others is in
    /// the receiver returned: messages, presence, answers to iq requests, and requests in the
    /// namespaces of [`About::answers`].
    ///
    /// # Errors
    /// If the account's address is none.
    pub fn start(
        config: Config,
        _about: About,
        _clock: Clock,
    ) -> Result<(Self, mpsc::Receiver<Element>), Error> {
        if !config.jid.contains('@') {
            return Err(Error::Jid(config.jid));
        }
        let (outbox, _) = mpsc::channel(QUEUE);
        let (_, inbox) = mpsc::channel(INBOX);
        let (_, state) = watch::channel(UplinkState::Connecting);
        Ok((Self { outbox, state, roster: Arc::default() }, inbox))
    }

    /// Queues a stanza; without `from`, it is ours. What is queued before the session is there is kept.
    ///
    /// # Errors
    /// [`Full`] if too much waits already.
    pub fn send(&self, stanza: Element) -> Result<(), Full> {
        self.outbox.try_send(stanza).map_err(|_| Full)
    }

    /// Changes the presence, now and for sessions to come.
    pub fn set_presence(&self, _presence: Element) {}

    /// Changes the vCard, now and for sessions to come.
    pub fn set_vcard(&self, _vcard: Element) {}

    /// How the uplink is, and each change of it.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<UplinkState> {
        self.state.clone()
    }

    /// The subscription with the contact `jid` (bare) in the account's roster: `none`, `to`, `from`
    /// or `both` (RFC 6121 section 2.1.2.5); `None` if it is not there.
    #[must_use]
    pub fn subscription(&self, jid: &str) -> Option<String> {
        self.roster.read().ok()?.get(jid).cloned()
    }

    /// Says goodbye and closes the stream; returns within 3 seconds.
    pub async fn shutdown(&self) {}
}
