//! Answers to questions: yes, no, a number, a time.

use super::record::{event_now, no_item};
use super::showings::narrow;
use super::turn::{Outcome, Turn};
use super::{accounts, cancel, forget};
use crate::answer::Reply;
use crate::intent::Ask;
use crate::memory::{Item, Question};
use crate::time::When;
use televisor_model::{ContactState, Event, Role};

/// Yes: does what was asked about; of a list, the first if it is the only one.
pub(super) async fn yes(turn: &mut Turn<'_>) -> Outcome {
    match turn.state.asked(turn.at()).cloned() {
        None => Ok(yes_to_nothing(turn)),
        Some(Question::StopRunning(id)) => {
            turn.state.take_question(turn.at());
            cancel::cancel_now(turn, id).await
        }
        Some(Question::ForgetThis(id)) => {
            turn.state.take_question(turn.at());
            forget::forget_now(turn, id).await
        }
        Some(Question::Allow(jid)) => {
            turn.state.take_question(turn.at());
            accounts::allow_now(turn, &jid, None).await
        }
        Some(Question::Leave(jid)) => {
            turn.state.take_question(turn.at());
            accounts::revoke_now(turn, &jid).await
        }
        Some(Question::Record | Question::Cancel | Question::Forget) => {
            Ok(Reply::line("Which one? Reply with its number, or NO for none."))
        }
    }
}

/// Whoever was asked while away answers late: what they mean is said, not guessed.
fn yes_to_nothing(turn: &Turn<'_>) -> Reply {
    let waiting = turn.receiver.contacts();
    let mut waiting = waiting.iter().filter(|contact| contact.state == ContactState::Accepted);
    match waiting.next() {
        Some(contact) if turn.actor.role >= Role::Member => Reply::line(format!(
            "Yes to what? To let {} in, say: allow {}",
            contact.jid, contact.jid
        )),
        _ => Reply::line("Yes to what? There is no open question; HELP shows what I can do."),
    }
}

/// No: drops the question; to an account that wants to come in it is the answer.
pub(super) async fn no(turn: &mut Turn<'_>) -> Outcome {
    let question = turn.state.take_question(turn.at());
    if let Some(Question::Allow(jid)) = &question {
        return accounts::revoke_now(turn, jid).await;
    }
    Ok(nothing_done(question))
}

fn nothing_done(question: Option<Question>) -> Reply {
    match question {
        None => Reply::line("All right. UNDO takes back the last thing."),
        Some(Question::StopRunning(_)) => Reply::line("All right, it goes on recording."),
        Some(Question::Allow(_) | Question::Leave(_)) => {
            Reply::line("All right, everything stays as it is.")
        }
        Some(Question::ForgetThis(_) | Question::Forget) => {
            Reply::line("All right, nothing was un-paired.")
        }
        Some(Question::Record) => Reply::line("All right, nothing was set."),
        Some(Question::Cancel) => Reply::line("All right, nothing was cancelled."),
    }
}

/// A number: the item of the last list, for what was asked, else to tell about it.
pub(super) async fn pick(turn: &mut Turn<'_>, number: u32) -> Outcome {
    let Some(item) = turn.state.item(number, turn.at()) else {
        if matches!(
            turn.state.asked(turn.at()),
            Some(
                Question::StopRunning(_)
                    | Question::ForgetThis(_)
                    | Question::Allow(_)
                    | Question::Leave(_)
            )
        ) {
            return Ok(Reply::line("Please reply YES or NO."));
        }
        return Ok(no_item(number));
    };
    let question = turn.state.asked(turn.at()).cloned();
    if matches!(question, Some(Question::Record | Question::Cancel | Question::Forget)) {
        turn.state.take_question(turn.at());
    }
    match (question, item) {
        (Some(Question::Record), Item::Event(event)) => {
            let others = others(turn, &event);
            let reply = event_now(turn, &event).await?;
            turn.state.others = others;
            Ok(reply)
        }
        (Some(Question::Cancel), Item::Timer(id)) => {
            let timer = turn.receiver.timers().into_iter().find(|timer| timer.id == id);
            match timer {
                Some(timer) => cancel::cancel(turn, &timer).await,
                None => Ok(Reply::line("That one has gone already.")),
            }
        }
        (Some(Question::Forget), Item::Device(id)) => Ok(forget::ask(turn, id)),
        (_, item) => Ok(tell(turn, item, number)),
    }
}

fn others(turn: &Turn<'_>, picked: &Event) -> Vec<Event> {
    let items = turn.state.items(turn.at()).iter();
    let events = items.filter_map(|item| match item {
        Item::Event(event) if event.id != picked.id => Some((**event).clone()),
        _ => None,
    });
    events.take(4).collect()
}

/// Tells about an item when nothing was asked.
fn tell(turn: &mut Turn<'_>, item: Item, number: u32) -> Reply {
    turn.state.it = Some(item.clone());
    let number = if number == u32::MAX { "it".to_owned() } else { number.to_string() };
    match item {
        Item::Event(event) => {
            let synopsis = event.programme.synopsis.clone().into_iter().collect();
            Reply::list(format!("{}.", turn.showing(&event)), synopsis)
                .with_tail(format!("RECORD {number} to record it."))
        }
        Item::Timer(id) => {
            let timer = turn.receiver.timers().into_iter().find(|timer| timer.id == id);
            match timer {
                Some(timer) => {
                    let what = cancel::describe(turn, &timer);
                    Reply::line(format!(
                        "{what}, set by {}. CANCEL {number} to cancel it.",
                        timer.set_by
                    ))
                }
                None => Reply::line("That one has gone already."),
            }
        }
        Item::Recording(title) => {
            Reply::line(format!("{title}: I cannot play or delete recordings by chat yet."))
        }
        Item::Device(_) => Reply::line("FORGET and its name un-pairs a device."),
        Item::Contact(jid) => Reply::line(format!("{jid}: ALLOW {number} or REVOKE {number}.")),
    }
}

/// `the 9 o'clock one`: the item of the last list that is on then.
pub(super) async fn pick_time(turn: &mut Turn<'_>, when: When) -> Outcome {
    let events: Vec<Event> = turn
        .state
        .items(turn.at())
        .iter()
        .filter_map(|item| match item {
            Item::Event(event) => Some((**event).clone()),
            _ => None,
        })
        .collect();
    let said = when.from().time();
    let found = narrow(&Ask { when: Some(when.clone()), ..Ask::default() }, &events, turn.at());
    let zone = turn.now.time_zone().clone();
    let same_clock = |event: &&Event| event.start.to_zoned(zone.clone()).time() == said;
    let event = found.first().or_else(|| events.iter().find(same_clock));
    let Some(at) = event.and_then(|event| events.iter().position(|other| other.id == event.id))
    else {
        return Ok(Reply::line(
            "None in the last list is on then. Reply with a number, or ask again.",
        ));
    };
    pick(turn, u32::try_from(at + 1).unwrap_or(1)).await
}
