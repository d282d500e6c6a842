//! What is being recorded, and what will be.

use televisor_model::{Timer, TimerState};

use super::turn::Turn;
use crate::answer::{Reply, timer_line};
use crate::memory::Item;
use crate::time::{clock, day_name};

/// What is running, and until when.
pub(super) fn running(turn: &mut Turn<'_>) -> Reply {
    let mut timers = turn.receiver.timers();
    timers.retain(|timer| timer.state.is_open());
    timers.sort_by_key(|timer| (timer.start, timer.id));
    let running: Vec<Timer> = timers
        .iter()
        .filter(|timer| matches!(timer.state, TimerState::Recording(_)))
        .cloned()
        .collect();
    let zone = turn.now.time_zone().clone();
    let until = |timer: &Timer| clock(&timer.record_until().to_zoned(zone.clone()));
    match running.as_slice() {
        [] => match timers.first() {
            None => Reply::line("Nothing is being recorded, and nothing is set."),
            Some(next) => Reply::line(format!(
                "Nothing is being recorded now. Next: {}.",
                super::cancel::describe(turn, next)
            )),
        },
        [only] => {
            let id = only.id;
            turn.state.list(vec![Item::Timer(id)], turn.at());
            let day = day_name(&only.start.to_zoned(zone.clone()), &turn.now);
            let channel = turn.channels.name(&only.channel);
            let title = &only.programme.title;
            Reply::line(format!("Recording {title}, {channel}, {day}, until {}.", until(only)))
        }
        many => {
            let lines = remember(turn, many);
            Reply::list(format!("Recording {} programmes:", many.len()), lines)
        }
    }
}

/// The next timers, in order.
pub(super) fn coming(turn: &mut Turn<'_>) -> Reply {
    let mut timers = turn.receiver.timers();
    timers.retain(|timer| timer.state.is_open());
    timers.sort_by_key(|timer| (timer.start, timer.id));
    let Some(first) = timers.first() else {
        return Reply::line("Nothing is set to record. Try: record newsnight tonight.");
    };
    let next = super::cancel::describe(turn, first);
    let head = match timers.len() {
        1 => format!("One recording is set: {next}."),
        count => format!("{count} recordings are set, the next: {next}."),
    };
    let lines = remember(turn, &timers);
    Reply::list(head, lines)
}

fn remember(turn: &mut Turn<'_>, timers: &[Timer]) -> Vec<String> {
    turn.state.list(timers.iter().map(|timer| Item::Timer(timer.id)).collect(), turn.at());
    let lines = timers.iter().enumerate();
    lines.map(|(n, timer)| timer_line(n + 1, timer, &turn.channels, &turn.now)).collect()
}
