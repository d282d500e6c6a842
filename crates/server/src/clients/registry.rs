//! The programs of all accounts: in memory, where each log-in looks, and on disk.
//!
//! What is written is always what is in memory when the writer's turn comes, so that writes may come
//! in any order. A token is on disk before its client is told of it, and before an older one is
//! taken to be gone.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;
use televisor_clock::Clock;
use televisor_store::{Database, Error};
use televisor_xmpp::ht::{HtMechanism, Initiator};
use televisor_xmpp::sasl2::UserAgent;
use televisor_xmpp::scram::ChannelBinding;

use crate::accounts::Accounts;
use crate::clients::client::Client;
use crate::clients::token::{Proof, Token, Tokens};
use crate::random::token;
use crate::router::{Origin, SessionId};
use crate::storage::clients as storage;

/// Programs of one account; one more, and the one not seen for longest is forgotten.
const PER_ACCOUNT: usize = 32;

/// A program that was not seen for this long is forgotten.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Characters of an id: 96 bits.
const ID: usize = 16;

/// The programs of all accounts. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Clients {
    inner: Arc<Inner>,
}

struct Inner {
    store: Database,
    accounts: Arc<dyn Accounts>,
    clock: Clock,
    secret: [u8; 32],
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    /// By localpart.
    pub(super) clients: HashMap<String, Vec<Client>>,
    pub(super) sessions: HashMap<SessionId, Live>,
}

/// A session that is there.
pub(super) struct Live {
    pub(super) origin: Arc<Origin>,
    /// The id of its program, if that said who it is.
    pub(super) client: Option<String>,
    pub(super) since: Timestamp,
}

impl Clients {
    pub(crate) async fn open(
        store: Database,
        accounts: Arc<dyn Accounts>,
        clock: Clock,
        secret: [u8; 32],
    ) -> Result<Self, Error> {
        let clients = storage::all(&store).await?;
        let state = Mutex::new(State { clients, sessions: HashMap::new() });
        let this = Self { inner: Arc::new(Inner { store, accounts, clock, secret, state }) };
        this.tidy().await?;
        Ok(this)
    }

