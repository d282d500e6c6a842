//! Recording: by title, number, channel and time, `this`, `it`, and several at once.

use televisor_model::Event;
use televisor_receiver::{Command, Recorded, permission};

use super::showings::{find, is_kind, narrow};
use super::turn::{HORIZON, Outcome, Turn};
use super::{record_span, search};
use crate::answer::{Reply, event_line, showing};
use crate::intent::{Ask, What, Wish};
use crate::memory::{Effect, Item, Question};
use crate::time::{When, clock, day_name};
use crate::words::spoken;

/// How many choices a question gives.
const CHOICES: usize = 4;

/// Records everything that was asked for, one line each.
pub(super) async fn all(turn: &mut Turn<'_>, wishes: Vec<Wish>) -> Outcome {
    permission::check(turn.actor, Command::Record)?;
    let many = wishes.len() > 1;
    let mut whole = Reply::default();
    for wish in wishes {
        let reply = one(turn, wish).await;
        let reply = match reply {
            Ok(reply) => reply,
            Err(error) if many => super::refusal::words(&error, turn.actor),
            Err(error) => return Err(error),
        };
        if whole.head.is_empty() {
            whole = reply;
        } else {
            whole.lines.push(reply.head);
            whole.lines.extend(reply.lines);
            whole.tail = reply.tail.or(whole.tail);
        }
    }
    Ok(whole)
}

/// `no, the other one`, `no I meant bbc two`: does the other, and takes back the last.
pub(super) async fn instead(turn: &mut Turn<'_>, wish: Option<Wish>) -> Outcome {
    permission::check(turn.actor, Command::Record)?;
    let others = std::mem::take(&mut turn.state.others);
    let old = turn.state.just_made(turn.at());
    let reply = match wish {
        None => match others.into_iter().next() {
            Some(event) => event_now(turn, &event).await?,
            None => {
                return Ok(Reply::line(
                    "There is no other one. Say what you meant, such as: record newsnight on friday.",
                ));
            }
        },
        Some(wish) if wish.ask.subject.is_empty() => match turn.state.it.clone() {
            Some(Item::Event(event)) => elsewhere(turn, wish, &event).await?,
            _ => return Ok(Reply::line("Instead of what? Say it all again in one message.")),
        },
        Some(wish) => one(turn, wish).await?,
    };
    super::undo::replace(turn, &old, reply).await
}

/// The last programme on another channel or at another time; if that does not show it, what it
/// shows at the same time.
async fn elsewhere(turn: &mut Turn<'_>, wish: Wish, event: &Event) -> Outcome {
    let all = super::showings::of_title(turn, &event.programme.title).await?;
    if let Some(found) = narrow(&wish.ask, &all, turn.at()).into_iter().next() {
        return event_now(turn, &found).await;
    }
    let at = event.start.to_zoned(turn.now.time_zone().clone());
    let when = wish.ask.when.clone().or(Some(When::Point { at, other: None }));
    one(turn, Wish { ask: Ask { when, ..wish.ask }, ..wish }).await
}

async fn one(turn: &mut Turn<'_>, wish: Wish) -> Outcome {
    if let Some(when) = wish.ask.when.as_ref().filter(|when| when.is_past(&turn.now)) {
        let (day, clock) = (day_name(when.from(), &turn.now), clock(when.from()));
        return Ok(Reply::line(format!(
            "That has passed, {day} {clock}: only what is ahead can be recorded."
        )));
    }
    match wish.what {
        What::Item(number) => match turn.state.item(number, turn.at()) {
            Some(Item::Event(event)) => event_now(turn, &event).await,
            Some(_) => Ok(Reply::line("That one is not in the guide; say the programme's name.")),
            None => Ok(no_item(number)),
        },
        What::This => this(turn).await,
        What::It => it(turn, wish.ask, wish.instead).await,
        What::Named if wish.ask.subject.is_empty() => by_place(turn, wish.ask).await,
        What::Named => named(turn, wish.ask).await,
    }
}

