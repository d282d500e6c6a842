//! People's own accounts elsewhere, as far as the household has let them in.

use std::fmt;

use jiff::Timestamp;

use crate::Role;

/// Somebody's own account elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Names it: a bare JID, normalised.
    pub jid: String,
    /// What it calls itself, cleaned; a stranger's text.
    pub name: Option<String>,
    /// What its person may do once it is allowed.
    pub role: Role,
    /// How far it has got.
    pub state: ContactState,
    /// Who asked for it, in words ("Dan's phone").
    pub invited_by: String,
    /// Since when it has been in this state.
    pub since: Timestamp,
    /// By which way it is talked to.
    pub via: Via,
}

impl Contact {
    /// Returns what people call it: its name, else its address.
    #[must_use]
    pub fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.jid)
    }
}

/// How far an account has got. Only an allowed one may command anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactState {
    /// Asked, and has not answered.
    Invited,
    /// Said yes; waits for the household's "allow".
    Accepted,
    /// May talk to the receiver.
    Allowed,
    /// Said no; not asked again for 30 days.
    Refused,
}

impl fmt::Display for ContactState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invited => "invited",
            Self::Accepted => "accepted",
            Self::Allowed => "allowed",
            Self::Refused => "refused",
        })
    }
}

/// By which way an account elsewhere is talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// Server to server (RFC 6120).
    Federation,
    /// Through the server that the receiver is a component of (XEP-0114).
    Component,
    /// Through the receiver's own ordinary account.
    Uplink,
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Federation => "federation",
            Self::Component => "component",
            Self::Uplink => "uplink",
        })
    }
}
