//! XEP-0050: lists commands, and carries them out: permission, language, session, action, form, step,
//! in that order.

use std::sync::{Mutex, MutexGuard, PoisonError};

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, ErrorKind, StanzaError};
use televisor_xmpp::ns;
use televisor_xmpp::payload::command::{Action, Actions, Command as Wire, CommandError, Status};
use televisor_xmpp::payload::forms::{Answers, FormKind};
use televisor_xmpp::payload::{Payload as _, PayloadError};

use super::list::{self, Listed};
use super::sessions::{Found, STAGES, Session, Sessions};
use crate::accounts::BoxFuture;
use crate::command::{Reply, Requester, Turn, item};
use crate::context::Context;
use crate::feature::{Claim, Feature, Kind, Request, Spec};
use crate::random::token;

/// Lists commands and carries them out.
#[derive(Default)]
pub(crate) struct Commands {
    sessions: Mutex<Sessions>,
}

impl Feature for Commands {
    fn spec(&self) -> Spec {
        Spec {
            document: "XEP-0050",
            title: "Ad-Hoc Commands",
            version: "1.3.0",
            note: "at the domain and at residents, for the household; English; forms lie open 15 minutes",
        }
    }

    fn claims(&self) -> &'static [Claim] {
        &[Claim { name: "command", namespace: ns::COMMANDS, kind: Some(Kind::Set) }]
    }

    fn disco(&self) -> &'static [&'static str] {
        &[ns::COMMANDS, ns::DATA_FORMS]
    }

    fn disco_node<'a>(
        &'a self,
        context: &'a Context,
        request: &'a Request<'a>,
        node: &'a str,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(async move { node_answer(context, request, node) })
    }

    fn takes_long(&self, context: &Context, request: &Request<'_>) -> bool {
        let node = request.payload.attr("node").unwrap_or_default();
        let listed = list::find(context, &request.target, node);
        listed.is_some_and(|listed| listed.command().takes_long())
    }

    fn answer<'a>(
        &'a self,
        context: &'a Context,
        request: Request<'a>,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(async move { self.carry_out(context, &request).await.map(Some) })
    }
}

/// Answers about the list of commands, and about one of them (section 2.2, 2.3). To whoever has no
/// session here the list is empty, and there is none of them.
fn node_answer(
    context: &Context,
    request: &Request<'_>,
    node: &str,
) -> Result<Option<Element>, StanzaError> {
    let Some(address) = list::address(context, &request.target) else { return Ok(None) };
    let who = requester(context, request).ok();
    let info = request.payload.namespace() == ns::DISCO_INFO;
    if node == ns::COMMANDS {
        let permitted = who.map(|who| list::permitted(context, &request.target, &who));
        let permitted = permitted.unwrap_or_default();
        let items = permitted.iter().map(|listed| item(listed.command(), &address));
        return Ok(Some(if info {
            about(node, "command-list", "Commands")
        } else {
            query(ns::DISCO_ITEMS, node).children(items).build()
        }));
    }
    let Some(who) = who else { return Ok(None) };
    let Some(listed) = list::find(context, &request.target, node) else { return Ok(None) };
    let command = listed.command();
    if !command.may(context, &who) {
        return Err(forbidden());
    }
    Ok(Some(if info {
        about(node, "command-node", &command.name())
    } else {
        query(ns::DISCO_ITEMS, node).build()
    }))
}

fn query(namespace: &str, node: &str) -> televisor_xmpp::element::ElementBuilder {
    Element::builder("query", namespace).attr("node", node)
}

fn about(node: &str, kind: &str, name: &str) -> Element {
    let identity = Element::builder("identity", ns::DISCO_INFO)
        .attr("category", "automation")
        .attr("type", kind)
        .attr("name", name);
    let feature = |var| Element::builder("feature", ns::DISCO_INFO).attr("var", var);
    query(ns::DISCO_INFO, node)
        .child(identity)
        .child(feature(ns::COMMANDS))
        .child(feature(ns::DATA_FORMS))
        .build()
}

/// Section 4.4: `forbidden` is of type `cancel` here.
fn forbidden() -> StanzaError {
    StanzaError::new(Condition::Forbidden).with_kind(ErrorKind::Cancel)
}

fn requester(context: &Context, request: &Request<'_>) -> Result<Requester, StanzaError> {
    let origin = request.session()?;
    let account = origin.account.clone();
    let is_owner = context.accounts().is_owner(&account);
    Ok(Requester { jid: origin.jid.clone(), account, is_owner })
}

impl Commands {
    async fn carry_out(
        &self,
        context: &Context,
        request: &Request<'_>,
    ) -> Result<Element, StanzaError> {
        if list::address(context, &request.target).is_none() {
            return Err(Condition::FeatureNotImplemented.into());
        }
        let who = requester(context, request)?;
        let node = request.payload.attr("node").ok_or(PayloadError::Missing("node"))?;
        let listed = list::find(context, &request.target, node).ok_or(Condition::ItemNotFound)?;
        if !listed.command().may(context, &who) {
            return Err(forbidden());
        }
        check_language(request)?;
        let wire = read(request.payload)?;
        let (id, session) = self.session(request, &wire)?;
        let next = Step { context, who: &who, listed: &listed, id: &id };
        // A session that met an error is where it was: the same step can be taken again.
        let before = wire.session.is_some().then(|| session.clone());
        match next.take(&wire, session).await {
            Ok((answer, Some(session))) => {
                self.lock().put(id, session);
                Ok(answer)
            }
            Ok((answer, None)) => {
                self.lock().end(id);
                Ok(answer)
            }
            Err(error) => {
                if let Some(before) = before {
                    self.lock().put(id, before);
                }
                Err(error)
            }
        }
    }

