//! A command that every conversation's resident has: it asks for a name, then for a mood, and greets.

use televisor_server::{BoxFuture, Command, Context, Reply, Requester, Turn};
use televisor_xmpp::error::StanzaError;
use televisor_xmpp::payload::forms::{Field, Form};

/// Greets somebody.
#[derive(Debug)]
pub(crate) struct Greeting;

impl Command for Greeting {
    fn node(&self) -> &'static str {
        "greet"
    }

    fn name(&self) -> String {
        "Greet somebody".to_owned()
    }

    /// Nobody called Mallory greets anybody.
    fn may(&self, _: &Context, requester: &Requester) -> bool {
        requester.account != "mallory"
    }

    fn step<'a>(
        &'a self,
        _: &'a Context,
        turn: Turn<'a>,
    ) -> BoxFuture<'a, Result<Reply, StanzaError>> {
        let reply = match turn.answers {
            [] => Reply::AskFirst(Form::asking("Who?").field(Field::text("name").required())),
            [_] => {
                let mood = Field::list("mood").choice("Glad", "glad").choice("Sad", "sad");
                Reply::Ask(Form::asking("How?").field(mood.value("glad")))
            }
            [who, how, ..] => {
                let (who, how) = (who.text("name"), how.text("mood"));
                let (who, how) = (who.unwrap_or_default(), how.unwrap_or("calm"));
                Reply::said(format!("{who}, be {how}!"))
            }
        };
        Box::pin(std::future::ready(Ok(reply)))
    }
}
