//! XEP-0198 across a restart: a message that a client was sent is on disk until the client acknowledges
//! it, so that not even a power cut loses it. It goes there with the messages of its batch, and what is
//! acknowledged before that never does.
//!
//! After a restart a session cannot be gone on with, but its client says how many stanzas it has
//! received: the others wait for it like messages for somebody who is not there. Where it does not come
//! back, whichever of the account's clients is there by then gets them, or comes next.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use televisor_store::{Database, Error};
use televisor_xmpp::jid::FullJid;

use crate::archive::ArchiveId;
use crate::context::Context;
use crate::delivery;
use crate::router::Origin;
use crate::storage::unacknowledged as storage;
use crate::stream_management::counted::Counted;

/// Where a stanza is among those that its session's client is to acknowledge.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    counted: Arc<Counted>,
    number: u32,
}

/// A message that a client was sent.
#[derive(Debug, Clone)]
pub(crate) struct Unacknowledged {
    pub(crate) sent: Sent,
    pub(crate) place: Place,
    /// As [`Entry::stanza`](crate::archive::Entry::stanza) holds it.
    pub(crate) stanza: Bytes,
    /// Its id in the archive, or the one it would have there.
    pub(crate) id: ArchiveId,
    /// Whether the account's archive has it.
    pub(crate) archived: bool,
}

/// Where a session is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) account: String,
    pub(crate) resource: String,
}

impl Place {
    pub(crate) fn new(account: &str, jid: &FullJid) -> Self {
        Self { account: account.to_owned(), resource: jid.resourcepart().to_owned() }
    }
}

impl Sent {
    pub(crate) fn new(counted: &Arc<Counted>, number: u32) -> Self {
        Self { counted: Arc::clone(counted), number }
    }

    pub(crate) const fn number(&self) -> u32 {
        self.number
    }

    /// Returns the id of the session, if the stanza is to be on disk.
    pub(crate) fn session_to_write(&self) -> Option<&str> {
        self.counted.id().filter(|_| self.counted.will_write(self.number))
    }
}

/// What was under way when the server ended.
#[derive(Debug, Default)]
pub(crate) struct Leftovers {
    sessions: Mutex<HashMap<String, Place>>,
}

impl Leftovers {
    /// Looks for what there is.
    pub(crate) async fn open(store: &Database) -> Result<Self, Error> {
        Ok(Self { sessions: Mutex::new(storage::sessions(store).await?) })
    }

    /// The client of a session is back and has received the first `h` stanzas.
    pub(crate) async fn returned(&self, context: &Context, id: &str, account: &str, h: u32) {
        if let Some(place) = self.take(id, account) {
            keep(context, id, &place, h).await;
        }
    }

    /// A client has come anew: where it was before, nobody comes back.
    pub(crate) async fn replaced(&self, context: &Context, origin: &Origin) {
        let resource = origin.jid.resourcepart();
        self.end(context, |place| place.account == origin.account && place.resource == resource)
            .await;
    }

    /// A client of the account gets from the archive what it has not received.
    pub(crate) async fn archived(&self, context: &Context, account: &str) {
        self.end(context, |place| place.account == account).await;
    }

    /// Nobody comes back any more: whoever is here gets it.
    pub(crate) async fn over(&self, context: &Context) {
        let accounts: HashSet<String> =
            self.lock().values().map(|place| place.account.clone()).collect();
        self.end(context, |_| true).await;
        for account in accounts {
            delivery::waits(context, &account).await;
        }
    }

    fn take(&self, id: &str, account: &str) -> Option<Place> {
        let mut sessions = self.lock();
        sessions.get(id).filter(|place| place.account == account)?;
        sessions.remove(id)
    }

    async fn end(&self, context: &Context, is_over: impl Fn(&Place) -> bool) {
        for (id, place) in self.take_all(is_over) {
            keep(context, &id, &place, 0).await;
        }
    }

    fn take_all(&self, is_over: impl Fn(&Place) -> bool) -> Vec<(String, Place)> {
        self.lock().extract_if(|_, place| is_over(place)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Place>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn keep(context: &Context, id: &str, place: &Place, h: u32) {
    match storage::keep(context.store(), id, h).await {
        Ok(count) => context.archive().kept().add(&place.account, count),
        Err(error) => tracing::error!(%error, "messages of a lost session could not be kept"),
    }
}
