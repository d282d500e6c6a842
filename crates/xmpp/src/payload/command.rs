//! XEP-0050: Ad-Hoc Commands: `<command/>` as it is asked and answered.

use super::carrier::{Carrier, Payload, PayloadError, required};
use super::forms::Form;
use crate::condition::conditions;
use crate::element::Element;
use crate::error::{Condition, ErrorKind, StanzaError};
use crate::ns;

conditions! {
    /// What the requester wants done (section 4.1.4).
    pub enum Action {
        /// To begin, or what the stage says that this stands for.
        Execute = "execute",
        /// To give up.
        Cancel = "cancel",
        /// To go back a stage.
        Prev = "prev",
        /// To go on to another stage.
        Next = "next",
        /// To have done with it.
        Complete = "complete",
    }
}

conditions! {
    /// How far a command has got (section 4.1.3).
    pub enum Status {
        /// It asks for more.
        Executing = "executing",
        /// It is done, successfully or not.
        Completed = "completed",
        /// It was given up.
        Canceled = "canceled",
    }
}

conditions! {
    /// How grave a note is (section 4.3.1).
    pub enum Severity {
        /// It says something.
        Info = "info",
        /// It warns of something.
        Warn = "warn",
        /// It says what went wrong.
        Error = "error",
    }
}

conditions! {
    /// Why a command is not carried out, beside the stanza error's own condition (section 4.4).
    pub enum CommandError {
        /// The action is none.
        MalformedAction = "malformed-action",
        /// The action is not one of this stage.
        BadAction = "bad-action",
        /// The language is not spoken here.
        BadLocale = "bad-locale",
        /// The form is not filled in as it must be.
        BadPayload = "bad-payload",
        /// There never was such a session.
        BadSessionid = "bad-sessionid",
        /// The session is over.
        SessionExpired = "session-expired",
    }
}

impl From<CommandError> for StanzaError {
    fn from(error: CommandError) -> Self {
        let (condition, kind) = match error {
            CommandError::MalformedAction
            | CommandError::BadAction
            | CommandError::BadLocale
            | CommandError::BadPayload
            | CommandError::BadSessionid => (Condition::BadRequest, ErrorKind::Modify),
            CommandError::SessionExpired => (Condition::NotAllowed, ErrorKind::Cancel),
        };
        let application = Element::new(error.as_str(), ns::COMMANDS);
        Self::new(condition).with_kind(kind).with_application(application)
    }
}

/// `<note/>`: something for a person to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// How grave it is.
    pub severity: Severity,
    /// What it says.
    pub text: String,
}

impl Note {
    /// Makes a note that says something.
    #[must_use]
    pub fn info(text: impl Into<String>) -> Self {
        Self { severity: Severity::Info, text: text.into() }
    }

    /// Makes a note that says what went wrong.
    #[must_use]
    pub fn error(text: impl Into<String>) -> Self {
        Self { severity: Severity::Error, text: text.into() }
    }
}

/// `<actions/>`: what may be done at a stage (section 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actions {
    /// What `execute` stands for.
    pub execute: Action,
    /// Whether there is a stage to go back to.
    pub prev: bool,
    /// Whether there is a stage to go on to.
    pub next: bool,
    /// Whether it can be had done with.
    pub complete: bool,
}

/// `<command/>`: a request to carry out a command, or what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Which command.
    pub node: String,
    /// Which of its sessions; none at the start.
    pub session: Option<String>,
    /// What is to be done; `None` where it was left out, which is `execute`.
    pub action: Option<Action>,
    /// How far it has got; answers only.
    pub status: Option<Status>,
    /// What may be done next; answers only.
    pub actions: Option<Actions>,
    /// What there is to read.
    pub notes: Vec<Note>,
    /// What is to be filled in, or has been, or came of it.
    pub form: Option<Form>,
}

impl Command {
    /// Makes a request to begin a command.
    #[must_use]
    pub fn execute(node: &str) -> Self {
        Self {
            node: node.to_owned(),
            session: None,
            action: Some(Action::Execute),
            status: None,
            actions: None,
            notes: Vec::new(),
            form: None,
        }
    }

    /// Makes an answer.
    #[must_use]
    pub fn answer(node: &str, session: &str, status: Status) -> Self {
        Self {
            session: Some(session.to_owned()),
            action: None,
            status: Some(status),
            ..Self::execute(node)
        }
    }
}

