//! Who has not shown who they are: somebody on the link, under a name that proves nothing. What is on
//! now and next is for everybody, and small talk; everything else is the household's.

use televisor_model::Event;
use televisor_receiver::permission::{Command, check};

use super::turn::{Outcome, Turn};
use super::{refusal, showings, small_talk, whats_on};
use crate::answer::{Reply, event_line};
use crate::intent::{Ask, Intent};
use crate::words::spoken;

/// What is on a channel now, and next.
const NOW_AND_NEXT: usize = 2;
/// How well a title must fit to be taken for what was said.
const LIKELY: f64 = 0.62;
/// How many programmes are told of.
const SHOWN: usize = 5;

/// Answers what may be answered.
pub(super) async fn perform(turn: &mut Turn<'_>, intent: Intent) -> Reply {
    let done = match intent {
        Intent::WhatsOn(ask) => whats_on(turn, ask).await,
        Intent::Search(ask) => search(turn, &ask).await,
        Intent::More => Ok(whats_on::more(turn)),
        Intent::Help(_) => Ok(help()),
        Intent::Hello => Ok(hello(turn)),
        Intent::Thanks => Ok(small_talk::thanks()),
        Intent::Secret => Ok(small_talk::secret()),
        Intent::BadTime(_) => Ok(later()),
        Intent::Unknown(_) | Intent::Yes | Intent::No | Intent::Pick(_) | Intent::PickTime(_) => {
            Ok(Reply::line("Sorry, that is beyond me. Try: what's on, what's next, or help."))
        }
        Intent::Pair => Ok(Reply::line(HOW_TO_PAIR)),
        Intent::Record(_)
        | Intent::Cancel(_)
        | Intent::Undo
        | Intent::Instead(_)
        | Intent::Pad { .. }
        | Intent::Running
        | Intent::Timers
        | Intent::Recordings(_)
        | Intent::DidYouGet(_)
        | Intent::Space
        | Intent::Status
        | Intent::Devices
        | Intent::Forget(_)
        | Intent::Invite(_)
        | Intent::InviteLink
        | Intent::Allow(..)
        | Intent::Revoke(_)
        | Intent::Accounts
        | Intent::Reachable
        | Intent::NotYet(_) => {
            Ok(Reply::line(format!("That is for the household's own devices. {HOW_TO_PAIR}")))
        }
    };
    done.unwrap_or_else(|error| refusal::words(&error, turn.actor))
}

/// What is on now and next, everywhere or on one channel.
async fn whats_on(turn: &mut Turn<'_>, ask: Ask) -> Outcome {
    check(turn.actor, Command::Look)?;
    if is_later(turn, &ask) {
        return Ok(later());
    }
    if ask.films {
        return search(turn, &ask).await;
    }
    match ask.channel {
        Some(id) => whats_on::on_channel(turn, id, ask.next, NOW_AND_NEXT).await,
        None => whats_on::everywhere(turn, &Ask { when: None, ..ask }).await,
    }
}

/// Looks for something in what is on now and next, and nowhere else.
async fn search(turn: &mut Turn<'_>, ask: &Ask) -> Outcome {
    check(turn.actor, Command::Look)?;
    if is_later(turn, ask) {
        return Ok(later());
    }
    let rows = turn.receiver.now_next(&[], turn.at()).await?;
    let shown =
        rows.into_iter().flat_map(|row| row.now.into_iter().chain(row.next.into_iter().take(1)));
    let fits = |event: &Event| {
        ask.subject.is_empty() || showings::names(&ask.subject, &event.programme.title) >= LIKELY
    };
    let all: Vec<Event> = shown.filter(fits).collect();
    let any_time = Ask { when: None, ..ask.clone() };
    let mut events = showings::narrow(&any_time, &all, turn.at());
    turn.sort(&mut events);
    events.truncate(SHOWN);
    let what = if ask.subject.is_empty() { "film".to_owned() } else { spoken(&ask.subject) };
    if events.is_empty() {
        return Ok(Reply::line(format!(
            "\"{what}\" is neither on now nor next, and that is as far as I look for somebody I do \
             not know."
        )));
    }
    turn.list_events(&events);
    let lines = events.iter().enumerate();
    let lines = lines.map(|(n, event)| event_line(n + 1, event, &turn.channels, &turn.now));
    Ok(Reply::list(format!("On now or next, for \"{what}\":"), lines.collect()))
}

/// Whether another time than now was asked about.
fn is_later(turn: &Turn<'_>, ask: &Ask) -> bool {
    ask.when.as_ref().is_some_and(|when| *when.from() != turn.now)
}

fn later() -> Reply {
    Reply::line(
        "I tell everybody on this network what is on now and next; the rest of the guide is for the \
         household's own devices.",
    )
}

fn hello(turn: &Turn<'_>) -> Reply {
    let name = turn.receiver.identity().name();
    Reply::line(format!("Hello, this is {name}, a television receiver. Try: what's on, or help."))
}

fn help() -> Reply {
    Reply::list(
        "We have not met, so this is what you can ask:",
        vec![
            "what's on, what's next, what's on bbc two".to_owned(),
            "is newsnight on, any films on".to_owned(),
        ],
    )
    .with_tail(format!("The rest is for the household's own devices. {HOW_TO_PAIR}"))
}

/// The way in.
const HOW_TO_PAIR: &str = "To pair one: somebody of the household says PAIR A DEVICE to me, and you type \
                           the code on the screen into your app.";
