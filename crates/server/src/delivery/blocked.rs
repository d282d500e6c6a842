//! XEP-0191: what does not pass, because one end blocks the other. To whoever is blocked the account
//! seems offline; whoever blocks is told when it talks all the same.
//!
//! Never between the resources of one account, nor between an account and its own server.

use std::collections::BTreeSet;

use televisor_store::Error;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, ErrorKind, StanzaError};
use televisor_xmpp::jid::Jid;
use televisor_xmpp::ns;
use televisor_xmpp::stanza::{IqType, Kind, Stanza};

use crate::blocklists::is_in;
use crate::context::Context;
use crate::delivery::audience::Audience;
use crate::delivery::{presence, refuse};
use crate::roster::Roster;

/// What becomes of a stanza that one end blocks: this answer, or none.
pub(crate) struct Blocked(pub(crate) Option<Element>);

/// Checks a stanza of a session, of a resident, or from another server.
pub(crate) fn check(context: &Context, stanza: &Stanza) -> Result<(), Blocked> {
    if !context.blocklists().any() {
        return Ok(());
    }
    let (Some(from), Some(to)) = (stanza.from(), stanza.to()) else { return Ok(()) };
    if blocks(context, from, to) {
        return Err(Blocked(not_acceptable(stanza)));
    }
    if blocks(context, to, from) { Err(Blocked(unavailable(stanza))) } else { Ok(()) }
}

/// Whether nothing is to pass between these, in whichever direction.
pub(crate) fn are_apart(context: &Context, one: &Jid, other: &Jid) -> bool {
    context.blocklists().any() && (blocks(context, one, other) || blocks(context, other, one))
}

/// Whether nothing that says to be from the one is to get to the other.
pub(crate) fn is_withheld(context: &Context, stanza: &Element, to: &Jid) -> bool {
    if !context.blocklists().any() {
        return false;
    }
    let from = stanza.attr("from").and_then(|from| from.parse().ok());
    from.is_some_and(|from| are_apart(context, &from, to))
}

/// The same for an address as text.
pub(crate) fn is_withheld_from(context: &Context, stanza: &Element, to: &str) -> bool {
    context.blocklists().any() && to.parse().is_ok_and(|to| is_withheld(context, stanza, &to))
}

/// Whether `one` is of an account here that blocks `other`.
fn blocks(context: &Context, one: &Jid, other: &Jid) -> bool {
    let here = one.domainpart().as_str() == context.domain();
    let Some(account) = one.localpart().filter(|_| here) else { return false };
    let own = one.bare() == other.bare();
    let server = other.localpart().is_none() && other.domainpart() == one.domainpart();
    !own && !server && context.blocklists().blocks(account, other)
}

/// Section 3.3: the answer to whoever blocks the addressee.
fn not_acceptable(stanza: &Stanza) -> Option<Element> {
    StanzaError::new(Condition::NotAcceptable)
        .with_kind(ErrorKind::Cancel)
        .with_application(Element::new("blocked", ns::BLOCKING_ERRORS))
        .reply_to(stanza.element())
}

/// Section 3.3: the answer to whoever is blocked.
fn unavailable(stanza: &Stanza) -> Option<Element> {
    match stanza.kind() {
        Kind::Message(_) | Kind::Iq(IqType::Get | IqType::Set) => {
            refuse(stanza, Condition::ServiceUnavailable)
        }
        Kind::Presence(_) | Kind::Iq(IqType::Result | IqType::Error) => None,
    }
}

/// Section 3.3: whoever is about to be blocked, and may see the account, sees it go.
pub(crate) async fn hide(
    context: &Context,
    account: &str,
    entries: &BTreeSet<String>,
) -> Result<(), Error> {
    let roster = Roster::load(context, account).await?;
    for contact in among(roster.watchers(), entries) {
        presence::reveal(context, account, &contact, false);
    }
    for session in context.router().sessions(account) {
        let shown = session.directed.iter().map(String::as_str);
        for address in among(shown, entries) {
            let gone = presence::unavailable_from(&session);
            Audience::one(context, &address).show(context, &gone);
            let _ = context.router().set_directed(&session.origin, &address, false);
        }
    }
    Ok(())
}

/// Section 3.4: whoever is no longer blocked, and may see the account, sees it again, and it them.
pub(crate) async fn show_again(
    context: &Context,
    account: &str,
    entries: &BTreeSet<String>,
) -> Result<(), Error> {
    let roster = Roster::load(context, account).await?;
    for contact in among(roster.watchers(), entries) {
        presence::reveal(context, account, &contact, true);
    }
    let sessions = context.router().sessions(account);
    for contact in among(roster.watched(), entries) {
        for session in sessions.iter().filter(|session| session.available.is_some()) {
            presence::show(context, &contact, &session.origin.jid);
        }
    }
    Ok(())
}

/// Returns the addresses that entries are about: where an entry is one resource of it, that resource.
fn among<'a>(
    addresses: impl Iterator<Item = &'a str>,
    entries: &BTreeSet<String>,
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for address in addresses {
        let Ok(jid) = address.parse::<Jid>() else { continue };
        if is_in(entries, &jid) {
            found.insert(address.to_owned());
            continue;
        }
        let of_it =
            |entry: &&String| entry.split_once('/').is_some_and(|(bare, _)| bare == address);
        found.extend(entries.iter().filter(of_it).cloned());
    }
    found
}
