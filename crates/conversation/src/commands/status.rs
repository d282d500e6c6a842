//! How the receiver is: name, what it does, guide, space, and what the program adds.

use televisor_model::{Timer, TimerState};

use super::space;
use super::turn::Turn;
use crate::answer::Reply;

/// Answers it.
pub(super) async fn answer(turn: &Turn<'_>) -> Reply {
    let timers = turn.receiver.timers();
    let running = timers.iter().filter(|t| matches!(t.state, TimerState::Recording(_))).count();
    let set = timers.iter().filter(|t| t.state == TimerState::Scheduled).count();
    let name = turn.receiver.identity().name();
    let head = format!("{name} is well: recording {running}, {set} set to record.");
    let channels = turn.channels.all().len();
    let guide = format!("{channels} channels, guide {}", turn.guide_end().await);
    let mut lines = vec![guide, space::answer(turn).head];
    lines.extend(last_failure(&timers));
    lines.extend(turn.controls.status_lines().into_iter().take(2));
    lines.truncate(5);
    Reply::list(head, lines)
}

fn last_failure(timers: &[Timer]) -> Option<String> {
    let failed = timers.iter().filter_map(|timer| match &timer.state {
        TimerState::Failed(why) => Some((timer.start, &timer.programme.title, why)),
        _ => None,
    });
    let (_, title, why) = failed.max_by_key(|(start, ..)| *start)?;
    Some(format!("Last failure: {title}, {why}"))
}