impl Payload for Command {
    const NAME: &'static str = "command";
    const NAMESPACE: &'static str = ns::COMMANDS;
    const CARRIERS: &'static [Carrier] = &[Carrier::IqSet, Carrier::IqResult];

    fn read(command: &Element) -> Result<Self, PayloadError> {
        let own = |name| command.children().filter(move |child| child.is(name, ns::COMMANDS));
        let action = command.attr("action");
        let action = action.map(|name| Action::parse(name).ok_or(PayloadError::Invalid("action")));
        let note = |note: &Element| {
            let severity = note.attr("type").and_then(Severity::parse).unwrap_or(Severity::Info);
            Note { severity, text: note.text() }
        };
        let form = command.child(Form::NAME, Form::NAMESPACE);
        Ok(Self {
            node: required(command, "node")?.to_owned(),
            session: command.attr("sessionid").map(str::to_owned),
            action: action.transpose()?,
            status: command.attr("status").and_then(Status::parse),
            actions: own("actions").next().map(Actions::read),
            notes: own("note").map(note).collect(),
            form: form.map(Form::read).transpose()?,
        })
    }

    fn to_element(&self) -> Element {
        let note = |note: &Note| {
            Element::builder("note", ns::COMMANDS)
                .attr("type", note.severity.as_str())
                .text(&note.text)
                .build()
        };
        Element::builder(Self::NAME, Self::NAMESPACE)
            .attr("node", &self.node)
            .attr_opt("sessionid", self.session.as_deref())
            .attr_opt("action", self.action.map(Action::as_str))
            .attr_opt("status", self.status.map(Status::as_str))
            .children(self.actions.map(Actions::to_element))
            .children(self.notes.iter().map(note))
            .children(self.form.as_ref().map(Form::to_element))
            .build()
    }
}

impl Actions {
    /// Whether an action may be taken; giving up always may.
    #[must_use]
    pub const fn allow(self, action: Action) -> bool {
        match action {
            Action::Cancel | Action::Execute => true,
            Action::Prev => self.prev,
            Action::Next => self.next,
            Action::Complete => self.complete,
        }
    }

    fn read(actions: &Element) -> Self {
        let has = |name| actions.has_child(name, ns::COMMANDS);
        // Section 3.4: `next` is what `execute` stands for where nothing is said.
        let execute = actions.attr("execute").and_then(Action::parse).unwrap_or(Action::Next);
        Self { execute, prev: has("prev"), next: has("next"), complete: has("complete") }
    }

    fn to_element(self) -> Element {
        let allowed = [Action::Prev, Action::Next, Action::Complete].into_iter();
        let allowed = allowed.filter(|action| self.allow(*action));
        Element::builder("actions", ns::COMMANDS)
            .attr("execute", self.execute.as_str())
            .children(allowed.map(|action| Element::new(action.as_str(), ns::COMMANDS)))
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::super::forms::Field;
    use super::*;

    fn read(text: &str) -> Result<Command, PayloadError> {
        Command::read(&Element::parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn a_command_with_everything_survives_the_wire() {
        let mut command = Command::answer("config", "s1", Status::Executing);
        let (prev, next, complete) = (true, false, true);
        command.actions = Some(Actions { execute: Action::Complete, prev, next, complete });
        command.notes = vec![Note::info("one & two"), Note::error("three")];
        command.form = Some(Form::asking("x").field(Field::text("a")));
        let wire = command.to_element().to_xml();
        assert_eq!(read(&wire), Ok(command), "{wire}");
    }

    #[test]
    fn a_command_has_a_node_and_a_known_action() {
        let command = |text: &str| {
            read(&format!("<command xmlns='http://jabber.org/protocol/commands' {text}/>"))
        };
        assert_eq!(command(""), Err(PayloadError::Missing("node")));
        assert_eq!(command("node='a' action='dance'"), Err(PayloadError::Invalid("action")));
        assert_eq!(command("node='a' action='execute'"), Ok(Command::execute("a")));
    }

    #[test]
    fn an_error_says_both_conditions() {
        let error = StanzaError::from(CommandError::SessionExpired);
        assert_eq!((error.condition, error.kind), (Condition::NotAllowed, ErrorKind::Cancel));
        let error = StanzaError::from(CommandError::BadPayload);
        assert_eq!((error.condition, error.kind), (Condition::BadRequest, ErrorKind::Modify));
        assert!(error.application.unwrap().is("bad-payload", ns::COMMANDS));
    }
}