/// Says that a number is not of the last list.
pub(super) fn no_item(number: u32) -> Reply {
    let number = if number == u32::MAX { "last".to_owned() } else { number.to_string() };
    Reply::line(format!(
        "There is no {number} in a recent list. Ask again, such as: what's on tonight."
    ))
}

/// `this` is what was just shown as the only thing; the screen cannot be asked yet.
async fn this(turn: &mut Turn<'_>) -> Outcome {
    if let Some(Item::Event(event)) = turn.state.it.clone() {
        return event_now(turn, &event).await;
    }
    if let [only] = turn.channels.all() {
        let id = only.id.clone();
        let when = Some(When::Point { at: turn.now.clone(), other: None });
        return by_place(turn, Ask { channel: Some(id), when, ..Ask::default() }).await;
    }
    Ok(Reply::line("I cannot see what is on the screen yet. Say the channel: record bbc one now."))
}

/// `it tomorrow instead`: another showing of the last thing spoken of.
async fn it(turn: &mut Turn<'_>, ask: Ask, instead: bool) -> Outcome {
    let Some(Item::Event(last)) = turn.state.it.clone() else {
        return Ok(Reply::line("Record what? Say its name, such as: record newsnight tomorrow."));
    };
    if ask.when.is_none() && ask.channel.is_none() {
        return event_now(turn, &last).await;
    }
    let title = last.programme.title.clone();
    let all = super::showings::of_title(turn, &title).await?;
    let Some(event) = narrow(&ask, &all, turn.at()).into_iter().next() else {
        let found = super::showings::Showings { elsewhere: all, ..Default::default() };
        return Ok(search::nothing(turn, &title, &found, 0).await);
    };
    let old = if instead { turn.state.just_made(turn.at()) } else { Vec::new() };
    let reply = event_now(turn, &event).await?;
    super::undo::replace(turn, &old, reply).await
}

/// A channel and a time and nothing else, or a film.
async fn by_place(turn: &mut Turn<'_>, ask: Ask) -> Outcome {
    match (&ask.channel, &ask.when) {
        (Some(channel), Some(When::Span { from, to })) if !ask.films => {
            let (channel, from, to) = (channel.clone(), from.clone(), to.clone());
            record_span::record(turn, &channel, &from, &to).await
        }
        (None, Some(When::Span { .. })) if !ask.films => {
            Ok(Reply::line("On which channel? Say it all: record bbc one 9pm to 10pm."))
        }
        (None, None) if !ask.films => Ok(Reply::line(
            "Record what? Say a programme, or a channel and times: record bbc one 9 to 10.",
        )),
        _ => {
            let now = turn.at();
            let ahead = now.saturating_add(HORIZON).unwrap_or(now);
            let (from, to) = ask
                .when
                .as_ref()
                .map_or((now, ahead), |when| (when.from().timestamp(), when.to().timestamp()));
            let slack = jiff::SignedDuration::from_mins(16);
            let to = to.saturating_add(slack).unwrap_or(to);
            let all = turn.events(ask.channel.clone(), from.max(now), to).await?;
            let mut events = narrow(&ask, &all, turn.at());
            events.retain(|event| event.stop > now);
            if ask.when.is_none() && !ask.films {
                events.truncate(1);
            }
            if let Some(When::Point { at, .. }) = &ask.when {
                prefer_on_at(&mut events, at.timestamp());
            }
            {
                let said = if ask.films { "film" } else { "that" };
                settle(turn, ask, events, false, said).await
            }
        }
    }
}

/// At a point of time on one channel one programme is meant: that which begins then, else which is on.
fn prefer_on_at(events: &mut Vec<Event>, at: jiff::Timestamp) {
    let mut channels: Vec<_> = events.iter().map(|event| event.channel.clone()).collect();
    channels.dedup();
    let best = |id: &televisor_model::ChannelId| {
        let of_channel = events.iter().filter(|event| event.channel == *id);
        of_channel
            .min_by_key(|e| (!(e.start <= at && at < e.stop), e.start.duration_since(at).abs()))
    };
    let kept: Vec<Event> = channels.iter().filter_map(best).cloned().collect();
    *events = kept;
}

