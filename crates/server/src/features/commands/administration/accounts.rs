//! XEP-0133 sections 4.1, 4.2, 4.5, 4.9 and 4.10: coming and going of accounts, their sessions and
//! figures.

use televisor_xmpp::error::StanzaError;
use televisor_xmpp::jid::Jid;
use televisor_xmpp::payload::forms::{Field, FieldKind};
use televisor_xmpp::stream::StreamCondition;

use super::desk::{account_here, asking, telling, whom};
use crate::accounts::BoxFuture;
use crate::command::{Command, Reply, Requester, Turn};
use crate::context::Context;
use crate::error::internal;
use crate::roster::Roster;

/// Section 4.1: an account comes by pairing, which is opened.
pub(super) struct Add;

/// Section 4.2: an account is forgotten.
pub(super) struct Delete;

/// Section 4.5: all sessions of an account end, or one.
pub(super) struct EndSession;

/// Section 4.9: when an account was last here.
pub(super) struct LastLogin;

/// Section 4.10: where an account is, and how many contacts it has.
pub(super) struct Statistics;

impl Command for Add {
    fn node(&self) -> &str {
        "http://jabber.org/protocol/admin#add-user"
    }

    fn name(&self) -> String {
        "Add a device".to_owned()
    }

    fn may(&self, _context: &Context, requester: &Requester) -> bool {
        requester.is_owner
    }

    fn step<'a>(
        &'a self,
        context: &'a Context,
        turn: Turn<'a>,
    ) -> BoxFuture<'a, Result<Reply, StanzaError>> {
        Box::pin(async move {
            let added = context.accounts().add(&turn.requester.account).await;
            Ok(added.map_or_else(Reply::failed, Reply::said))
        })
    }
}

impl Command for Delete {
    fn node(&self) -> &str {
        "http://jabber.org/protocol/admin#delete-user"
    }

    fn name(&self) -> String {
        "Forget a device".to_owned()
    }

    fn may(&self, _context: &Context, requester: &Requester) -> bool {
        requester.is_owner
    }

    fn step<'a>(
        &'a self,
        context: &'a Context,
        turn: Turn<'a>,
    ) -> BoxFuture<'a, Result<Reply, StanzaError>> {
        Box::pin(async move {
            let Some(jids) = named(turn) else {
                let form = asking("Forget a device", "Its sessions end, and it must pair again.");
                return Ok(Reply::Ask(form.field(whom("The addresses to forget"))));
            };
            let accounts = jids.iter().map(|jid| account_here(context, jid));
            let accounts = accounts.collect::<Result<Vec<_>, _>>()?;
            for account in &accounts {
                let removed = context.accounts().remove(account, &turn.requester.account).await;
                if let Err(why) = removed {
                    return Ok(Reply::failed(why));
                }
            }
            Ok(Reply::said(format!("Forgotten: {}.", accounts.len())))
        })
    }
}

impl Command for EndSession {
    fn node(&self) -> &str {
        "http://jabber.org/protocol/admin#end-user-session"
    }

    fn name(&self) -> String {
        "End a session".to_owned()
    }

    fn may(&self, _context: &Context, requester: &Requester) -> bool {
        requester.is_owner
    }

    fn step<'a>(
        &'a self,
        context: &'a Context,
        turn: Turn<'a>,
    ) -> BoxFuture<'a, Result<Reply, StanzaError>> {
        Box::pin(async move {
            let Some(jids) = named(turn) else {
                let form = asking("End a session", "The device may log in again.");
                return Ok(Reply::Ask(form.field(whom("The addresses whose sessions end"))));
            };
            let mut ended = 0;
            for jid in &jids {
                account_here(context, jid)?;
            }
            for jid in &jids {
                ended += end(context, jid);
            }
            Ok(Reply::said(format!("Sessions ended: {ended}.")))
        })
    }
}

/// Ends the session at a full address, or all at a bare one; returns how many those are.
fn end(context: &Context, jid: &Jid) -> usize {
    let sessions = context.router().sessions(jid.localpart().unwrap_or_default());
    let full = jid.to_full();
    let meant = sessions.iter().map(|session| &session.origin);
    let meant = meant.filter(|origin| full.as_ref().is_none_or(|full| *full == origin.jid));
    meant
        .filter_map(|origin| context.router().end_session(origin, StreamCondition::PolicyViolation))
        .count()
}

impl Command for LastLogin {
    fn node(&self) -> &str {
        "http://jabber.org/protocol/admin#get-user-lastlogin"
    }

    fn name(&self) -> String {
        "Last login of a device".to_owned()
    }

    fn may(&self, _context: &Context, requester: &Requester) -> bool {
        requester.is_owner
    }

    fn step<'a>(
        &'a self,
        context: &'a Context,
        turn: Turn<'a>,
    ) -> BoxFuture<'a, Result<Reply, StanzaError>> {
        Box::pin(async move {
            let title = "Last login of a device";
            let Some(jids) = named(turn) else {
                let form = asking(title, "Name the devices.");
                return Ok(Reply::Ask(form.field(whom("The addresses in question"))));
            };
            let mut who = Field::new(FieldKind::JidMulti, "accountjids").label("Address");
            let mut when = Field::new(FieldKind::TextMulti, "lastlogin").label("Last login");
            for jid in &jids {
                let account = account_here(context, jid)?;
                let at = context.accounts().last_login(&account);
                let at = at.map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
                who = who.value(jid.bare().to_string());
                when = when.value(at.unwrap_or_default());
            }
            Ok(Reply::told(telling(title).field(who).field(when)))
        })
    }
}

impl Command for Statistics {
    fn node(&self) -> &str {
        "http://jabber.org/protocol/admin#user-stats"
    }

    fn name(&self) -> String {
        "Figures of a device".to_owned()
    }

    fn may(&self, _context: &Context, requester: &Requester) -> bool {
        requester.is_owner
    }

    fn step<'a>(
        &'a self,
        context: &'a Context,
        turn: Turn<'a>,
    ) -> BoxFuture<'a, Result<Reply, StanzaError>> {
        Box::pin(async move {
            let title = "Figures of a device";
            let Some(jid) = turn.answers.first().and_then(|answers| answers.jid("accountjid"))
            else {
                let field = Field::new(FieldKind::JidSingle, "accountjid").required();
                let form = asking(title, "Name the device.");
                return Ok(Reply::Ask(form.field(field.label("The address in question"))));
            };
            let account = account_here(context, &jid)?;
            let roster = Roster::load(context, &account)
                .await
                .map_err(|error| internal(&error, "a roster could not be read"))?;
            let mut addresses = Field::new(FieldKind::TextMulti, "ipaddresses").label("Addresses");
            let mut here = Field::new(FieldKind::TextMulti, "onlineresources").label("Sessions");
            for session in context.router().sessions(&account) {
                addresses = addresses.value(session.origin.peer.addr.ip().to_string());
                here = here.value(session.origin.jid.resourcepart());
            }
            addresses.values.dedup();
            let size = Field::text("rostersize").label("Contacts").value(roster.len().to_string());
            Ok(Reply::told(telling(title).field(addresses).field(size).field(here)))
        })
    }
}

/// Returns the addresses that were named; `None` before there was a form.
fn named(turn: Turn<'_>) -> Option<Vec<Jid>> {
    turn.answers.first().map(|answers| answers.jids("accountjids"))
}
