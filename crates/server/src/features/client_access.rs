//! XEP-0494: Client Access Management. An account sees which programs can get into it, and puts one out.
//!
//! Putting a program out ends its sessions and takes its tokens. If it has also proven to know the
//! account's credentials, nothing but other credentials keeps it out for good: then that is the
//! answer (section 3.2). Left out: grants and restricted permissions, which nobody has here.

use jiff::Timestamp;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ns;
use televisor_xmpp::stream::StreamCondition;

use crate::accounts::BoxFuture;
use crate::clients::list::Listed;
use crate::context::Context;
use crate::feature::{Claim, Feature, Kind, Request, Spec};

/// Shows and ends what can get into an account.
pub(crate) struct ClientAccess;

const CLAIMS: [Claim; 2] = [
    Claim { name: "list", namespace: ns::CLIENT_ACCESS, kind: Some(Kind::Get) },
    Claim { name: "revoke", namespace: ns::CLIENT_ACCESS, kind: Some(Kind::Set) },
];

impl Feature for ClientAccess {
    fn spec(&self) -> Spec {
        Spec {
            document: "XEP-0494",
            title: "Client Access Management",
            version: "0.1.0",
            note: "32 programs an account, 90 days; no grants",
        }
    }

    fn claims(&self) -> &'static [Claim] {
        &CLAIMS
    }

    fn disco(&self) -> &'static [&'static str] {
        &[ns::CLIENT_ACCESS]
    }

    fn answer<'a>(
        &'a self,
        context: &'a Context,
        request: Request<'a>,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(async move {
            let account = &request.owner()?.account;
            match request.kind {
                Kind::Get => Ok(Some(list(context, account))),
                Kind::Set => {
                    let id = request.payload.attr("id").ok_or(Condition::BadRequest)?;
                    revoke(context, account, id).await.map(|()| None)
                }
            }
        })
    }
}

fn list(context: &Context, account: &str) -> Element {
    let clients = context.clients().list(account);
    Element::builder("clients", ns::CLIENT_ACCESS).children(clients.iter().map(client)).build()
}

async fn revoke(context: &Context, account: &str, id: &str) -> Result<(), StanzaError> {
    let revoked = context.clients().revoke(account, id).await;
    let revoked = revoked.ok_or(Condition::ItemNotFound)?;
    tracing::info!(%account, client = id, "a client's access is revoked");
    for session in &revoked.sessions {
        context.router().end_session(session, StreamCondition::NotAuthorized);
    }
    if revoked.password {
        let reset = Element::new("password-reset-required", ns::CLIENT_ACCESS);
        return Err(StanzaError::new(Condition::ServiceUnavailable).with_application(reset));
    }
    Ok(())
}

fn client(listed: &Listed) -> Element {
    let flag = |name, on: bool| on.then(|| Element::new(name, ns::CLIENT_ACCESS));
    let auth = Element::builder("auth", ns::CLIENT_ACCESS)
        .children(flag("password", listed.password))
        .children(flag("fast", listed.token));
    let said = |name, text: &Option<String>| {
        text.as_ref().map(|text| Element::builder(name, ns::CLIENT_ACCESS).text(text).build())
    };
    let agent = Element::builder("user-agent", ns::CLIENT_ACCESS)
        .children(said("software", &listed.software))
        .children(said("device", &listed.device));
    Element::builder("client", ns::CLIENT_ACCESS)
        .attr("connected", if listed.connected { "true" } else { "false" })
        .attr("id", &listed.id)
        .attr("type", "session")
        .field("first-seen", date_time(listed.first_seen))
        .field("last-seen", date_time(listed.last_seen))
        .child(auth)
        .child(Element::builder("permission", ns::CLIENT_ACCESS).attr("status", "unrestricted"))
        .child(agent)
        .build()
}

/// XEP-0082, to the second.
fn date_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
