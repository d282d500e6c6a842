//! XEP-0133 section 4.23: a message for everybody who is here, or for the whole household.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::StanzaError;
use televisor_xmpp::ns;
use televisor_xmpp::payload::forms::{Field, FieldKind};

use super::desk::asking;
use crate::accounts::BoxFuture;
use crate::command::{Command, Reply, Requester, Turn};
use crate::context::Context;
use crate::delivery::resident;

/// Bytes of an announcement: a screenful, not a book.
const LENGTH: usize = 4096;

/// Says something to everybody.
pub(super) struct Announce;

impl Command for Announce {
    fn node(&self) -> &str {
        "http://jabber.org/protocol/admin#announce"
    }

    fn name(&self) -> String {
        "Make an announcement".to_owned()
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
            let Some(answers) = turn.answers.first() else {
                let text = Field::new(FieldKind::TextMulti, "announcement");
                let later = Field::boolean("later", false).label("Also for who is not here now");
                let form = asking("Make an announcement", "Everybody who is here is told.");
                let form = form.field(text.label("Announcement").required());
                return Ok(Reply::Ask(form.field(later)));
            };
            let text = answers.lines("announcement").unwrap_or_default();
            if text.len() > LENGTH {
                return Ok(Reply::failed("The announcement is too long."));
            }
            let later = answers.flag("later").unwrap_or_default();
            let told = announce(context, &text, later).await;
            Ok(Reply::said(format!("Told: {told}.")))
        })
    }
}

/// Tells every account that is here, or every account there is; returns how many those are.
async fn announce(context: &Context, text: &str, later: bool) -> usize {
    let mut told = 0;
    for account in context.accounts().accounts() {
        let sessions = context.router().sessions(&account.localpart);
        if !later && !sessions.iter().any(|session| session.available.is_some()) {
            continue;
        }
        // RFC 6121 section 5.2.2: a headline is for who is here, a normal message is kept.
        let kind = if later { "normal" } else { "headline" };
        let message = Element::builder("message", ns::CLIENT)
            .attr("from", context.domain())
            .attr("to", context.address(&account.localpart))
            .attr("type", kind)
            .field("subject", "Announcement")
            .field("body", text)
            .build();
        resident::said(context, "", message).await;
        told += 1;
    }
    told
}
