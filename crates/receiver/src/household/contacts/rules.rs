//! How many may be asked, and when again: nobody is pestered, and nobody's receiver is made to pester.

use jiff::{SignedDuration, Timestamp};
use televisor_model::{Contact, ContactState};

/// Invitations that wait for their answer at any time.
pub(super) const WAITING: usize = 3;
/// Invitations in any 24 hours.
pub(super) const A_DAY: usize = 10;
/// Accounts that a household has, whatever their state.
pub(super) const MOST_CONTACTS: usize = 100;
/// How often an account may say no within [`SILENCE`] and still change its mind by itself: each time
/// the household is asked again.
pub(super) const CHANGES_OF_MIND: usize = 2;
/// How long somebody who said no is left alone.
pub(super) const SILENCE: SignedDuration = SignedDuration::from_hours(30 * 24);

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Why an account was not invited or let in. Every one says the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContactError {
    /// It is no address of an account.
    #[error("“{0}” is not an address such as joe@example.org")]
    BadAddress(String),
    /// It is known in one home only.
    #[error("{0} is an address of one home only; pair that device instead")]
    AtHome(String),
    /// It waits for its answer already.
    #[error("{0} is invited already and has not answered; “revoke {0}” takes that back")]
    AlreadyInvited(String),
    /// It has said yes, and the household has not.
    #[error("{0} has accepted already; “allow {0}” lets them in")]
    AlreadyAccepted(String),
    /// It is in.
    #[error("{0} may talk to me already")]
    AlreadyAllowed(String),
    /// It said no.
    #[error("{jid} declined, so I leave them alone until {}; they can still use an invitation link", day(.until))]
    Refused {
        /// Who.
        jid: String,
        /// Until when it is left alone.
        until: Timestamp,
    },
    /// Three wait for an answer.
    #[error("{} invitations wait for an answer already ({}); revoke one, or wait", .0.len(), .0.join(", "))]
    TooManyWaiting(Vec<String>),
    /// Ten were sent since yesterday.
    #[error("{A_DAY} invitations a day are enough; the next may go at {}", clock(.0))]
    TooManyToday(Timestamp),
    /// It has not said yes.
    #[error("{0} has not accepted the invitation yet; I ask you when they do")]
    NotAccepted(String),
    /// Nobody has invited it.
    #[error("{0} has not been invited; “invite {0}” does that")]
    Unknown(String),
    /// There are as many as there may be.
    #[error("there are {0} accounts already; revoke some")]
    TooMany(usize),
    /// The token is used, too old, or none of ours.
    #[error("that invitation has been used or is more than 10 minutes old; ask for another")]
    DeadToken,
    /// There was no randomness for a token.
    #[error("the system gave no random numbers")]
    NoRandomness,
}

fn day(at: &Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::system()).strftime("%-d %B").to_string()
}

fn clock(at: &Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M").to_string()
}

/// Something that happened with an address, remembered whatever became of the account since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Past {
    pub(super) jid: String,
    pub(super) what: What,
    pub(super) at: Timestamp,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Invited,
    Refused,
}

impl Past {
    /// Returns whether it still matters.
    pub(super) fn matters(&self, now: Timestamp) -> bool {
        now.duration_since(self.at) < SILENCE
    }
}

/// Lets an invitation of `jid` pass, or says which rule it breaks.
pub(super) fn may_invite<'a>(
    jid: &str,
    contacts: impl Iterator<Item = &'a Contact> + Clone,
    past: &[Past],
    now: Timestamp,
) -> Result<(), ContactError> {
    if let Some(known) = contacts.clone().find(|contact| contact.jid == jid) {
        let jid = jid.to_owned();
        match known.state {
            ContactState::Invited => return Err(ContactError::AlreadyInvited(jid)),
            ContactState::Accepted => return Err(ContactError::AlreadyAccepted(jid)),
            ContactState::Allowed => return Err(ContactError::AlreadyAllowed(jid)),
            ContactState::Refused => {}
        }
    }
    if let Some(until) = silent_until(jid, past, now) {
        return Err(ContactError::Refused { jid: jid.to_owned(), until });
    }
    let waiting: Vec<String> = contacts
        .clone()
        .filter(|contact| contact.state == ContactState::Invited)
        .map(|contact| contact.jid.clone())
        .collect();
    if waiting.len() >= WAITING {
        return Err(ContactError::TooManyWaiting(waiting));
    }
    let mut today: Vec<Timestamp> = past
        .iter()
        .filter(|past| past.what == What::Invited && now.duration_since(past.at) < DAY)
        .map(|past| past.at)
        .collect();
    today.sort_unstable();
    if let Some(oldest) = today.iter().rev().nth(A_DAY - 1) {
        return Err(ContactError::TooManyToday(later(*oldest, DAY)));
    }
    match contacts.filter(|contact| contact.jid != jid).count() {
        many if many >= MOST_CONTACTS => Err(ContactError::TooMany(many)),
        _ => Ok(()),
    }
}

/// Returns until when `jid` is left alone, if it is.
pub(super) fn silent_until(jid: &str, past: &[Past], now: Timestamp) -> Option<Timestamp> {
    let refusals = past.iter().filter(|past| past.jid == jid && past.what == What::Refused);
    let last = refusals.map(|past| past.at).max()?;
    (now.duration_since(last) < SILENCE).then(|| later(last, SILENCE))
}

/// Returns whether `jid`, which said no, may still say yes by itself.
pub(super) fn may_change_its_mind(jid: &str, past: &[Past], now: Timestamp) -> bool {
    let refusals = past.iter().filter(|past| past.jid == jid && past.what == What::Refused);
    let lately = refusals.filter(|past| past.matters(now)).count();
    (1..=CHANGES_OF_MIND).contains(&lately)
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}
