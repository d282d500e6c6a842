//! Every verb: its form, and the sentence or the deed that comes of it.

use futures_util::future::BoxFuture;
use televisor_model::{Actor, TimerId};
use televisor_receiver::Command as Permission;
use televisor_xmpp::payload::forms::Answers;

use super::verb::{Act, Asks, House, Verb};
use super::{forms, lists};
use crate::serve::accounts::device_id;

/// A verb that asks nothing, and says one sentence.
macro_rules! plain {
    ($node:literal, $name:literal, $needs:ident, $sentence:literal) => {
        Verb {
            node: $node,
            name: $name,
            needs: Permission::$needs,
            asks: Asks::Nothing,
            act: Act::Say(|_| $sentence.to_owned()),
        }
    };
}

/// A verb that asks something.
macro_rules! asking {
    ($node:literal, $name:literal, $needs:ident, $form:path, $act:expr) => {
        Verb {
            node: $node,
            name: $name,
            needs: Permission::$needs,
            asks: Asks::Form($form),
            act: $act,
        }
    };
}

/// All of them, in the order they are listed.
pub(super) static VERBS: [Verb; 21] = [
    asking!("whats-on", "What's on", Look, forms::place_and_time, Act::Say(whats_on)),
    plain!("whats-next", "What's on next", Look, "what's on next"),
    asking!("search", "Find a programme", Ask, forms::title, Act::Say(search)),
    asking!("record", "Record a programme", Record, forms::programme, Act::Say(record)),
    asking!("record-span", "Record from ... to ...", Record, forms::span, Act::Say(record_span)),
    asking!("cancel", "Cancel a recording", Record, forms::timer, Act::Do(cancel)),
    plain!("undo", "Undo", Record, "undo"),
    Verb {
        node: "timers",
        name: "What will be recorded",
        needs: Permission::Ask,
        asks: Asks::Nothing,
        act: Act::Tell(lists::timers),
    },
    plain!("running", "What is being recorded", Ask, "what are you recording"),
    Verb {
        node: "recordings",
        name: "What has been recorded",
        needs: Permission::Ask,
        asks: Asks::Nothing,
        act: Act::Tell(lists::recordings),
    },
    plain!("space", "How much room is left", Ask, "how much space is left"),
    plain!("status", "How the receiver is", Ask, "status"),
    plain!("reachable", "Can it be reached from outside", Ask, "am I reachable?"),
    plain!("pair", "Pair a device", Pair, "pair a device"),
    plain!("devices", "Who is paired", Ask, "who's connected"),
    asking!("forget", "Forget a device", Forget, forms::device, Act::Do(forget)),
    asking!("invite", "Invite somebody's account", Invite, forms::address, Act::Say(invite)),
    plain!("invite-link", "Invite by a link", Invite, "invite link"),
    asking!("allow", "Let an account in", Invite, forms::accepted, Act::Say(allow)),
    asking!("revoke", "End an account's access", Forget, forms::known, Act::Say(revoke)),
    plain!("accounts", "Whose accounts are let in", Ask, "accounts"),
];

fn whats_on(answers: &Answers) -> String {
    format!("what's on{}{}", said("", answers, "when"), said(" on", answers, "channel"))
}

fn search(answers: &Answers) -> String {
    format!("when is{} on", said("", answers, "title"))
}

fn record(answers: &Answers) -> String {
    let (channel, when) = (said(" on", answers, "channel"), said("", answers, "when"));
    format!("record{}{channel}{when}", said("", answers, "title"))
}

fn record_span(answers: &Answers) -> String {
    let [channel, day, from] = ["channel", "day", "from"].map(|var| said("", answers, var));
    format!("record{channel}{day}{from}{}", said(" to", answers, "to"))
}

fn invite(answers: &Answers) -> String {
    format!("invite{}", said("", answers, "account"))
}

fn allow(answers: &Answers) -> String {
    format!("allow{}{}", said("", answers, "account"), said(" as", answers, "role"))
}

fn revoke(answers: &Answers) -> String {
    format!("revoke{}", said("", answers, "account"))
}

/// Returns what was filled in after its lead word; nothing where nothing was.
fn said(lead: &str, answers: &Answers, var: &str) -> String {
    let text = answers.text(var).map(str::trim).filter(|text| !text.is_empty());
    text.map(|text| format!("{lead} {text}")).unwrap_or_default()
}

fn cancel<'a>(
    house: &'a House,
    actor: &'a Actor,
    answers: &'a Answers,
) -> BoxFuture<'a, Result<String, String>> {
    Box::pin(async move {
        let id = answers.text("timer").and_then(|id| id.parse().ok()).map(TimerId);
        let id = id.ok_or("There is no such recording.")?;
        let timer = house.receiver.cancel_timer(actor, id).await.map_err(|e| e.to_string())?;
        Ok(format!("Cancelled: {}.", timer.programme.title))
    })
}

fn forget<'a>(
    house: &'a House,
    actor: &'a Actor,
    answers: &'a Answers,
) -> BoxFuture<'a, Result<String, String>> {
    Box::pin(async move {
        let id = answers.text("device").and_then(device_id).ok_or("There is no such device.")?;
        let device = house.receiver.forget(actor, id).await.map_err(|e| e.to_string())?;
        Ok(format!("Forgotten: {}.", device.name))
    })
}
