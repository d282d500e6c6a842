//! A verb as a command: who may, and its steps. Most are a sentence said to the conversation, and go on
//! for as long as that asks something back.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use televisor_conversation::{Conversation, Said, Speaker};
use televisor_model::Actor;
use televisor_receiver::{Command as Permission, Receiver, permission};
use televisor_server::{Command, Context, Reply, Requester, Turn};
use televisor_xmpp::StanzaError;
use televisor_xmpp::error::Condition;
use televisor_xmpp::payload::forms::{Answers, Field, Form};

use super::table::VERBS;
use crate::serve::talk;

/// What verbs are done by.
#[derive(Debug, Clone)]
pub(in crate::serve) struct House {
    pub(in crate::serve) receiver: Receiver,
    pub(in crate::serve) conversation: Conversation,
}

/// One line of the table.
pub(super) struct Verb {
    /// The node that names it.
    pub(super) node: &'static str,
    /// What people call it.
    pub(super) name: &'static str,
    /// What somebody must be allowed to see it.
    pub(super) needs: Permission,
    /// What is asked first.
    pub(super) asks: Asks,
    /// What is done then.
    pub(super) act: Act,
}

/// What a verb asks.
pub(super) enum Asks {
    /// Nothing.
    Nothing,
    /// A form; or why there is nothing to choose from.
    Form(fn(&House, Form) -> Result<Form, &'static str>),
}

/// What a verb does.
pub(super) enum Act {
    /// Says this to the conversation.
    Say(fn(&Answers) -> String),
    /// Shows this.
    Tell(fn(&House, Form) -> Form),
    /// Does this, and says what it did or why it could not.
    Do(for<'a> fn(&'a House, &'a Actor, &'a Answers) -> BoxFuture<'a, Result<String, String>>),
}

/// A verb on a receiver.
struct Mirrored {
    verb: &'static Verb,
    house: House,
}

/// Returns every verb as a command.
pub(in crate::serve) fn commands(house: &House) -> Vec<Arc<dyn Command>> {
    let mirrored = |verb| Arc::new(Mirrored { verb, house: house.clone() }) as Arc<dyn Command>;
    VERBS.iter().map(mirrored).collect()
}

/// What the conversation asks back is answered in this field.
const REPLY: &str = "reply";

impl Command for Mirrored {
    fn node(&self) -> &str {
        self.verb.node
    }

    fn name(&self) -> String {
        self.verb.name.to_owned()
    }

    fn may(&self, _context: &Context, requester: &Requester) -> bool {
        let speaker = talk::device(&self.house.receiver, &requester.account);
        speaker.is_some_and(|s| permission::allows(s.actor.role, s.actor.tier, self.verb.needs))
    }

    fn step<'a>(
        &'a self,
        _context: &'a Context,
        turn: Turn<'a>,
    ) -> BoxFuture<'a, Result<Reply, StanzaError>> {
        Box::pin(async move {
            let speaker = talk::device(&self.house.receiver, &turn.requester.account);
            let speaker = speaker.ok_or(Condition::Forbidden)?;
            Ok(self.verb.take(&self.house, &speaker, turn.answers).await)
        })
    }
}

impl Verb {
    async fn take(&self, house: &House, speaker: &Speaker, answers: &[Answers]) -> Reply {
        let nothing = Answers::default();
        let (answers, first) = match (&self.asks, answers) {
            (Asks::Nothing, []) => (&nothing, true),
            (Asks::Form(form), []) => {
                let asked = form(house, Form::asking(self.name));
                return asked.map_or_else(Reply::failed, Reply::Ask);
            }
            (Asks::Form(_), [only]) => (only, true),
            (_, [.., last]) => (last, false),
        };
        match &self.act {
            Act::Say(sentence) => {
                let reply = || answers.text(REPLY).unwrap_or_default().to_owned();
                self.say(house, speaker, if first { sentence(answers) } else { reply() }).await
            }
            Act::Tell(list) => Reply::told(list(house, Form::telling(self.name))),
            Act::Do(deed) => {
                let done = deed(house, &speaker.actor, answers).await;
                done.map_or_else(Reply::failed, Reply::said)
            }
        }
    }

    async fn say(&self, house: &House, speaker: &Speaker, text: String) -> Reply {
        let said = Said { text, ..Said::default() };
        let answer = house.conversation.say(speaker, said).await;
        if !answer.asks {
            return Reply::said(answer.text);
        }
        let mut form = Form::asking(self.name);
        for line in answer.text.lines() {
            form = form.instructions(line);
        }
        Reply::Ask(form.field(Field::text(REPLY).label("Your answer").required()))
    }
}
