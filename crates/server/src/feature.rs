//! One feature, one iq namespace, one file: the trait, the request it answers, its document.
//!
//! A feature *returns* its one answer, and the core sends it: a request cannot go unanswered, nor be
//! answered twice. Pushes to others go through [`Context::router`](crate::Context::router).

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::jid::Jid;

use crate::accounts::{BoxFuture, Locality};
use crate::context::Context;
use crate::router::Origin;

/// One protocol feature. Listed in `registry.rs`; two that claim the same payload refuse the start.
pub trait Feature: Send + Sync {
    /// Returns the document it implements.
    fn spec(&self) -> Spec;

    /// Returns the iq payloads it answers.
    fn claims(&self) -> &'static [Claim];

    /// Returns what service discovery says of the server because of it.
    fn disco(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether the answer may take seconds: then the session that waits for it is heard meanwhile.
    fn takes_long(&self, _context: &Context, _request: &Request<'_>) -> bool {
        false
    }

    /// Returns what the server is, beside a server: category and type.
    fn server_identity(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    /// Returns what service discovery tells of the server in a form of its own (XEP-0128).
    fn server_form(&self) -> Option<Element> {
        None
    }

    /// Returns what service discovery says of an account because of it.
    fn account_disco(&self, _viewer: Viewer) -> &'static [&'static str] {
        &[]
    }

    /// Returns what an account is, beside a registered account: category and type.
    fn account_identity(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    /// Answers service discovery about a node of the target: the payload says whether info or items
    /// are asked for. `None` if the node is none of the feature's.
    fn disco_node<'a>(
        &'a self,
        _context: &'a Context,
        _request: &'a Request<'a>,
        _node: &'a str,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    /// Returns the items that service discovery lists of the target because of it.
    fn disco_items<'a>(
        &'a self,
        _context: &'a Context,
        _request: &'a Request<'a>,
    ) -> BoxFuture<'a, Result<Vec<Element>, StanzaError>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    /// Whether contacts on other servers may ask it, too (iq gets only).
    fn is_for_contacts(&self) -> bool {
        false
    }

    /// Whether contacts on other servers may also change what it keeps (iq sets), as far as it lets
    /// them.
    fn takes_sets_of_contacts(&self) -> bool {
        false
    }

    /// Answers one request: the result's payload, `None` for an empty result, or the error.
    fn answer<'a>(
        &'a self,
        context: &'a Context,
        request: Request<'a>,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>>;
}

/// A payload that a feature answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Claim {
    /// The payload element's name.
    pub name: &'static str,
    /// Its namespace.
    pub namespace: &'static str,
    /// Which iq it rides in; `None` for both.
    pub kind: Option<Kind>,
}

/// The two kinds of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `<iq type='get'/>`
    Get,
    /// `<iq type='set'/>`
    Set,
}

/// Whom a request is for, of those the server answers for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The bare domain.
    Server,
    /// The sender's own account (its bare JID, or no `to` at all).
    Own,
    /// The bare JID of another account, which exists.
    Account(String),
    /// The bare JID of a resident.
    Resident(String),
}

/// Who looks at an account by service discovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// The account itself.
    Owner,
    /// Somebody else who may know that there is such an account.
    Other,
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub enum Asker<'a> {
    /// A session of one of the household's accounts.
    Session(&'a Origin),
    /// Somebody whose account is on another server: its address, as that server vouches for it.
    /// Whoever is no contact of the one it asks gets to ask only what strangers may.
    Remote(&'a Jid),
}

impl Asker<'_> {
    /// Returns which side of the door it is on.
    #[must_use]
    pub const fn locality(&self) -> Locality {
        match self {
            Self::Session(origin) => origin.peer.locality(),
            Self::Remote(_) => Locality::Remote,
        }
    }
}

/// One iq request, routed to a feature.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Who asks.
    pub asker: Asker<'a>,
    /// Get or set.
    pub kind: Kind,
    /// Who is asked.
    pub target: Target,
    /// The iq's one child.
    pub payload: &'a Element,
    /// The whole iq, in canonical addresses.
    pub iq: &'a Element,
}

impl<'a> Request<'a> {
    /// Returns the session that asks.
    ///
    /// # Errors
    /// `forbidden`, for an asker that has no session here.
    pub fn session(&self) -> Result<&'a Origin, StanzaError> {
        match self.asker {
            Asker::Session(origin) => Ok(origin),
            Asker::Remote(_) => Err(Condition::Forbidden.into()),
        }
    }

    /// Returns the session that asks, if it asks its own account: nobody else's is its to see or set.
    ///
    /// # Errors
    /// `forbidden` for the account of another, `service-unavailable` where there is no such thing.
    pub fn owner(&self) -> Result<&'a Origin, StanzaError> {
        match self.target {
            Target::Own => self.session(),
            Target::Account(_) => Err(Condition::Forbidden.into()),
            Target::Server | Target::Resident(_) => Err(Condition::ServiceUnavailable.into()),
        }
    }
}

/// One line of `docs/COMPLIANCE.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// The document, such as `XEP-0199`.
    pub document: &'static str,
    /// Its title.
    pub title: &'static str,
    /// The version implemented; empty for an RFC.
    pub version: &'static str,
    /// What is done of it, and what is left out.
    pub note: &'static str,
}

impl Spec {
    /// A line about an RFC, which has no versions, or about a section of one.
    pub(crate) const fn rfc(
        document: &'static str,
        title: &'static str,
        note: &'static str,
    ) -> Self {
        Self::xep(document, title, "", note)
    }

    /// A line about a XEP of this version.
    pub(crate) const fn xep(
        document: &'static str,
        title: &'static str,
        version: &'static str,
        note: &'static str,
    ) -> Self {
        Self { document, title, version, note }
    }
}
