//! Tries out the waking of one's own phones (XEP-0357), and says which hop fails.

use televisor_xmpp::error::StanzaError;
use televisor_xmpp::payload::command::Note;

use crate::accounts::BoxFuture;
use crate::command::{Command, Reply, Turn};
use crate::context::Context;
use crate::error::internal;
use crate::push::{self, Outcome, Report, Trial};

/// Sends a notice by way of every app server that the account has registered with.
pub(super) struct TestPush;

impl Command for TestPush {
    fn node(&self) -> &str {
        "test-push"
    }

    fn name(&self) -> String {
        "Test waking my phones".to_owned()
    }

    fn takes_long(&self) -> bool {
        true
    }

    fn step<'a>(
        &'a self,
        context: &'a Context,
        turn: Turn<'a>,
    ) -> BoxFuture<'a, Result<Reply, StanzaError>> {
        Box::pin(async move {
            let report = push::test(context, &turn.requester.account).await;
            let what = "the waking of phones could not be tested";
            report.map(|report| told(&report)).map_err(|error| internal(&error, what))
        })
    }
}

fn told(report: &Report) -> Reply {
    match report {
        Report::NotRegistered => Reply::said(
            "None of your devices has asked to be woken. Look for “push” in the settings of its chat app.",
        ),
        Report::UnderWay => {
            Reply::failed("A test is under way already. Try again in half a minute.")
        }
        Report::Tried(trials) => Reply::Done(trials.iter().map(note).collect(), None),
    }
}

fn note(trial: &Trial) -> Note {
    let Trial { app_server, resource, outcome } = trial;
    match outcome {
        Outcome::Accepted => Note::info(format!(
            "{resource}: {app_server} took the notice. If the device stays silent, the fault is between the two of them.",
        )),
        Outcome::Refused(condition) => Note::error(format!(
            "{resource}: {app_server} refused the notice ({condition}). Open the chat app on the device once: it registers again.",
        )),
        Outcome::Unreachable(condition) => Note::error(format!(
            "{resource}: there is no way from here to {app_server} ({condition}). Is the receiver on the internet?",
        )),
        Outcome::NoAnswer => {
            Note::error(format!("{resource}: {app_server} did not answer. Try again later."))
        }
    }
}
