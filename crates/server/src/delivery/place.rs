//! Where an address leads: RFC 6121 section 8.

use televisor_xmpp::jid::{FullJid, Jid};

use crate::context::Context;
use crate::delivery::rules::{Addressed, Resources};
use crate::router::Session;

/// Who is addressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// The bare domain.
    Server,
    /// An account here, at its bare JID.
    Account(String),
    /// A resource of an account here.
    Resource(String, FullJid),
    /// A resident.
    Resident(String),
    /// An address here that nobody has.
    Nobody,
    /// Another domain.
    Elsewhere,
}

impl Place {
    /// Finds out where `to` leads; no address means the sender's own account (section 10.3).
    pub(crate) fn of(context: &Context, to: Option<&Jid>, own: Option<&str>) -> Self {
        let Some(to) = to else {
            return own.map_or(Self::Nobody, |own| Self::Account(own.to_owned()));
        };
        if to.domainpart().as_str() != context.domain() {
            return Self::Elsewhere;
        }
        let Some(localpart) = to.localpart() else { return Self::Server };
        if context.resident(localpart).is_some() {
            return Self::Resident(localpart.to_owned());
        }
        if !context.accounts().exists(localpart) {
            return Self::Nobody;
        }
        match to.to_full() {
            Some(full) => Self::Resource(localpart.to_owned(), full),
            None => Self::Account(localpart.to_owned()),
        }
    }

    /// Sums up, for the rules, how an account is addressed and what its resources take.
    pub(crate) fn sum_up(&self, context: &Context) -> (Addressed, Resources) {
        let (account, addressed) = match self {
            Self::Account(account) => (account, Addressed::Bare),
            Self::Resource(account, full) if context.router().is_bound(full) => {
                (account, Addressed::Connected)
            }
            Self::Resource(account, _) => (account, Addressed::Gone),
            Self::Server | Self::Resident(_) | Self::Nobody | Self::Elsewhere => {
                return (Addressed::Bare, Resources::NoAccount);
            }
        };
        let resources = context.router().look(account, |sessions| {
            Resources::of(sessions.filter_map(|s| s.available.as_ref()).map(|a| a.priority))
        });
        (addressed, resources)
    }

    /// Returns the addresses of an account's available resources with at least this priority.
    pub(crate) fn available(&self, context: &Context, least: i8) -> Vec<FullJid> {
        match self {
            Self::Account(account) | Self::Resource(account, _) => {
                available(context, account, least)
            }
            Self::Server | Self::Resident(_) | Self::Nobody | Self::Elsewhere => Vec::new(),
        }
    }
}

/// Returns the localpart of a bare address of this server.
pub(crate) fn localpart_here<'a>(context: &Context, bare: &'a str) -> Option<&'a str> {
    let (localpart, domain) = bare.split_once('@')?;
    (domain == context.domain()).then_some(localpart)
}

/// Whether a bare address is one of another server.
pub(crate) fn is_elsewhere(context: &Context, bare: &str) -> bool {
    bare.split_once('@').map_or(bare, |(_, domain)| domain) != context.domain()
}

/// Returns the addresses of an account's available resources with at least this priority.
pub(crate) fn available(context: &Context, account: &str, least: i8) -> Vec<FullJid> {
    let willing = |s: &&Session| s.available.as_ref().is_some_and(|a| a.priority >= least);
    context.router().look(account, |s| s.filter(willing).map(|s| s.origin.jid.clone()).collect())
}
