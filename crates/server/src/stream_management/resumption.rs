//! XEP-0198 section 5: the sessions that can be gone on with, by the id each was given. An id is as
//! good as a password, but only together with one: it is asked for after authentication.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::random::token;
use crate::session::{Claim, Ready};
use crate::stream_management::counted::{Handled, REMEMBERED};

/// How long a session may take to let go of its old connection.
const LETTING_GO: Duration = Duration::from_secs(10);

/// The sessions of this server that can be resumed.
#[derive(Default)]
pub(crate) struct Resumptions {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: HashMap<String, Open>,
    /// The last to end, newest last.
    ended: VecDeque<Handled>,
}

struct Open {
    account: String,
    claims: mpsc::Sender<Claim>,
}

/// There is no such session any more; what it had handled, if that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotFound {
    pub(crate) handled: Option<u32>,
}

impl Resumptions {
    /// Goes on from what the last sessions before a restart had handled.
    pub(crate) fn after(ended: Vec<Handled>) -> Self {
        Self { state: Mutex::new(State { open: HashMap::new(), ended: ended.into() }) }
    }

    /// Makes an id for a session of `account`, which takes claims.
    pub(crate) fn open(&self, account: &str, claims: mpsc::Sender<Claim>) -> Option<String> {
        let id = token().ok()?;
        let open = Open { account: account.to_owned(), claims };
        self.lock().open.insert(id.clone(), open);
        Some(id)
    }

    /// Notes that a session has ended for good, having handled so many stanzas.
    pub(crate) fn close(&self, id: &str, account: &str, handled: u32) {
        let mut state = self.lock();
        state.open.remove(id);
        if state.ended.len() >= REMEMBERED {
            state.ended.pop_front();
        }
        state.ended.push_back(Handled { id: id.to_owned(), account: account.to_owned(), handled });
    }

    /// Claims a session of `account`; it waits for the new connection when this returns.
    pub(crate) async fn claim(&self, id: &str, account: &str) -> Result<Ready, NotFound> {
        let claims = self.claims(id, account)?;
        let (reply, ready) = oneshot::channel();
        let gone = NotFound { handled: None };
        claims.try_send(Claim { reply }).map_err(|_| gone)?;
        match timeout(LETTING_GO, ready).await {
            Ok(Ok(ready)) => Ok(ready),
            Ok(Err(_)) => Err(self.claims(id, account).err().unwrap_or(gone)),
            Err(_) => Err(gone),
        }
    }

    fn claims(&self, id: &str, account: &str) -> Result<mpsc::Sender<Claim>, NotFound> {
        let state = self.lock();
        let open = state.open.get(id).filter(|open| open.account == account);
        open.map(|open| open.claims.clone()).ok_or_else(|| {
            let ended = state.ended.iter().find(|e| e.id == id && e.account == account);
            NotFound { handled: ended.map(|ended| ended.handled) }
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
