//! XEP-0191: Blocking Command, and the reports that may come with it (XEP-0377). What does not pass is
//! decided in `delivery/blocked.rs`.
//!
//! A report is counted, by address and reason; what it quotes and says is not kept, nor passed on.

use std::collections::BTreeSet;

use televisor_store::Error;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::jid::Jid;
use televisor_xmpp::ns;

use crate::accounts::BoxFuture;
use crate::blocklists::MOST;
use crate::context::Context;
use crate::delivery::blocked;
use crate::error::internal;
use crate::feature::{Claim, Feature, Kind, Request, Spec, Target};
use crate::router::Origin;
use crate::storage::blocking;

/// Manages whom an account blocks.
pub(crate) struct Blocking;

impl Feature for Blocking {
    fn spec(&self) -> Spec {
        Spec {
            document: "XEP-0191",
            title: "Blocking Command",
            version: "1.3",
            note: "polite: subscriptions stay; never one's own resources or server; 1000 addresses; \
                   reports (XEP-0377) are counted",
        }
    }

    fn claims(&self) -> &'static [Claim] {
        &[
            Claim { name: "blocklist", namespace: ns::BLOCKING, kind: Some(Kind::Get) },
            Claim { name: "block", namespace: ns::BLOCKING, kind: Some(Kind::Set) },
            Claim { name: "unblock", namespace: ns::BLOCKING, kind: Some(Kind::Set) },
        ]
    }

    fn disco(&self) -> &'static [&'static str] {
        &[ns::BLOCKING, ns::REPORTING]
    }

    fn answer<'a>(
        &'a self,
        context: &'a Context,
        request: Request<'a>,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(async move {
            let origin = match request.target {
                Target::Own | Target::Server => request.session()?,
                Target::Account(_) => return Err(Condition::Forbidden.into()),
                Target::Resident(_) => return Err(Condition::ServiceUnavailable.into()),
            };
            match request.payload.name() {
                "block" => block(context, origin, request.payload).await.map(|()| None),
                "unblock" => unblock(context, origin, request.payload).await.map(|()| None),
                _ => {
                    context.router().set_blocklist(origin);
                    Ok(Some(list("blocklist", &context.blocklists().of(&origin.account))))
                }
            }
        })
    }
}

async fn block(context: &Context, origin: &Origin, payload: &Element) -> Result<(), StanzaError> {
    let entries = entries(payload)?;
    if entries.is_empty() {
        return Err(Condition::BadRequest.into());
    }
    add(context, &origin.account, &entries).await?;
    report(context, payload).await;
    Ok(())
}

async fn add(
    context: &Context,
    account: &str,
    entries: &BTreeSet<String>,
) -> Result<(), StanzaError> {
    let _turn = context.blocklists().turn().await;
    let named = entries.iter().cloned().collect();
    let list = blocking::block(context.store(), account, named, MOST).await.map_err(failed)?;
    let list = list.ok_or(Condition::ResourceConstraint)?;
    let before = context.blocklists().of(account);
    let fresh = entries.difference(&before).cloned().collect();
    // They are told before, since nothing gets to them afterwards.
    let hidden = blocked::hide(context, account, &fresh).await;
    // Whatever came of that: they are blocked on disk.
    context.blocklists().set(account, list);
    push(context, account, "block", entries);
    hidden.map_err(failed)
}

async fn unblock(context: &Context, origin: &Origin, payload: &Element) -> Result<(), StanzaError> {
    let entries = entries(payload)?;
    let account = &origin.account;
    let gone = take(context, account, &entries).await?;
    // Whoever another entry blocks stays apart: what is shown to them does not pass.
    blocked::show_again(context, account, &gone).await.map_err(failed)
}

/// Takes entries from a list, or all if none is named; returns which were there.
async fn take(
    context: &Context,
    account: &str,
    entries: &BTreeSet<String>,
) -> Result<BTreeSet<String>, StanzaError> {
    let _turn = context.blocklists().turn().await;
    let before = context.blocklists().of(account);
    let named = entries.iter().cloned().collect();
    let list = blocking::unblock(context.store(), account, named).await.map_err(failed)?;
    let gone = before.difference(&list).cloned().collect();
    context.blocklists().set(account, list);
    push(context, account, "unblock", entries);
    Ok(gone)
}

/// Reads the addresses of `<item/>`s, in their one form.
fn entries(payload: &Element) -> Result<BTreeSet<String>, StanzaError> {
    let items = payload.children().filter(|child| child.is("item", ns::BLOCKING));
    let entries = items.map(|item| {
        let jid = item.attr("jid").ok_or(Condition::BadRequest)?;
        let jid: Jid = jid.parse().map_err(|_| Condition::JidMalformed)?;
        Ok(jid.to_string())
    });
    let entries: BTreeSet<String> = entries.collect::<Result<_, StanzaError>>()?;
    if entries.len() > MOST { Err(Condition::ResourceConstraint.into()) } else { Ok(entries) }
}

fn list(name: &str, entries: &BTreeSet<String>) -> Element {
    let item = |jid: &String| Element::builder("item", ns::BLOCKING).attr("jid", jid).build();
    Element::builder(name, ns::BLOCKING).children(entries.iter().map(item)).build()
}

/// Tells every resource that asked for the list what has changed.
fn push(context: &Context, account: &str, name: &str, entries: &BTreeSet<String>) {
    let sessions = context.router().sessions(account).into_iter();
    for session in sessions.filter(|session| session.blocklist) {
        let id = crate::random::token().unwrap_or_else(|_| name.to_owned());
        let push = Element::builder("iq", ns::CLIENT)
            .attr("type", "set")
            .attr("id", id)
            .attr("to", session.origin.jid.to_string())
            .child(list(name, entries))
            .build();
        context.router().send(&session.origin.jid, &push);
    }
}

/// Counts the reports that came with a block.
async fn report(context: &Context, payload: &Element) {
    let items = payload.children().filter(|child| child.is("item", ns::BLOCKING));
    for item in items {
        let Some(report) = item.child("report", ns::REPORTING) else { continue };
        let reason = match report.attr("reason") {
            Some("urn:xmpp:reporting:spam") => "spam",
            Some("urn:xmpp:reporting:abuse") => "abuse",
            Some(_) | None => "other",
        };
        let Some(jid) = item.attr("jid") else { continue };
        tracing::info!(%jid, reason, "an address was reported");
        let at = context.clock().now().to_string();
        if let Err(error) = blocking::report(context.store(), jid.to_owned(), reason, at).await {
            tracing::error!(%error, "a report could not be counted");
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` hands over")]
fn failed(error: Error) -> StanzaError {
    internal(&error, "a block list could not be changed")
}
