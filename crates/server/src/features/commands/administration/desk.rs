//! Every command of administration, and what their forms share.

use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::jid::Jid;
use televisor_xmpp::payload::forms::{Field, FieldKind, Form};

use super::{accounts, announce, lists};
use crate::command::Command;
use crate::context::Context;
use crate::feature::Spec;

/// The type of all forms of administration.
const FORM_TYPE: &str = "http://jabber.org/protocol/admin";

/// Every command, in the order they are listed.
pub(in crate::features::commands) static COMMANDS: [&dyn Command; 10] = [
    &accounts::Add,
    &accounts::Delete,
    &accounts::EndSession,
    &accounts::LastLogin,
    &accounts::Statistics,
    &lists::REGISTERED_NUMBER,
    &lists::ONLINE_NUMBER,
    &lists::REGISTERED,
    &lists::ONLINE,
    &announce::Announce,
];

/// The line of the compliance document.
pub(crate) const SPEC: Spec = Spec::xep(
    "XEP-0133",
    "Service Administration",
    "1.3.1",
    "for owners: add (by pairing), delete, end session, last login, statistics, lists, announce",
);

/// Starts a form that asks.
pub(super) fn asking(title: &str, instructions: &str) -> Form {
    Form::asking(title).instructions(instructions).form_type(FORM_TYPE)
}

/// Starts a form that tells.
pub(super) fn telling(title: &str) -> Form {
    Form::telling(title).form_type(FORM_TYPE)
}

/// The field for accounts, or resources of them.
pub(super) fn whom(label: &str) -> Field {
    Field::new(FieldKind::JidMulti, "accountjids").label(label).required()
}

/// Reads the localpart of an account of this server.
pub(super) fn account_here(context: &Context, jid: &Jid) -> Result<String, StanzaError> {
    let here = jid.domainpart().as_str() == context.domain();
    let localpart = jid.localpart().filter(|_| here);
    let known = localpart.filter(|localpart| context.accounts().account(localpart).is_some());
    known.map(str::to_owned).ok_or_else(|| {
        StanzaError::new(Condition::ItemNotFound).with_text(format!("there is no account {jid}"))
    })
}