    /// Finds the session that is meant, or starts one (section 3.3).
    fn session(
        &self,
        request: &Request<'_>,
        wire: &Wire,
    ) -> Result<(String, Session), StanzaError> {
        let owner = request.session()?.session;
        let Some(id) = &wire.session else {
            if !matches!(wire.action, None | Some(Action::Execute)) {
                return Err(CommandError::BadAction.into());
            }
            let id = token().map_err(|_| Condition::InternalServerError)?;
            return Ok((id, Session::new(owner, request.target.clone(), &wire.node)));
        };
        match self.lock().take(id, owner, &request.target, &wire.node) {
            Found::Open(session) => Ok((id.clone(), session)),
            Found::Over => Err(CommandError::SessionExpired.into()),
            Found::Unknown => Err(CommandError::BadSessionid.into()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Section 3.7: what is said here is said in English.
fn check_language(request: &Request<'_>) -> Result<(), StanzaError> {
    let language = request.payload.lang().or_else(|| request.iq.lang()).unwrap_or_default();
    let primary = language.split('-').next().unwrap_or_default().to_ascii_lowercase();
    match primary.as_str() {
        "" | "*" | "en" | "i" | "mul" | "und" => Ok(()),
        _ => Err(CommandError::BadLocale.into()),
    }
}

fn read(payload: &Element) -> Result<Wire, StanzaError> {
    let action = payload.attr("action");
    if action.is_some_and(|action| Action::parse(action).is_none()) {
        return Err(CommandError::MalformedAction.into());
    }
    if payload.attr("sessionid") == Some("") {
        return Err(CommandError::BadSessionid.into());
    }
    Wire::read(payload)
        .map_err(|error| StanzaError::from(CommandError::BadPayload).with_text(error.to_string()))
}

/// One step of one command.
struct Step<'a> {
    context: &'a Context,
    who: &'a Requester,
    listed: &'a Listed,
    id: &'a str,
}

impl Step<'_> {
    /// Takes it; returns the answer, and the session if it goes on.
    async fn take(
        &self,
        wire: &Wire,
        mut session: Session,
    ) -> Result<(Element, Option<Session>), StanzaError> {
        let node = session.node.clone();
        let answer = |status| Wire::answer(&node, self.id, status);
        if wire.action == Some(Action::Cancel) {
            return Ok((spoken(&answer(Status::Canceled)), None));
        }
        if let Some(actions) = open(&session) {
            match wire.action.filter(|action| *action != Action::Execute) {
                Some(action) if !actions.allow(action) => {
                    return Err(CommandError::BadAction.into());
                }
                Some(Action::Prev) => {
                    session.asked.pop();
                    // Section 2.4.3: what was answered is remembered, as the MAY has it.
                    if let Some(answers) = session.answers.pop() {
                        remember(&mut session, &answers);
                    }
                    return Ok((self.shown(&session), Some(session)));
                }
                Some(_) | None => submit(&mut session, wire)?,
            }
        }
        let turn = Turn { requester: self.who, answers: &session.answers };
        let (form, last) = match self.listed.command().step(self.context, turn).await? {
            Reply::Done(notes, form) => {
                let done = Wire { notes, form, ..answer(Status::Completed) };
                return Ok((spoken(&done), None));
            }
            Reply::Ask(form) => (form, true),
            Reply::AskFirst(form) => (form, false),
        };
        if session.asked.len() >= STAGES {
            return Err(Condition::ResourceConstraint.into());
        }
        session.asked.push((form, last));
        Ok((self.shown(&session), Some(session)))
    }

    /// Shows the form that is open.
    fn shown(&self, session: &Session) -> Element {
        let form = session.asked.last().map(|(form, _)| form.clone());
        let answer = Wire::answer(&session.node, self.id, Status::Executing);
        spoken(&Wire { form, actions: open(session), ..answer })
    }
}

/// What may be done while a form is open; `None` before there is one.
fn open(session: &Session) -> Option<Actions> {
    let (_, last) = session.asked.last()?;
    let execute = if *last { Action::Complete } else { Action::Next };
    let prev = session.asked.len() > 1;
    Some(Actions { execute, prev, next: !last, complete: *last })
}

/// Holds what was submitted against the form that is open.
fn submit(session: &mut Session, wire: &Wire) -> Result<(), StanzaError> {
    let bad = |text: String| StanzaError::from(CommandError::BadPayload).with_text(text);
    let Some((asked, _)) = session.asked.last() else { return Ok(()) };
    let mut submitted = wire.form.clone().ok_or_else(|| bad("the form is missing".to_owned()))?;
    // Section 3.5.1: a form of type `cancel` is taken for one that is submitted.
    if submitted.kind == FormKind::Cancel {
        submitted.kind = FormKind::Submit;
    }
    let answers = asked.check(&submitted).map_err(|error| bad(error.to_string()))?;
    session.answers.push(answers);
    Ok(())
}

/// Puts what was answered into the form that is shown again.
fn remember(session: &mut Session, answers: &Answers) {
    let Some((form, _)) = session.asked.last_mut() else { return };
    for field in &mut form.fields {
        let answered = field.var.as_deref().filter(|var| answers.has(var));
        if let Some(values) = answered.map(|var| answers.all(var).to_vec()) {
            field.values = values;
        }
    }
}

/// Section 3.7: an answer says in which language it is.
fn spoken(answer: &Wire) -> Element {
    let mut element = answer.to_element();
    element.set_attr_ns("lang", ns::XML, "en");
    element
}
