//! What to ask of a running server. Cheap to clone.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use televisor_xmpp::element::Element;
use televisor_xmpp::jid::{BareJid, Domain};
use televisor_xmpp::stream::StreamCondition;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::client_certificates::ClientCertificates;
use crate::context::Context;
use crate::delivery::{self, presence, resident, subscribe};
use crate::error::Error;
use crate::federation::{Federation, FederationStatus};
use crate::http::Http;
use crate::listener::{self, Door};
use crate::neighbour::Neighbour;
use crate::push;
use crate::server::Shared;
use crate::storage::roster;
use crate::subscription::Subscription;

/// Work of the embedding program that may wait for the server.
const QUEUE: usize = 1024;

/// How long streams may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(5);

/// A running server.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
    jobs: mpsc::Sender<Job>,
    /// Accounts came, went or were renamed: that is seen to however much waits.
    accounts: Arc<Notify>,
    addresses: Arc<Addresses>,
}

/// Where it listens.
#[derive(Debug, Default)]
pub(crate) struct Addresses {
    pub(crate) clients: Vec<SocketAddr>,
    pub(crate) servers: Vec<SocketAddr>,
}

enum Job {
    Send(String, Element),
    Presence,
    Clients(String),
    Reachable,
    Drop(String, BareJid, oneshot::Sender<()>),
}

impl Handle {
    pub(crate) fn start(shared: Arc<Shared>, addresses: Addresses) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let accounts = Arc::new(Notify::new());
        let work = Work { context: shared.context.clone(), queue, accounts: Arc::clone(&accounts) };
        shared.tasks.spawn(run(work, shared.down.clone()));
        Self { shared, jobs, accounts, addresses: addresses.into() }
    }

    /// Serves a client whose stream came in another way than by the listeners: from `addr`, which
    /// reached `local`; `secure` says that nobody can listen in, so that no TLS is offered inside.
    /// Returns whether there was room for it.
    #[must_use]
    pub fn serve<S>(&self, io: S, addr: SocketAddr, local: SocketAddr, secure: bool) -> bool
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        listener::serve(&self.shared, Box::new(io), (addr, local), secure, Door::Clients)
    }

    /// Serves HTTP where clients come in, from now on: to whoever speaks nothing else in TLS. A second
    /// one is not taken.
    pub fn serve_http(&self, http: Arc<dyn Http>) {
        if self.shared.http.set(http).is_err() {
            tracing::warn!("HTTP is served by somebody already");
        }
    }

    /// Sends a stanza from a resident, whose bare address is its `from`; routed, and kept for later
    /// if need be. Returns at once; a flood beyond the queue's bound is dropped with a warning.
    pub fn send(&self, resident: &str, stanza: Element) {
        self.queue(Job::Send(resident.to_owned(), stanza));
    }

    /// Returns how a resident stands to a contact on another server; `None` if its roster does not
    /// hold it. What was given to [`Handle::send`] just before may not be in it yet.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn subscription(
        &self,
        resident: &str,
        contact: &BareJid,
    ) -> Result<Option<Subscription>, Error> {
        let entry = roster::find(self.context().store(), resident, &contact.to_string()).await?;
        Ok(entry.map(|entry| entry.state))
    }

    /// Returns a resident's contacts on other servers, those whose request waits among them.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn contacts(&self, resident: &str) -> Result<Vec<(BareJid, Subscription)>, Error> {
        let entries = roster::all(self.context().store(), resident).await?;
        let contact = |entry: roster::Entry| Some((entry.contact.parse().ok()?, entry.state));
        Ok(entries.into_iter().filter_map(contact).collect())
    }

    /// Ends a resident's subscription with a contact both ways and forgets it, after whatever was
    /// given to [`Handle::send`] before. Returns when that is on disk.
    pub async fn drop_contact(&self, resident: &str, contact: &BareJid) {
        let (done, wait) = oneshot::channel();
        let job = Job::Drop(resident.to_owned(), contact.clone(), done);
        // Either end is gone only when the server is: then nobody is subscribed to anything.
        if self.jobs.send(job).await.is_ok() {
            drop(wait.await);
        }
    }

    /// Tells everybody that the residents' presence is another.
    pub fn presence_changed(&self) {
        self.queue(Job::Presence);
    }

    /// Reads the accounts again: ends the sessions of those gone at once, and those begun with
    /// credentials that others have taken the place of; pushes roster changes.
    pub fn accounts_changed(&self) {
        end_forgotten(self.context());
        self.context().client_certificates().accounts_changed();
        self.accounts.notify_one();
    }

    /// Ends every session of an account and takes its programs' tokens away, as when its credentials
    /// were replaced.
    pub fn end_sessions(&self, localpart: &str) {
        self.context().clients().invalidate_all(localpart);
        self.queue(Job::Clients(localpart.to_owned()));
        self.context().router().end(localpart, StreamCondition::NotAuthorized);
    }

    /// Replaces the other names of this host, as they are found. Open streams keep theirs.
    pub fn set_aliases(&self, aliases: Vec<String>) {
        self.context().aliases().set(aliases);
    }

    /// Sets the name that other servers know this one by, or that there is none. Streams to other
    /// servers that are opened later use it.
    pub fn set_public_name(&self, name: Option<String>) {
        if let Some(federation) = self.context().federation() {
            if let Some(name) = name.as_ref().filter(|_| federation.component().is_none()) {
                self.context().aliases().set_public(name);
            }
            let found = name.is_some() && federation.status().public_name != name;
            federation.set_public_name(name);
            if found {
                self.queue(Job::Reachable);
            }
        }
    }

    /// Returns what there is to tell about other servers.
    #[must_use]
    pub fn federation(&self) -> FederationStatus {
        self.context().federation().map(Federation::status).unwrap_or_default()
    }

    /// Serves another server that lives in this process: from now on stanzas for its domain go to what
    /// this returns, until that is dropped.
    #[must_use]
    pub fn neighbour(&self, domain: Domain) -> Neighbour {
        Neighbour::new(self.context().clone(), domain)
    }

    /// Returns the certificates that accounts have registered, and follows them.
    #[must_use]
    pub fn client_certificates(&self) -> ClientCertificates {
        self.context().client_certificates().clone()
    }

    /// Wakes an account's devices and says what became of it, hop by hop; see [`push::test()`].
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn test_push(&self, localpart: &str) -> Result<push::Report, Error> {
        Ok(push::test(self.context(), localpart).await?)
    }

    /// Returns how many sessions there are.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.context().router().count()
    }

    /// Whether an account has a session.
    #[must_use]
    pub fn connected(&self, localpart: &str) -> bool {
        self.context().router().is_connected(localpart)
    }

    /// Returns the addresses it listens on.
    #[must_use]
    pub fn local_addrs(&self) -> &[SocketAddr] {
        &self.addresses.clients
    }

    /// Returns the addresses it listens on for other servers, beside those for clients.
    #[must_use]
    pub fn federation_addrs(&self) -> &[SocketAddr] {
        &self.addresses.servers
    }

    /// Returns what the features see.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.shared.context
    }

    /// Closes every listener, ends every stream with `system-shutdown`, and waits a few seconds for
    /// that to be written.
    pub async fn shutdown(&self) {
        resident::all_leave(self.context()).await;
        self.shared.down.cancel();
        self.context().router().end_all(StreamCondition::SystemShutdown);
        self.shared.tasks.close();
        if timeout(GOODBYE, self.shared.tasks.wait()).await.is_err() {
            tracing::warn!("some streams did not say goodbye in time");
        }
        if timeout(GOODBYE, self.context().journal().flush()).await.is_err() {
            tracing::error!("the last messages could not be archived in time");
        }
    }

    fn queue(&self, job: Job) {
        if self.jobs.try_send(job).is_err() {
            tracing::warn!("the server is too busy to take more from its residents");
        }
    }
}

