//! XEP-0012: Last Activity: how long the server has been up, and when an account was last here.
//!
//! Whoever may not see an account's presence is told nothing (section 6): neither at its bare address,
//! nor by one of its resources, which is not even asked.

use televisor_store::Error;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ns;
use televisor_xmpp::stanza::Stanza;
use tokio::time::Instant;

use crate::accounts::BoxFuture;
use crate::context::Context;
use crate::error::internal;
use crate::feature::{Asker, Claim, Feature, Kind, Request, Spec, Target, Viewer};
use crate::roster::Roster;
use crate::router::{Origin, Session};
use crate::storage::last_activity;

/// Bytes that are kept of what somebody said as they went.
const STATUS: usize = 1024;

/// The line of the compliance document for idle times, which are the clients' own to say.
pub(crate) const IDLE: Spec = Spec::xep(
    "XEP-0319",
    "Last User Interaction in Presence",
    "1.0.2",
    "passes through, and is shown to whoever comes later",
);

/// Answers how long ago something was.
pub(crate) struct LastActivity {
    started: Instant,
}

impl Default for LastActivity {
    fn default() -> Self {
        Self { started: Instant::now() }
    }
}

impl Feature for LastActivity {
    fn spec(&self) -> Spec {
        Spec {
            document: "XEP-0012",
            title: "Last Activity",
            version: "2.0",
            note: "uptime; accounts, for those who may see their presence; kept over a restart",
        }
    }

    fn claims(&self) -> &'static [Claim] {
        &[Claim { name: "query", namespace: ns::LAST_ACTIVITY, kind: Some(Kind::Get) }]
    }

    fn disco(&self) -> &'static [&'static str] {
        &[ns::LAST_ACTIVITY]
    }

    fn account_disco(&self, _viewer: Viewer) -> &'static [&'static str] {
        &[ns::LAST_ACTIVITY]
    }

    fn is_for_contacts(&self) -> bool {
        true
    }

    fn answer<'a>(
        &'a self,
        context: &'a Context,
        request: Request<'a>,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(async move {
            match &request.target {
                Target::Server => Ok(Some(ago(self.started.elapsed().as_secs(), ""))),
                // A resident is always here.
                Target::Resident(_) => Ok(Some(ago(0, ""))),
                Target::Own => of_account(context, &request.session()?.account).await.map(Some),
                Target::Account(account) => {
                    if !may_ask(context, account, request.asker).await? {
                        return Err(Condition::Forbidden.into());
                    }
                    of_account(context, account).await.map(Some)
                }
            }
        })
    }
}

fn ago(seconds: u64, status: &str) -> Element {
    Element::builder("query", ns::LAST_ACTIVITY)
        .attr("seconds", seconds.to_string())
        .text(status)
        .build()
}

/// Sections 3 and 4: nothing while it is here, and otherwise how long it has been away.
async fn of_account(context: &Context, account: &str) -> Result<Element, StanzaError> {
    if !context.router().sessions(account).is_empty() {
        return Ok(ago(0, ""));
    }
    let kept = last_activity::get(context.store(), account).await.map_err(|e| trouble(&e))?;
    let known = kept.or_else(|| Some((context.accounts().last_login(account)?, String::new())));
    let (at, status) = known.ok_or(Condition::ItemNotFound)?;
    let seconds = context.clock().now().duration_since(at).as_secs();
    Ok(ago(u64::try_from(seconds).unwrap_or_default(), &status))
}

/// Whether the asker sees the account's presence (section 6).
async fn may_ask(context: &Context, account: &str, asker: Asker<'_>) -> Result<bool, StanzaError> {
    Roster::shows(context, account, asker).await.map_err(|error| trouble(&error))
}

/// Section 4: a resource is not asked on behalf of somebody who may not see it. Returns the error for
/// a session that asks another account's resource, if that is what it does.
pub(crate) async fn refused(
    context: &Context,
    origin: &Origin,
    account: &str,
    stanza: &Stanza,
) -> Option<StanzaError> {
    let asks = stanza.payload().is_some_and(|p| p.is("query", ns::LAST_ACTIVITY));
    if !asks || account == origin.account {
        return None;
    }
    match may_ask(context, account, Asker::Session(origin)).await {
        Ok(true) => None,
        Ok(false) => Some(Condition::Forbidden.into()),
        Err(error) => Some(error),
    }
}

/// Is told that a resource says it is not available any more.
pub(crate) async fn left(context: &Context, account: &str, presence: &Element) {
    let mut status = presence.child("status", ns::CLIENT).map(Element::text).unwrap_or_default();
    while status.len() > STATUS {
        status.pop();
    }
    keep(context, account, Some(status)).await;
}

/// Is told that a session has ended: without a word, if it was still available.
pub(crate) async fn ended(context: &Context, session: &Session) {
    let status = session.available.as_ref().map(|_| String::new());
    keep(context, &session.origin.account, status).await;
}

async fn keep(context: &Context, account: &str, status: Option<String>) {
    // Of an account that is forgotten nothing is kept.
    if context.accounts().account(account).is_none() {
        return;
    }
    let now = context.clock().now();
    if let Err(error) = last_activity::set(context.store(), account, now, status).await {
        tracing::error!(%error, "when an account was last here could not be kept");
    }
}

fn trouble(error: &Error) -> StanzaError {
    internal(error, "when an account was last here could not be read")
}
