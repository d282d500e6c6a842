//! XEP-0386: a resource bound inside the authentication, and what a session is to begin with.
//!
//! The same program of an account gets the same resource at every log-in, by the id it gives itself,
//! and takes the place of its own older session.

use televisor_xmpp::element::Element;
use televisor_xmpp::jid::{BareJid, FullJid};
use televisor_xmpp::ns;

use crate::binding::Bound;
use crate::context::Context;
use crate::delivery::recording;
use crate::features::archive;
use crate::random::token;
use crate::server::Shared;
use crate::session::Managed;

/// What a client may ask for inside its request to bind, one line each, in the order in which it is
/// done.
const INLINE: [Inline; 3] = [
    Inline { var: ns::STREAM_MANAGEMENT, begin: stream_management },
    Inline { var: ns::CARBONS, begin: carbons },
    Inline { var: ns::CLIENT_STATE, begin: client_state },
];

/// Something a session can begin with.
struct Inline {
    /// What it is called in the offer; the namespace of the request.
    var: &'static str,
    /// Does it, and returns what there is to say about it in `<bound/>`.
    begin: fn(&Shared, &mut Bound, &Element) -> Option<Element>,
}

/// Makes the offer, as something to ask for inside `<authenticate/>`.
pub(crate) fn feature() -> Element {
    let features = INLINE
        .iter()
        .map(|inline| Element::builder("feature", ns::BIND2).attr("var", inline.var).build());
    let inline = Element::builder("inline", ns::BIND2).children(features);
    Element::builder("bind", ns::BIND2).child(inline).build()
}

/// Does what the request asks for beside a resource, and returns what to tell of it. What waits for
/// the account is dropped: the client gets it from the archive.
pub(crate) async fn begin(shared: &Shared, session: &mut Bound, request: &Element) -> Element {
    let mut bound = Element::new("bound", ns::BIND2);
    let (context, account) = (&shared.context, session.origin.account.clone());
    if context.archive().is_on() {
        recording::archive_is_read(context, &account).await;
        match archive::metadata(context, &account).await {
            Ok(metadata) => bound.push(metadata),
            Err(error) => tracing::warn!(%error, "a client is not told how far the archive goes"),
        }
    }
    for Inline { var, begin } in INLINE {
        for asked in request.children().filter(|child| child.namespace() == var) {
            if let Some(told) = begin(shared, session, asked) {
                bound.push(told);
            }
        }
    }
    bound
}

/// Whether the request has the stanzas counted from the first.
pub(crate) fn is_managed(request: &Element) -> bool {
    request.has_child("enable", ns::STREAM_MANAGEMENT)
}

/// XEP-0198 section 9.1.
fn stream_management(shared: &Shared, session: &mut Bound, asked: &Element) -> Option<Element> {
    if asked.name() != "enable" || session.managed.is_some() {
        return None;
    }
    let (managed, enabled) = Managed::enable(shared, &session.origin, &session.outbox, asked);
    session.outbox.manage(None);
    session.managed = Some(managed);
    Some(enabled)
}

/// XEP-0352: the session begins as the client says.
fn client_state(_: &Shared, session: &mut Bound, asked: &Element) -> Option<Element> {
    match asked.name() {
        "active" => session.outbox.set_active(true),
        "inactive" => session.outbox.set_active(false),
        _ => {}
    }
    None
}

fn carbons(shared: &Shared, session: &mut Bound, asked: &Element) -> Option<Element> {
    if asked.name() == "enable" {
        shared.context.router().set_carbons(&session.origin, true);
    }
    // It cannot fail, and needs no answer.
    None
}

/// Makes the address of a program of `own` account; `client` is its id, if it has one. `None` if the
/// system gives no random numbers.
pub(crate) fn address(
    context: &Context,
    own: &BareJid,
    client: Option<&str>,
    request: &Element,
) -> Option<FullJid> {
    let tag = request.child("tag", ns::BIND2).map(Element::text).unwrap_or_default();
    let made = match client {
        Some(client) => context.clients().derive("resource", &[&own.to_string(), client, &tag]),
        None => token().ok()?,
    };
    // Section 3.2.1: the tag is in it as it stands, if it can be.
    let tagged = (!tag.is_empty()).then(|| own.with_resource(&format!("{tag}/{made}")));
    tagged.and_then(Result::ok).or_else(|| own.with_resource(&made).ok())
}