async fn named(turn: &mut Turn<'_>, ask: Ask) -> Outcome {
    let found = find(turn, &ask).await?;
    let said = spoken(&ask.subject);
    if found.events.is_empty() {
        return Ok(search::nothing(turn, &said, &found, 0).await);
    }
    let clear = found.clear;
    settle(turn, ask, found.events, clear, &said).await
}

/// Records the one that is meant, or asks once.
async fn settle(
    turn: &mut Turn<'_>,
    ask: Ask,
    events: Vec<Event>,
    clear: bool,
    said: &str,
) -> Outcome {
    let Some(first) = events.first() else {
        let reach = turn.guide_reach().await;
        return Ok(Reply::line(format!("Nothing is known for {said}; {reach}.")));
    };
    let same = |other: &&Event| {
        let (a, b) = (&first.programme, &other.programme);
        a.title == b.title && a.subtitle == b.subtitle
    };
    let one = events.len() == 1
        || (clear && ask.when.is_none())
        || events.iter().all(|event| same(&event)) && !is_kind(&ask.subject);
    if one {
        let reply = event_now(turn, &first.clone()).await?;
        turn.state.others = events.into_iter().skip(1).take(CHOICES).collect();
        return Ok(match ask.note {
            Some(note) => reply.with_tail(note),
            None => reply,
        });
    }
    Ok(ask_which(turn, &events, said))
}

/// Asks which of several: one of each title first, and not too many.
fn ask_which(turn: &mut Turn<'_>, events: &[Event], said: &str) -> Reply {
    let mut titles: Vec<&Event> = Vec::new();
    for event in events {
        if !titles.iter().any(|held| held.programme.title == event.programme.title) {
            titles.push(event);
        }
    }
    let several = titles.len();
    let offered: Vec<Event> = if several > 1 {
        titles.into_iter().take(CHOICES).cloned().collect()
    } else {
        events.iter().take(CHOICES).cloned().collect()
    };
    turn.list_events(&offered);
    turn.state.ask(Question::Record, turn.at());
    let lines = offered.iter().enumerate();
    let lines = lines.map(|(n, event)| event_line(n + 1, event, &turn.channels, &turn.now));
    let (count, noun) =
        if several > 1 { (several, "programmes") } else { (events.len(), "showings") };
    let more = if count > offered.len() { ", or say a channel or a time" } else { "" };
    let head = format!("{count} {noun} fit \"{said}\". Reply with a number{more}:");
    Reply::list(head, lines.collect())
}

/// Makes the timer and says so.
pub(super) async fn event_now(turn: &mut Turn<'_>, event: &Event) -> Outcome {
    let recorded = turn.receiver.record_event(turn.actor, &event.id, None).await?;
    turn.state.it = Some(Item::Event(Box::new(event.clone())));
    Ok(told(turn, &recorded))
}

/// Says what a timer will record, who set it, and whether it can.
pub(super) fn told(turn: &mut Turn<'_>, recorded: &Recorded) -> Reply {
    let timer = &recorded.timer;
    let channel = turn.channels.name(&timer.channel);
    let what = showing(&timer.programme.title, timer.start, timer.stop, &channel, &turn.now);
    if let Some(who) = &recorded.already {
        let who = if *who == turn.actor.name { "You" } else { who };
        return Reply::line(format!("{who} already set this: {what}."));
    }
    turn.effects.push(Effect::Made(timer.id));
    let lead = if timer.start <= turn.at() { "Recording the rest of" } else { "Will record" };
    let reply = Reply::line(format!("{lead} {what}. UNDO to cancel."));
    let conflicts = turn.receiver.conflicts();
    let Some(conflict) =
        conflicts.iter().find(|c| c.timer == timer.id || c.loses_to.contains(&timer.id))
    else {
        return reply;
    };
    let timers = turn.receiver.timers();
    let title =
        |id| timers.iter().find(|t| t.id == id).map_or("another", |t| t.programme.title.as_str());
    let loser = title(conflict.timer);
    reply.with_tail(format!(
        "Too much at once: {loser} will go without unless one of them is cancelled."
    ))
}
