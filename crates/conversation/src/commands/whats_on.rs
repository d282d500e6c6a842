//! What is on: now and next, at a time, on a channel, in a stretch of time.

use televisor_model::{ChannelId, Event};
use televisor_receiver::NowNext;

use super::recordings;
use super::showings::narrow;
use super::turn::{Outcome, Turn};
use crate::answer::{Reply, brief_line, channel_line};
use crate::intent::Ask;
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
        (None, Some(id)) if !ask.films => on_channel(turn, id.clone(), ask.next, 6).await,
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
pub(super) async fn everywhere(turn: &mut Turn<'_>, ask: &Ask) -> Outcome {
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
        let reach = turn.guide_reach().await;
        return Ok(Reply::line(format!("Nothing is known for then; {reach}.")));
    }
    rows.retain(|row| shown(row).is_some());
    turn.list_events(&events);
    let day = day_name(&at, &turn.now);
    if ask.next {
        let lines = events.iter().enumerate();
        let lines =
            lines.map(|(n, event)| brief_line(n + 1, event, Some(&turn.channels), &at, &turn.now));
        return Ok(Reply::list(format!("Next, {day} after {}:", clock(&at)), lines.collect()));
    }
    let lines = rows.iter().enumerate().map(|(n, row)| channel_line(n + 1, row, &turn.now));
    let head = if at == turn.now {
        format!("On now, {day} {}:", clock(&at))
    } else {
        format!("On at {}, {day}:", clock(&at))
    };
    Ok(Reply::list(head, lines.collect()))
}

/// What is on one channel, and what follows: at most so many programmes.
pub(super) async fn on_channel(
    turn: &mut Turn<'_>,
    id: ChannelId,
    next: bool,
    most: usize,
) -> Outcome {
    let now = turn.at();
    let to = now.saturating_add(jiff::SignedDuration::from_hours(12)).unwrap_or(now);
    let mut events = turn.events(Some(id.clone()), now, to).await?;
    if next {
        events.retain(|event| event.start > now);
    }
    events.truncate(most);
    let name = turn.channels.name(&id);
    let Some(first) = events.first() else {
        let reach = turn.guide_reach().await;
        return Ok(Reply::line(format!("Nothing is known for {name}; {reach}.")));
    };
    let day = day_name(&turn.now, &turn.now);
    let title = &first.programme.title;
    let zoned = |at: jiff::Timestamp| at.to_zoned(turn.now.time_zone().clone());
    let head = if first.start <= now {
        format!("{name} now, {day}: {title} until {}.", clock(&zoned(first.stop)))
    } else {
        let start = zoned(first.start);
        format!("{name} next, {} {}: {title}.", day_name(&start, &turn.now), clock(&start))
    };
    let lines = events.iter().enumerate();
    let lines: Vec<String> =
        lines.map(|(n, event)| brief_line(n + 1, event, None, &turn.now, &turn.now)).collect();
    turn.list_events(&events);
    Ok(Reply::list(head, lines))
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
    let mut events = narrow(ask, &all, now);
    events.retain(|event| event.stop > now);
    let what = if ask.films { "films" } else { "programmes" };
    let place = ask.channel.as_ref().map(|id| format!(" on {}", turn.channels.name(id)));
    let place = place.unwrap_or_default();
    let named = named(turn, ask);
    if events.is_empty() {
        let reach = turn.guide_reach().await;
        return Ok(Reply::line(format!("No {what}{place}, {named}; {reach}.")));
    }
    turn.list_events(&events);
    if let [only] = events.as_slice() {
        let head = format!("{}. RECORD 1 to record it.", turn.showing(only));
        return Ok(Reply::list(head, only.programme.synopsis.clone().into_iter().collect()));
    }
    let day = ask.when.as_ref().map_or(&turn.now, When::from);
    let channels = ask.channel.is_none().then_some(&*turn.channels);
    let lines = events.iter().enumerate();
    let lines = lines.map(|(n, event)| brief_line(n + 1, event, channels, day, &turn.now));
    Ok(Reply::list(format!("{} {what}{place}, {named}:", events.len()), lines.collect()))
}

/// Names the stretch of time that is answered about.
fn named(turn: &Turn<'_>, ask: &Ask) -> String {
    match &ask.when {
        None => "in the next seven days".to_owned(),
        Some(When::Point { at, .. }) => format!("{} {}", day_name(at, &turn.now), clock(at)),
        Some(when) => {
            let (from, to) = (when.from(), when.to());
            let day = day_name(from, &turn.now);
            let hours = to.timestamp().duration_since(from.timestamp()).as_hours();
            match (hours, clock(from), clock(to)) {
                // a whole television day
                (23..=25, from, to) if from == "05:00" && to == "05:00" => day,
                (24.., from, until) => {
                    format!("{day} {from} to {} {until}", to.strftime("%a %-d %b"))
                }
                (_, from, until) => format!("{day} {from}-{until}"),
            }
        }
    }
}