/// Ends the sessions of whoever knew what lets nobody in any more.
fn end_forgotten(context: &Context) {
    for session in context.router().all() {
        let origin = &session.origin;
        let account = context.accounts().account(&origin.account);
        if account.is_none_or(|account| origin.credentials != Some(account.credentials())) {
            tracing::info!(account = %origin.account, "nobody gets in like this any more, the session ends");
            context.router().end_session(origin, StreamCondition::NotAuthorized);
        }
    }
}

/// What [`run`] sees to.
struct Work {
    context: Context,
    queue: mpsc::Receiver<Job>,
    accounts: Arc<Notify>,
}

async fn run(work: Work, down: CancellationToken) {
    let Work { context, mut queue, accounts } = work;
    loop {
        let job = tokio::select! {
            () = down.cancelled() => return,
            () = accounts.notified() => {
                delivery::accounts_changed(&context).await;
                continue;
            }
            job = queue.recv() => job,
        };
        match job {
            None => return,
            Some(Job::Send(resident, stanza)) => {
                resident::said(&context, &resident, stanza).await;
            }
            Some(Job::Presence) => {
                for one in context.residents() {
                    resident::presence_changed(&context, one.localpart()).await;
                }
            }
            Some(Job::Reachable) => presence::reachable(&context).await,
            Some(Job::Clients(account)) => {
                if let Err(error) = context.clients().keep(&account).await {
                    tracing::error!(%error, %account, "its tokens could not be dropped on disk");
                }
            }
            Some(Job::Drop(resident, contact, done)) => {
                if let Err(error) = subscribe::end(&context, &resident, &contact.to_string()).await
                {
                    tracing::error!(%error, %contact, "a contact could not be forgotten");
                }
                // Whoever asked may have stopped waiting.
                let _ = done.send(());
            }
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}
