//! XEP-0441: Message Archive Management Preferences: whose messages an account wants archived. They are
//! minded in `delivery/recording.rs`.

use std::collections::BTreeSet;

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::jid::Jid;
use televisor_xmpp::ns;

use crate::accounts::BoxFuture;
use crate::archive::preferences::{Fallback, Preferences};
use crate::context::Context;
use crate::feature::{Claim, Feature, Kind, Request, Spec};
use crate::features::archive::failed;

/// Addresses on each list.
const MOST: usize = 500;

/// Reads and changes preferences.
pub(crate) struct ArchivePreferences;

impl Feature for ArchivePreferences {
    fn spec(&self) -> Spec {
        Spec {
            document: "XEP-0441",
            title: "Message Archive Management Preferences",
            version: "0.2.0",
            note: "500 addresses on each list; no ad-hoc command",
        }
    }

    fn claims(&self) -> &'static [Claim] {
        &[Claim { name: "prefs", namespace: ns::MAM, kind: None }]
    }

    fn answer<'a>(
        &'a self,
        context: &'a Context,
        request: Request<'a>,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(async move {
            let account = &request.owner()?.account;
            let all = context.archive().preferences();
            if request.kind == Kind::Set {
                let now = read(request.payload, context)?;
                all.set(context.store(), account, now).await.map_err(|error| failed(&error))?;
            }
            Ok(Some(write(&all.of(account))))
        })
    }
}

fn read(prefs: &Element, context: &Context) -> Result<Preferences, StanzaError> {
    let fallback = prefs.attr("default").and_then(Fallback::parse).ok_or(Condition::BadRequest)?;
    let list = |name: &str| {
        let list = prefs.child(name, ns::MAM).into_iter().flat_map(Element::children);
        let jids = list.filter(|child| child.is("jid", ns::MAM)).map(|jid| {
            let jid: Jid = context.aliases().inward_address(jid.text().trim()).parse()?;
            Ok(jid.to_string())
        });
        let jids: Result<BTreeSet<String>, televisor_xmpp::jid::JidError> = jids.collect();
        let jids = jids.map_err(|_| Condition::JidMalformed)?;
        if jids.len() > MOST { Err(Condition::ResourceConstraint) } else { Ok(jids) }
    };
    Ok(Preferences { fallback, always: list("always")?, never: list("never")? })
}

fn write(preferences: &Preferences) -> Element {
    let list = |name: &str, list: &BTreeSet<String>| {
        let jid = |jid: &String| Element::builder("jid", ns::MAM).text(jid).build();
        Element::builder(name, ns::MAM).children(list.iter().map(jid)).build()
    };
    Element::builder("prefs", ns::MAM)
        .attr("default", preferences.fallback.as_str())
        .child(list("always", &preferences.always))
        .child(list("never", &preferences.never))
        .build()
}
