//! What an account sees of the programs that can get in (XEP-0494), and how one of them is put out.
//!
//! A program that never said who it is has a place in the list as long as it has a session.

use std::sync::Arc;

use jiff::Timestamp;
use televisor_xmpp::jid::FullJid;

use crate::clients::client::Client;
use crate::clients::registry::{Clients, Live};
use crate::clients::token::Tokens;
use crate::router::Origin;

/// A program, as its account sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) id: String,
    pub(crate) connected: bool,
    pub(crate) first_seen: Timestamp,
    pub(crate) last_seen: Timestamp,
    /// Whether it has proven to know the credentials.
    pub(crate) password: bool,
    /// Whether it has a token.
    pub(crate) token: bool,
    pub(crate) software: Option<String>,
    pub(crate) device: Option<String>,
}

/// What is left to do about a program that was put out.
#[derive(Debug, Clone)]
pub(crate) struct Revoked {
    /// Its sessions, which are to be ended.
    pub(crate) sessions: Vec<Arc<Origin>>,
    /// Whether it knows the account's credentials, and can come again.
    pub(crate) password: bool,
}

impl Clients {
    /// Lists the programs of an account, those seen last first.
    pub(crate) fn list(&self, account: &str) -> Vec<Listed> {
        let (now, credentials) = (self.now(), self.credentials(account));
        let state = self.lock();
        let live = || state.sessions.values().filter(|live| live.origin.account == account);
        let connected = |id: &str| live().any(|live| live.client.as_deref() == Some(id));
        let known = state.clients.get(account).into_iter().flatten();
        let current = known.filter(|client| Some(client.credentials) == credentials);
        let mut list: Vec<Listed> = current
            .map(|client| listed(client, connected(&client.id), now))
            .filter(|listed| listed.connected || listed.password || listed.token)
            .collect();
        let nameless = live().filter(|live| live.client.is_none());
        list.extend(nameless.map(|live| self.nameless(live, now)));
        list.sort_by(|a, b| b.last_seen.cmp(&a.last_seen).then_with(|| a.id.cmp(&b.id)));
        list
    }

    /// Takes everything from a program that it can get in with, less what it knows. `None`: there is
    /// no such program.
    pub(crate) async fn revoke(&self, account: &str, id: &str) -> Option<Revoked> {
        let revoked = {
            let credentials = self.credentials(account);
            let state = &mut *self.lock();
            let live = state.sessions.values().filter(|live| live.origin.account == account);
            let is = |live: &&Live| match &live.client {
                Some(client) => client == id,
                None => self.nameless_id(&live.origin.jid) == id,
            };
            let sessions: Vec<Arc<Origin>> =
                live.filter(is).map(|live| Arc::clone(&live.origin)).collect();
            let all = state.clients.get_mut(account);
            let place = all.as_ref().and_then(|all| all.iter().position(|c| c.id == id));
            let client = all.zip(place).and_then(|(all, place)| {
                let client = all.get_mut(place)?;
                client.tokens = Tokens::default();
                let password = client.password && Some(client.credentials) == credentials;
                if !password {
                    all.remove(place);
                }
                Some(password)
            });
            match client {
                Some(password) => Revoked { sessions, password },
                None if sessions.is_empty() => return None,
                None => Revoked { sessions, password: true },
            }
        };
        self.write(account, id).await;
        Some(revoked)
    }

    fn nameless(&self, live: &Live, now: Timestamp) -> Listed {
        Listed {
            id: self.nameless_id(&live.origin.jid),
            connected: true,
            first_seen: live.since,
            last_seen: now,
            password: true,
            token: false,
            software: None,
            device: None,
        }
    }

    /// The same program comes back with the same resource, as a rule.
    fn nameless_id(&self, jid: &FullJid) -> String {
        self.derive("session", &[&jid.to_string()])
    }
}

fn listed(client: &Client, connected: bool, now: Timestamp) -> Listed {
    Listed {
        id: client.id.clone(),
        connected,
        first_seen: client.first_seen,
        last_seen: if connected { now } else { client.last_seen },
        password: client.password,
        token: client.tokens.are_live(now),
        software: client.software.clone(),
        device: client.device.clone(),
    }
}
