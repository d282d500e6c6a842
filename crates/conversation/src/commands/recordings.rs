//! What has been recorded, newest first, and whether something was.

use televisor_model::{Recording, Timer, TimerState};

use super::showings::names;
use super::turn::Turn;
use crate::answer::{Reply, gigabytes, recording_line};
use crate::intent::Ask;
use crate::memory::Item;
use crate::words::{Word, spoken};

/// How well a title must fit to be taken for what was said.
const LIKELY: f64 = 0.62;

/// Lists them.
pub(super) fn answer(turn: &mut Turn<'_>, ask: Option<Ask>) -> Reply {
    let mut found = newest_first(turn);
    if let Some(ask) = &ask {
        found.retain(|recording| fits(recording, ask));
    }
    if found.is_empty() {
        return Reply::line(if ask.is_some() {
            "There are no such recordings. RECORDINGS lists all there are."
        } else {
            "There are no recordings yet. Try: record newsnight tonight."
        });
    }
    list(turn, &found)
}

/// Past times are looked for in the recordings.
pub(super) fn past(turn: &mut Turn<'_>, ask: &Ask) -> Reply {
    let mut found = newest_first(turn);
    found.retain(|recording| fits(recording, ask));
    if found.is_empty() {
        return Reply::line(
            "That has passed, and nothing of it was recorded. RECORDINGS lists what there is.",
        );
    }
    list(turn, &found)
}

/// Whether something was recorded; if not, why not.
pub(super) fn did_you_get(turn: &mut Turn<'_>, ask: &Ask) -> Reply {
    let mut found = newest_first(turn);
    found.retain(|recording| fits(recording, ask));
    if let Some(first) = found.first() {
        let line = recording_line(1, first, &turn.now);
        let line = line.strip_prefix("1 ").unwrap_or(&line).to_owned();
        turn.state.list(vec![Item::Recording(first.programme.title.clone())], turn.at());
        return Reply::line(format!("Yes: {line}."));
    }
    let said = spoken(&ask.subject);
    let named = |timer: &&Timer| names(&ask.subject, &timer.programme.title) >= LIKELY;
    let timers = turn.receiver.timers();
    let timer = timers.iter().filter(named).max_by_key(|timer| timer.start);
    let Some(timer) = timer else {
        return Reply::line(format!("No: \"{said}\" was never set to record. Try: find {said}."));
    };
    let what = super::cancel::describe(turn, timer);
    Reply::line(match &timer.state {
        TimerState::Scheduled => format!("Not yet: {what} is still to come."),
        TimerState::Recording(_) => format!("It is being recorded now: {what}."),
        TimerState::Failed(why) => format!("No: {what} failed, {why}."),
        TimerState::Cancelled => format!("No: {what} was cancelled."),
        TimerState::Completed(_) => format!("It was recorded, but is no longer here: {what}."),
    })
}

/// Returns how many recordings have a title like this.
pub(super) fn titles_like(turn: &Turn<'_>, subject: &[Word]) -> usize {
    let recordings = turn.receiver.recordings();
    recordings.iter().filter(|r| names(subject, &r.programme.title) >= 0.8).count()
}

fn newest_first(turn: &Turn<'_>) -> Vec<Recording> {
    let mut recordings = turn.receiver.recordings();
    recordings.sort_by_key(|recording| std::cmp::Reverse((recording.start, recording.id)));
    recordings
}

fn fits(recording: &Recording, ask: &Ask) -> bool {
    let titled =
        ask.subject.is_empty() || names(&ask.subject, &recording.programme.title) >= LIKELY;
    let placed = ask.channel.as_ref().is_none_or(|id| *id == recording.channel);
    let timed = ask.when.as_ref().is_none_or(|when| {
        recording.start <= when.to().timestamp() && recording.stop >= when.from().timestamp()
    });
    titled && placed && timed
}

fn list(turn: &mut Turn<'_>, found: &[Recording]) -> Reply {
    let items = found.iter().map(|r| Item::Recording(r.programme.title.clone())).collect();
    turn.state.list(items, turn.at());
    let size = found.iter().fold(0_u64, |sum, r| sum.saturating_add(r.size_bytes));
    let noun = if found.len() == 1 { "recording" } else { "recordings" };
    let lines = found.iter().enumerate();
    let lines = lines.map(|(n, recording)| recording_line(n + 1, recording, &turn.now));
    Reply::list(
        format!("{} {noun}, {}, newest first:", found.len(), gigabytes(size)),
        lines.collect(),
    )
}