    /// Makes a name of what must not be shown, the same at every start.
    pub(crate) fn derive(&self, what: &str, of: &[&str]) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(&self.inner.secret);
        let Ok(mut mac) = mac else { return String::new() };
        for part in [what].iter().chain(of) {
            mac.update(&u64::try_from(part.len()).unwrap_or_default().to_be_bytes());
            mac.update(part.as_bytes());
        }
        let mut text = BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        text.truncate(ID);
        text
    }

    /// Finds the token that a client proves to hold, and the credentials of the account that it stands
    /// for.
    pub(crate) fn proven(
        &self,
        account: &str,
        agent: &str,
        mechanism: HtMechanism,
        initiator: &Initiator,
        binding: Option<&ChannelBinding>,
    ) -> Option<(Proof, [u8; 32])> {
        let id = self.id(account, agent);
        let credentials = self.credentials(account);
        let now = self.inner.clock.now();
        let state = self.lock();
        let client = state.clients.get(account).and_then(|all| all.iter().find(|c| c.id == id));
        let tokens = client.filter(|client| credentials == Some(client.credentials));
        let tokens = tokens.map(|client| &client.tokens).cloned().unwrap_or_default();
        drop(state);
        // Whoever has no token waits as long as who has a wrong one.
        let absent = initiator.proves("", binding);
        tokens.proven(mechanism, initiator, binding, now).filter(|_| !absent).zip(credentials)
    }

    /// Notes that a token was used; returns whether it still could be.
    pub(crate) async fn used(
        &self,
        account: &str,
        agent: &str,
        proof: &Proof,
        count: Option<u32>,
    ) -> bool {
        let id = self.id(account, agent);
        let used = self.change(account, &id, |client| {
            let before = client.tokens.clone();
            (client.tokens.used(&proof.secret, count), before != client.tokens)
        });
        match used {
            Some((true, changed)) => !changed || self.write(account, &id).await,
            Some((false, _)) | None => false,
        }
    }

    /// Notes that a program has logged in, and returns its id. `password` says whether it has proven
    /// to know these credentials of the account's, or only to hold a token that stands for them.
    pub(crate) fn seen(
        &self,
        account: &str,
        agent: &UserAgent,
        credentials: [u8; 32],
        password: bool,
    ) -> Option<String> {
        let id = self.id(account, agent.id.as_deref()?);
        let now = self.inner.clock.now();
        let (worth, forgotten) = {
            let mut state = self.lock();
            let all = state.clients.entry(account.to_owned()).or_default();
            let forgotten = make_room(all, &id);
            let client = match all.iter_mut().position(|client| client.id == id) {
                Some(place) => all.get_mut(place),
                None => {
                    all.push(Client::new(id.clone(), credentials, now));
                    all.last_mut()
                }
            };
            (client?.seen(agent, credentials, password, now), forgotten)
        };
        for id in worth.then(|| id.clone()).into_iter().chain(forgotten) {
            let (this, account) = (self.clone(), account.to_owned());
            tokio::spawn(async move { this.write(&account, &id).await });
        }
        Some(id)
    }

    /// Gives a program that knows these credentials another token, which takes the place of the one it
    /// was given and did not use.
    pub(crate) async fn issue(
        &self,
        account: &str,
        id: &str,
        credentials: [u8; 32],
        mechanism: HtMechanism,
    ) -> Option<Token> {
        let made = Token::new(token().ok()?, mechanism, self.inner.clock.now());
        let given = self.change(account, id, |client| {
            let same = client.credentials == credentials;
            if same {
                client.tokens.new = Some(made.clone());
            }
            same
        });
        given.filter(|given| *given)?;
        self.write(account, id).await.then_some(made)
    }

    /// Takes a program's tokens away.
    pub(crate) async fn invalidate(&self, account: &str, id: &str) {
        if self.change(account, id, |client| client.tokens = Tokens::default()).is_some() {
            self.write(account, id).await;
        }
    }

    /// Takes the tokens of all programs of an account away, at once; [`Clients::keep`] brings that to
    /// disk.
    pub(crate) fn invalidate_all(&self, account: &str) {
        for client in self.lock().clients.get_mut(account).into_iter().flatten() {
            client.tokens = Tokens::default();
        }
    }

    /// Brings the programs of an account to disk as they are now.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn keep(&self, account: &str) -> Result<(), Error> {
        let all = self.lock().clients.get(account).cloned().unwrap_or_default();
        self.write_all(all.into_iter().map(|client| (account.to_owned(), client.id)).collect())
            .await
    }

    /// Notes a session; returns those that the same program had before.
    pub(crate) fn joined(&self, origin: &Arc<Origin>, client: Option<String>) -> Vec<Arc<Origin>> {
        let since = self.inner.clock.now();
        let mut state = self.lock();
        let same = |live: &&Live| {
            client.is_some() && live.client == client && live.origin.account == origin.account
        };
        let older =
            state.sessions.values().filter(same).map(|live| Arc::clone(&live.origin)).collect();
        let live = Live { origin: Arc::clone(origin), client, since };
        state.sessions.insert(origin.session, live);
        older
    }

    /// Whether a program has a session.
    pub(crate) fn has_session(&self, account: &str, id: &str) -> bool {
        let state = self.lock();
        let is = |live: &Live| live.client.as_deref() == Some(id) && live.origin.account == account;
        state.sessions.values().any(is)
    }

    /// Notes that a session has ended.
    pub(crate) fn left(&self, session: SessionId) {
        let now = self.inner.clock.now();
        let mut state = self.lock();
        let Some(live) = state.sessions.remove(&session) else { return };
        let Some(id) = live.client else { return };
        let all = state.clients.get_mut(&live.origin.account).into_iter().flatten();
        for client in all.filter(|client| client.id == id) {
            client.last_seen = now;
        }
    }

    /// Forgets the programs of accounts that are gone, those not seen for long, and tokens that are
    /// worth nothing any more.
    pub(crate) async fn tidy(&self) -> Result<(), Error> {
        let now = self.inner.clock.now();
        let known: Vec<String> = self.lock().clients.keys().cloned().collect();
        let mut changed = Vec::new();
        for account in known {
            let credentials = self.credentials(&account);
            let mut state = self.lock();
            let Some(all) = state.clients.get_mut(&account) else { continue };
            let before = all.clone();
            all.retain(|client| {
                credentials.is_some() && now.duration_since(client.last_seen) < KEPT
            });
            for client in all.iter_mut().filter(|c| Some(c.credentials) != credentials) {
                client.tokens = Tokens::default();
                client.password = false;
            }
            let same = |client: &Client| all.contains(client);
            let ids = before.iter().filter(|client| !same(client)).map(|client| client.id.clone());
            changed.extend(ids.map(|id| (account.clone(), id)));
            if all.is_empty() {
                state.clients.remove(&account);
            }
        }
        if changed.is_empty() { Ok(()) } else { self.write_all(changed).await }
    }

    pub(crate) fn id(&self, account: &str, agent: &str) -> String {
        self.derive("client", &[account, agent])
    }

    pub(super) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Tells the credentials of an account from those it may have later.
    pub(super) fn credentials(&self, account: &str) -> Option<[u8; 32]> {
        self.inner.accounts.account(account).map(|account| account.credentials())
    }

    pub(super) fn change<T>(
        &self,
        account: &str,
        id: &str,
        change: impl FnOnce(&mut Client) -> T,
    ) -> Option<T> {
        let mut state = self.lock();
        let client = state.clients.get_mut(account)?.iter_mut().find(|client| client.id == id)?;
        Some(change(client))
    }

    /// Brings a program to disk as it is now; returns whether that has worked.
    pub(super) async fn write(&self, account: &str, id: &str) -> bool {
        let written = self.write_all(vec![(account.to_owned(), id.to_owned())]).await;
        written
            .inspect_err(|error| tracing::error!(%error, "a client's access could not be kept"))
            .is_ok()
    }

    async fn write_all(&self, ids: Vec<(String, String)>) -> Result<(), Error> {
        let this = self.clone();
        self.inner
            .store
            .write(move |conn| {
                for (account, id) in ids {
                    let now = this.change(&account, &id, |client| client.clone());
                    storage::replace(conn, &account, &id, now.as_ref())?;
                }
                Ok(())
            })
            .await
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets the program that was not seen for longest, if one more would be too many.
fn make_room(all: &mut Vec<Client>, id: &str) -> Option<String> {
    if all.len() < PER_ACCOUNT || all.iter().any(|client| client.id == id) {
        return None;
    }
    let oldest = all.iter().enumerate().min_by_key(|(_, client)| client.last_seen)?.0;
    Some(all.swap_remove(oldest).id)
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").finish_non_exhaustive()
    }
}
