//! The handle: memory in front, disk behind. Looking up costs a lock and no more; every change is
//! on disk before it is answered.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex as StdMutex, PoisonError, RwLock, RwLockReadGuard};

use jiff::Timestamp;
use televisor_clock::Clock;
use televisor_model::{Actor, Change, Contact, ContactState, Role, Via};
use televisor_store::Database;
use tokio::sync::{Mutex, broadcast};

use super::rules::{Past, SILENCE};
use super::steps::{self, Step};
use super::tokens::{Invitation, Tokens};
use super::{ContactError, rows};
use crate::Error;
use crate::household::{clean, spawned};

/// The household's accounts elsewhere, cheap to clone.
#[derive(Clone)]
pub struct Contacts {
    inner: Arc<Inner>,
}

struct Inner {
    db: Database,
    clock: Clock,
    kept: RwLock<Kept>,
    tokens: StdMutex<Tokens>,
    /// Held from before a change is worked out until it is in memory.
    turn: Mutex<()>,
    changes: broadcast::Sender<Change>,
}

/// What is known: the accounts, and what happened in the last 30 days.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) contacts: BTreeMap<String, Contact>,
    pub(super) past: Vec<Past>,
}

impl Contacts {
    /// Reads the accounts from `db`.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) async fn open(
        db: Database,
        clock: Clock,
        changes: broadcast::Sender<Change>,
    ) -> Result<Self, Error> {
        let (contacts, past) =
            db.read(|conn| Ok::<_, Error>((rows::load(conn)?, rows::load_past(conn)?))).await?;
        let contacts = contacts.into_iter().map(|c| (c.jid.clone(), c)).collect();
        let inner = Inner {
            db,
            clock,
            kept: RwLock::new(Kept { contacts, past }),
            tokens: StdMutex::default(),
            turn: Mutex::new(()),
            changes,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Returns every account, the oldest first; one that said no is listed for 30 days.
    #[must_use]
    pub fn list(&self) -> Vec<Contact> {
        let now = self.inner.clock.now();
        let mut all: Vec<Contact> =
            self.kept().contacts.values().filter(|c| is_listed(c, now)).cloned().collect();
        all.sort_by(|a, b| (a.since, &a.jid).cmp(&(b.since, &b.jid)));
        all
    }

    /// Returns one account by its bare JID.
    #[must_use]
    pub fn get(&self, jid: &str) -> Option<Contact> {
        let now = self.inner.clock.now();
        self.kept().contacts.get(jid).filter(|c| is_listed(c, now)).cloned()
    }

    /// Notes that an account said yes to its invitation. `None` if it had none, or was further
    /// already.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn accepted(&self, jid: &str, via: Via) -> Result<Option<Contact>, Error> {
        let jid = jid.to_owned();
        self.change(move |kept, now| Ok(steps::accepted(kept, &jid, via, now))).await
    }

    /// Notes that an account said no, or left. `None` if nobody had asked it.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn refused(&self, jid: &str) -> Result<Option<Contact>, Error> {
        let jid = jid.to_owned();
        self.change(move |kept, now| Ok(steps::refused(kept, &jid, now))).await
    }

    /// Notes by which way an account talks to the receiver now, and what it calls itself, if it says
    /// so; cleaned here. `None` if nothing has changed.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn came(
        &self,
        jid: &str,
        via: Via,
        name: Option<&str>,
    ) -> Result<Option<Contact>, Error> {
        let (jid, name) = (jid.to_owned(), name.and_then(clean));
        self.change(move |kept, _| Ok(steps::came(kept, &jid, via, name))).await
    }

    /// Lets in an account that brings a token, which is used up whatever comes of it.
    ///
    /// # Errors
    /// [`ContactError::DeadToken`], [`ContactError::TooMany`], [`Error::Store`].
    pub async fn redeem(&self, token: &str, jid: &str, via: Via) -> Result<Contact, Error> {
        let now = self.inner.clock.now();
        let held = self.tokens().redeem(token, now)?;
        let step_jid = jid.to_owned();
        let done =
            self.change(move |kept, now| steps::redeemed(kept, &step_jid, &held, via, now)).await?;
        done.or_else(|| self.get(jid)).ok_or_else(|| ContactError::Unknown(jid.to_owned()).into())
    }

    /// Returns whether a token is still good.
    #[must_use]
    pub fn is_live(&self, token: &str) -> bool {
        self.tokens().is_live(token, self.inner.clock.now())
    }

    pub(crate) fn token(&self, role: Role, made_by: &str) -> Result<Invitation, Error> {
        Ok(self.tokens().make(role, made_by, self.inner.clock.now())?)
    }

    /// Ends every token: whoever goes, or may do less from now on, may have made them to come back.
    pub(crate) fn end_tokens(&self) {
        self.tokens().clear();
    }

    pub(crate) async fn invite(&self, by: &str, jid: &str, via: Via) -> Result<Contact, Error> {
        let (by, jid) = (by.to_owned(), jid.to_owned());
        let wanted = jid.clone();
        let done = self.change(move |kept, now| steps::invited(kept, &by, &jid, via, now)).await?;
        done.ok_or_else(|| ContactError::Unknown(wanted).into())
    }

    pub(crate) async fn allow(
        &self,
        actor: &Actor,
        jid: &str,
        role: Option<Role>,
    ) -> Result<Contact, Error> {
        let (actor, step_jid) = (actor.clone(), jid.to_owned());
        let done = self
            .change(move |kept, now| steps::allowed(kept, &actor, &step_jid, role, now))
            .await?;
        done.or_else(|| self.get(jid)).ok_or_else(|| ContactError::Unknown(jid.to_owned()).into())
    }

    pub(crate) async fn revoke(&self, actor: &Actor, jid: &str) -> Result<Contact, Error> {
        let (actor, wanted) = (actor.clone(), jid.to_owned());
        let jid = wanted.clone();
        let done = self.change(move |kept, _| steps::revoked(kept, &actor, &jid)).await?;
        done.ok_or_else(|| ContactError::Unknown(wanted).into())
    }

    fn kept(&self) -> RwLockReadGuard<'_, Kept> {
        self.inner.kept.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn tokens(&self) -> std::sync::MutexGuard<'_, Tokens> {
        self.inner.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works out one step, writes it, then shows it: in that order, and to the end even if the
    /// caller goes away.
    async fn change(
        &self,
        work: impl FnOnce(&Kept, Timestamp) -> Result<Option<Step>, Error> + Send + 'static,
    ) -> Result<Option<Contact>, Error> {
        let this = self.clone();
        spawned(async move {
            let _turn = this.inner.turn.lock().await;
            let now = this.inner.clock.now();
            let Some(step) = work(&this.kept(), now)? else { return Ok(None) };
            let row = step.clone();
            this.inner.db.write(move |conn| write(conn, &row, now)).await?;
            let contact = step.contact.clone();
            this.show(step, now);
            Ok(Some(contact))
        })
        .await
    }

    fn show(&self, step: Step, now: Timestamp) {
        let Step { contact, gone, past } = step;
        let mut kept = self.inner.kept.write().unwrap_or_else(PoisonError::into_inner);
        let change = if gone {
            kept.contacts.remove(&contact.jid);
            Change::ContactGone(contact)
        } else {
            kept.contacts.insert(contact.jid.clone(), contact.clone());
            Change::Contact(contact)
        };
        kept.past.retain(|past| past.matters(now));
        kept.past.extend(past);
        drop(kept);
        // Nobody listening is no failure.
        drop(self.inner.changes.send(change));
    }
}

fn write(
    conn: &televisor_store::rusqlite::Connection,
    step: &Step,
    now: Timestamp,
) -> Result<(), Error> {
    if step.gone {
        rows::remove(conn, &step.contact.jid)?;
    } else {
        rows::save(conn, &step.contact)?;
    }
    if let Some(past) = &step.past {
        rows::note(conn, past, now.saturating_sub(SILENCE).unwrap_or(Timestamp::MIN))?;
    }
    Ok(())
}

/// One that said no drops out of sight when it may be asked again.
fn is_listed(contact: &Contact, now: Timestamp) -> bool {
    contact.state != ContactState::Refused || now.duration_since(contact.since) < SILENCE
}

impl fmt::Debug for Contacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contacts")
            .field("accounts", &self.kept().contacts.len())
            .finish_non_exhaustive()
    }
}
