//! What may become of an account: one function per thing that happens. They decide and touch nothing.

use jiff::Timestamp;
use televisor_model::{Actor, Contact, ContactState, Role, Via};

use super::ContactError;
use super::book::Kept;
use super::rules::{MOST_CONTACTS, Past, What, may_change_its_mind, may_invite, silent_until};
use super::tokens::Held;
use crate::Error;
use crate::permission::{self, Command};

/// What is to be written and shown.
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// The account as it stands now, or stood before it went.
    pub(super) contact: Contact,
    /// Whether it goes.
    pub(super) gone: bool,
    /// What is to be remembered of it whatever becomes of it.
    pub(super) past: Option<Past>,
}

impl Step {
    fn now(contact: Contact) -> Self {
        Self { contact, gone: false, past: None }
    }
}

/// Somebody of the household invites it.
pub(super) fn invited(
    kept: &Kept,
    by: &str,
    jid: &str,
    via: Via,
    now: Timestamp,
) -> Result<Option<Step>, Error> {
    may_invite(jid, kept.contacts.values(), &kept.past, now)?;
    let contact = Contact {
        jid: jid.to_owned(),
        name: kept.contacts.get(jid).and_then(|before| before.name.clone()),
        role: Role::Member,
        state: ContactState::Invited,
        invited_by: by.to_owned(),
        since: now,
        via,
    };
    let past = Some(Past { jid: jid.to_owned(), what: What::Invited, at: now });
    Ok(Some(Step { contact, gone: false, past }))
}

/// It says yes. One that had said no may change its mind by itself, but not for ever; the household
/// decides all the same.
pub(super) fn accepted(kept: &Kept, jid: &str, via: Via, now: Timestamp) -> Option<Step> {
    let before = kept.contacts.get(jid)?;
    match before.state {
        ContactState::Invited => {}
        ContactState::Refused if may_change_its_mind(jid, &kept.past, now) => {}
        ContactState::Refused | ContactState::Accepted | ContactState::Allowed => return None,
    }
    let state = ContactState::Accepted;
    Some(Step::now(Contact { state, via, since: now, ..before.clone() }))
}

/// It says no, or leaves.
pub(super) fn refused(kept: &Kept, jid: &str, now: Timestamp) -> Option<Step> {
    let before = kept.contacts.get(jid)?;
    match before.state {
        ContactState::Invited | ContactState::Accepted | ContactState::Allowed => {}
        ContactState::Refused => return None,
    }
    let contact =
        Contact { state: ContactState::Refused, role: Role::Member, since: now, ..before.clone() };
    let past = Some(Past { jid: jid.to_owned(), what: What::Refused, at: now });
    Some(Step { contact, gone: false, past })
}

/// It comes this way, and may call itself something. At the uplink, that it is who it says it is comes
/// from the uplink's server and not from its own: whoever was let in by another way is asked about again.
pub(super) fn came(kept: &Kept, jid: &str, via: Via, name: Option<String>) -> Option<Step> {
    let before = kept.contacts.get(jid)?;
    let name = name.or_else(|| before.name.clone());
    let changed = before.name != name || before.via != via;
    let doubtful = before.via != via && via == Via::Uplink;
    let state = match before.state {
        ContactState::Allowed if doubtful => ContactState::Accepted,
        state => state,
    };
    changed.then(|| Step::now(Contact { name, via, state, ..before.clone() }))
}

/// It brings a token.
pub(super) fn redeemed(
    kept: &Kept,
    jid: &str,
    held: &Held,
    via: Via,
    now: Timestamp,
) -> Result<Option<Step>, Error> {
    let before = kept.contacts.get(jid);
    if let Some(before) = before.filter(|before| before.state == ContactState::Allowed) {
        let other = before.via != via;
        return Ok(other.then(|| Step::now(Contact { via, ..before.clone() })));
    }
    if before.is_none() && kept.contacts.len() >= MOST_CONTACTS {
        return Err(ContactError::TooMany(kept.contacts.len()).into());
    }
    Ok(Some(Step::now(Contact {
        jid: jid.to_owned(),
        name: before.and_then(|before| before.name.clone()),
        role: held.role,
        state: ContactState::Allowed,
        invited_by: held.made_by.clone(),
        since: now,
        via,
    })))
}

/// Somebody of the household lets it in, or gives it another role.
pub(super) fn allowed(
    kept: &Kept,
    actor: &Actor,
    jid: &str,
    role: Option<Role>,
    now: Timestamp,
) -> Result<Option<Step>, Error> {
    permission::check(actor, Command::Invite)?;
    let before = kept.contacts.get(jid).ok_or_else(|| ContactError::Unknown(jid.to_owned()))?;
    let role = role.unwrap_or(before.role);
    let contact = Contact { role, state: ContactState::Allowed, since: now, ..before.clone() };
    match before.state {
        ContactState::Invited => Err(ContactError::NotAccepted(jid.to_owned()).into()),
        ContactState::Refused => {
            let until = silent_until(jid, &kept.past, now);
            Err(match until {
                Some(until) => ContactError::Refused { jid: jid.to_owned(), until },
                None => ContactError::Unknown(jid.to_owned()),
            }
            .into())
        }
        ContactState::Accepted => {
            if role == Role::Owner {
                permission::check(actor, Command::Administer)?;
            }
            Ok(Some(Step::now(contact)))
        }
        ContactState::Allowed if role == before.role => Ok(None),
        ContactState::Allowed => {
            permission::check(actor, Command::Administer)?;
            Ok(Some(Step::now(Contact { since: before.since, ..contact })))
        }
    }
}

/// Somebody of the household, or the account itself, ends it.
pub(super) fn revoked(kept: &Kept, actor: &Actor, jid: &str) -> Result<Option<Step>, Error> {
    let before = kept.contacts.get(jid);
    let own = actor.contact() == Some(jid);
    permission::check(
        actor,
        match before.map(|before| before.state) {
            _ if own => Command::ForgetSelf,
            Some(ContactState::Allowed) => Command::Forget,
            // Who may ask may also take it back, or say no when the household is asked.
            Some(ContactState::Invited | ContactState::Accepted | ContactState::Refused) | None => {
                Command::Invite
            }
        },
    )?;
    let contact = before.ok_or_else(|| ContactError::Unknown(jid.to_owned()))?.clone();
    Ok(Some(Step { contact, gone: true, past: None }))
}
