//! RFC 6121: what becomes of each stanza of a bound session. The core calls these six functions and
//! nothing else; addresses in what it hands over are canonical, and `from` is stamped.

use televisor_xmpp::element::Element;

use crate::context::Context;
use crate::router::{Origin, Session};

/// Takes one stanza a session sent; returns the one reply to that session, if there is one.
pub(crate) async fn stanza(
    _context: &Context,
    _origin: &Origin,
    _stanza: Element,
) -> Option<Element> {
    None
}

/// Is told that a resource was bound (after `Accounts::logged_in`); `first` if the account had
/// never logged in before.
pub(crate) async fn session_started(_context: &Context, _origin: &Origin, _first: bool) {}

/// Is told that a session has ended, with its state at the end: it is no longer in the router.
pub(crate) async fn session_ended(_context: &Context, _session: Session) {}

/// Routes a stanza a resident sent; `from` is its bare JID unless the resident set it.
pub(crate) async fn from_resident(_context: &Context, _localpart: &str, _stanza: Element) {}

/// Is told that a resident's presence is another.
pub(crate) async fn resident_presence_changed(_context: &Context, _localpart: &str) {}

/// Is told that accounts came, went or were renamed. Sessions of those gone have been ended.
pub(crate) async fn accounts_changed(_context: &Context) {}
