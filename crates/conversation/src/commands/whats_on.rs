//! What is on: now and next, at a time, on a channel, in a stretch of time.

use televisor_model::{ChannelId, Event};
use televisor_receiver::NowNext;

use super::recordings;
use super::showings::narrow;
use super::turn::{Outcome, Turn};
use crate::answer::{Reply, channel_line, event_line};
use crate::intent::Ask;
use crate::memory::Item;
use crate::time::{When, clock, day_name};

/// Answers it.
pub(super) async fn answer(turn: &mut Turn<'_>, ask: Ask) -> Outcome {
    if turn.channels.all().is_empty() {
        return Ok(Reply::line(
            "There are no channels yet: add a playlist under [tuner] in the configuration.",
        ));
    }
    let reply = match (&ask.when, &ask.channel) {
        (Some(when), _) if when.is_past(&turn.now) => Ok(recordings::past(turn, &ask)),
        (None, Some(id)) if !ask.films => on_channel(turn, id.clone(), ask.next).await,
        (None | Some(When::Point { .. }), None) if !ask.films => everywhere(turn, &ask).await,
        _ => window(turn, &ask).await,
    }?;
    Ok(match ask.note {
        Some(note) => reply.with_tail(note),
        None => reply,
    })
}

/// Shows the next page of the last answer.
pub(super) fn more(turn: &mut Turn<'_>) -> Reply {
    if turn.state.pages.is_empty() {
        return Reply::line("That was all of it.");
    }
    let mut lines = std::mem::take(&mut turn.state.pages);
    let head = lines.remove(0);
    Reply::list(head, lines)
}

/// Every channel, favourites first.
async fn everywhere(turn: &mut Turn<'_>, ask: &Ask) -> Outcome {
    let at = ask.when.as_ref().map_or(&turn.now, When::from).clone();
    let mut ids: Vec<(bool, ChannelId)> =
        turn.channels.all().iter().map(|c| (!c.favourite, c.id.clone())).collect();
    ids.sort_by_key(|(other, _)| *other);
    let ids: Vec<ChannelId> = ids.into_iter().map(|(_, id)| id).collect();
    let mut rows = turn.receiver.now_next(&ids, at.timestamp()).await?;
    rows.sort_by_key(|row| ids.iter().position(|id| *id == row.channel.id));
    let shown = |row: &NowNext| {
        let next = row.next.first();
        if ask.next { next.cloned() } else { row.now.clone().or_else(|| next.cloned()) }
    };
    let events: Vec<Event> = rows.iter().filter_map(shown).collect();
    if events.is_empty() {
        let end = turn.guide_end().await;
        return Ok(Reply::line(format!("The guide knows nothing for then; it reaches {end}.")));
    }
    rows.retain(|row| shown(row).is_some());
    turn.list_events(&events);
    let day = day_name(&at, &turn.now);
    if ask.next {
        let lines = events.iter().enumerate();
        let lines = lines.map(|(n, event)| event_line(n + 1, event, &turn.channels, &turn.now));
        return Ok(Reply::list(format!("Next, {day} after {}:", clock(&at)), lines.collect()));
    }
    let lines = rows.iter().enumerate().map(|(n, row)| channel_line(n + 1, row, &turn.now));
    let lead = if at == turn.now { "On now" } else { "On" };
    Ok(Reply::list(format!("{lead}, {day} {}:", clock(&at)), lines.collect()))
}

/// What is on one channel, and what follows.
async fn on_channel(turn: &mut Turn<'_>, id: ChannelId, next: bool) -> Outcome {
    let now = turn.at();
    let to = now.saturating_add(jiff::SignedDuration::from_hours(12)).unwrap_or(now);
    let mut events = turn.events(Some(id.clone()), now, to).await?;
    if next {
        events.retain(|event| event.start > now);
    }
    events.truncate(6);
    let name = turn.channels.name(&id);
    let Some(first) = events.first() else {
        let end = turn.guide_end().await;
        return Ok(Reply::line(format!("The guide knows nothing for {name}; it reaches {end}.")));
    };
    let lead = if first.start <= now { "now" } else { "next" };
    let head = format!("{name} {lead}: {}.", turn.showing(first));
    let head = match first.programme.synopsis.as_deref() {
        Some(synopsis) if events.len() < 3 => format!("{head} {synopsis}"),
        _ => head,
    };
    turn.list_events(&events);
    let lines = events.iter().enumerate();
    let lines = lines.map(|(n, event)| event_line(n + 1, event, &turn.channels, &turn.now));
    Ok(Reply::list(head, lines.collect()))
}

/// What is on in a stretch of time, or on a channel at a time; perhaps films only.
async fn window(turn: &mut Turn<'_>, ask: &Ask) -> Outcome {
    let now = turn.at();
    let week = jiff::SignedDuration::from_hours(24 * 7);
    let (from, to) = match &ask.when {
        Some(When::Point { at, other }) => {
            let from = other.as_ref().map_or(at, |other| other.min(at)).timestamp();
            let to = other.as_ref().map_or(at, |other| other.max(at)).timestamp();
            (from, to.saturating_add(jiff::SignedDuration::from_mins(16)).unwrap_or(to))
        }
        Some(when) => (when.from().timestamp(), when.to().timestamp()),
        None => (now, now.saturating_add(week).unwrap_or(now)),
    };
    let all = turn.events(ask.channel.clone(), from, to).await?;
    let mut events = narrow(ask, &all);
    events.retain(|event| event.stop > now);
    let what = if ask.films { "films" } else { "programmes" };
    let place = ask.channel.as_ref().map(|id| format!(" on {}", turn.channels.name(id)));
    let place = place.unwrap_or_default();
    let named = named(turn, ask);
    if events.is_empty() {
        let end = turn.guide_end().await;
        return Ok(Reply::line(format!("No {what}{place} {named}: the guide reaches {end}.")));
    }
    let items = events.iter().cloned().map(|event| Item::Event(Box::new(event))).collect();
    turn.state.list(items, now);
    let lines = events.iter().enumerate();
    let lines = lines.map(|(n, event)| event_line(n + 1, event, &turn.channels, &turn.now));
    let count = events.len();
    let what = if count == 1 { what.trim_end_matches('s') } else { what };
    Ok(Reply::list(format!("{count} {what}{place}, {named}:"), lines.collect()))
}

/// Names the stretch of time that is answered about.
fn named(turn: &Turn<'_>, ask: &Ask) -> String {
    match &ask.when {
        None => "in the next seven days".to_owned(),
        Some(When::Point { at, .. }) => format!("{} {}", day_name(at, &turn.now), clock(at)),
        Some(when) => {
            let (from, to) = (when.from(), when.to());
            let label = match when {
                When::Window { label, .. } if !label.is_empty() => format!(" ({label})"),
                _ => String::new(),
            };
            let long = to.timestamp().duration_since(from.timestamp()).as_hours() >= 24;
            let until = if long {
                format!("{} {}", to.strftime("%a %-d %b"), clock(to))
            } else {
                clock(to)
            };
            format!("{} {}-{until}{label}", day_name(from, &turn.now), clock(from))
        }
    }
}
