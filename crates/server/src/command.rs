//! One ad-hoc command (XEP-0050): the trait, and what a command is told and answers.
//!
//! A command is a function from the forms that have been filled in so far to what comes next: another
//! form, or what came of it. The frame in `features/commands` keeps the sessions, holds what is
//! submitted against the form that asked, lets people go back, and checks permission at each step.
//!
//! Residents bring commands of their own by [`Resident::commands`](crate::Resident::commands); those
//! of the one that answers for the domain are also listed there.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::StanzaError;
use televisor_xmpp::jid::FullJid;
use televisor_xmpp::payload::command::Note;
use televisor_xmpp::payload::forms::{Answers, Form};

use crate::accounts::BoxFuture;
use crate::context::Context;

/// One command.
pub trait Command: Send + Sync {
    /// Returns the node that names it, unique for each address.
    fn node(&self) -> &str;

    /// Returns what people call it.
    fn name(&self) -> String;

    /// Whether somebody may carry it out: asked again at each step, and it is listed for nobody else.
    fn may(&self, _context: &Context, _requester: &Requester) -> bool {
        true
    }

    /// Whether a step may take seconds: then the session that waits for it is heard meanwhile.
    fn takes_long(&self) -> bool {
        false
    }

    /// Says what comes next.
    ///
    /// # Errors
    /// The error for the requester, who may try the same step again.
    fn step<'a>(
        &'a self,
        context: &'a Context,
        turn: Turn<'a>,
    ) -> BoxFuture<'a, Result<Reply, StanzaError>>;
}

/// Who wants a command carried out: a session of one of the household's accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requester {
    /// The session's address, canonical.
    pub jid: FullJid,
    /// The localpart of its account.
    pub account: String,
    /// Whether the account is one of an owner.
    pub is_owner: bool,
}

/// One step of a command.
#[derive(Debug, Clone, Copy)]
pub struct Turn<'a> {
    /// Who takes it.
    pub requester: &'a Requester,
    /// What was answered, one for each form so far; none at the start.
    pub answers: &'a [Answers],
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The last form to be filled in.
    Ask(Form),
    /// A form after which there is another one.
    AskFirst(Form),
    /// It is done: what there is to read, and what came of it.
    Done(Vec<Note>, Option<Form>),
}

impl Reply {
    /// Says that it is done, in words.
    #[must_use]
    pub fn said(text: impl Into<String>) -> Self {
        Self::Done(vec![Note::info(text)], None)
    }

    /// Says what went wrong.
    #[must_use]
    pub fn failed(text: impl Into<String>) -> Self {
        Self::Done(vec![Note::error(text)], None)
    }

    /// Says what came of it.
    #[must_use]
    pub const fn told(form: Form) -> Self {
        Self::Done(Vec::new(), Some(form))
    }
}

/// What a list of commands says of one.
pub(crate) fn item(command: &dyn Command, jid: &str) -> Element {
    Element::builder("item", televisor_xmpp::ns::DISCO_ITEMS)
        .attr("jid", jid)
        .attr("node", command.node())
        .attr("name", command.name())
        .build()
}
