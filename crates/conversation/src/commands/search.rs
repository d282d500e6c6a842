//! When something is on: by title, by kind, by who is in it.

use super::recordings;
use super::showings::{self, find};
use super::turn::{Outcome, Turn};
use crate::answer::{Reply, event_line};
use crate::intent::Ask;
use crate::words::spoken;

/// How many showings of one title are told at first.
const SHOWN: usize = 3;

/// Answers it.
pub(super) async fn answer(turn: &mut Turn<'_>, ask: Ask) -> Outcome {
    if ask.when.as_ref().is_some_and(|when| when.is_past(&turn.now)) {
        return Ok(recordings::past(turn, &ask));
    }
    let found = find(turn, &ask).await?;
    let said = spoken(&ask.subject);
    let kept = recordings::titles_like(turn, &ask.subject);
    let Some(first) = found.events.first() else {
        return Ok(nothing(turn, &said, &found, kept).await);
    };
    let lead = if found.clear || found.events.len() == 1 {
        let when = if first.start <= turn.at() { "is on now" } else { "is next on" };
        let rest = turn.showing(first);
        let (title, rest) = rest.split_once(", ").unwrap_or((&rest, ""));
        format!("{title} {when}: {rest}.")
    } else {
        format!("{} found for \"{said}\", the first: {}.", found.events.len(), turn.showing(first))
    };
    let lead = if kept > 0 { format!("{lead} Also {kept} in the recordings.") } else { lead };
    turn.list_events(&found.events);
    if found.events.len() == 1 && ask.note.is_none() {
        let synopsis = first.programme.synopsis.clone().into_iter().collect();
        return Ok(Reply::list(lead, synopsis).with_tail("RECORD 1 records it."));
    }
    let most = if found.clear { SHOWN } else { found.events.len() };
    let lines = found.events.iter().take(most).enumerate();
    let lines = lines.map(|(n, event)| event_line(n + 1, event, &turn.channels, &turn.now));
    let reply = Reply::list(lead, lines.collect());
    Ok(match ask.note {
        Some(note) => reply.with_tail(note),
        None => reply.with_tail("RECORD and a number records one."),
    })
}

/// Says that nothing fits, and what comes closest.
pub(super) async fn nothing(
    turn: &mut Turn<'_>,
    said: &str,
    found: &showings::Showings,
    kept: usize,
) -> Reply {
    if !found.elsewhere.is_empty() {
        let events: Vec<_> = found.elsewhere.iter().take(SHOWN).cloned().collect();
        turn.list_events(&events);
        let lines = events.iter().enumerate();
        let lines = lines.map(|(n, event)| event_line(n + 1, event, &turn.channels, &turn.now));
        let title = events.first().map_or(said, |event| event.programme.title.as_str());
        return Reply::list(
            format!("{title} is not on then and there. It is on:"),
            lines.collect(),
        )
        .with_tail("RECORD and a number records one.");
    }
    let also =
        if kept > 0 { format!(" There are {kept} in the recordings.") } else { String::new() };
    let head = format!("\"{said}\" is not in the guide {}.{also}", turn.guide_end().await);
    let mut events = Vec::new();
    for title in &found.closest {
        if let Ok(of_title) = showings::of_title(turn, title).await {
            events.extend(of_title.into_iter().min_by_key(|event| event.start));
        }
    }
    if events.is_empty() {
        return Reply::line(head);
    }
    turn.list_events(&events);
    let lines = events.iter().enumerate();
    let lines = lines.map(|(n, event)| event_line(n + 1, event, &turn.channels, &turn.now));
    Reply::list(format!("{head} Closest:"), lines.collect())
}
