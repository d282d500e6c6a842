//! More time around the last timer: `let it run over 30 mins`, `start 5 minutes early`.

use jiff::SignedDuration;
use televisor_model::Padding;

use super::turn::{Outcome, Turn};
use crate::answer::Reply;
use crate::memory::{Effect, Item};
use crate::time::{clock, day_name};

/// The most extra time at either end.
const MOST: SignedDuration = SignedDuration::from_hours(3);

/// Answers it.
pub(super) async fn answer(
    turn: &mut Turn<'_>,
    before: Option<SignedDuration>,
    after: Option<SignedDuration>,
) -> Outcome {
    let spoken_of = match turn.state.it {
        Some(Item::Timer(id)) => Some(id),
        _ => turn.state.last_timer(turn.at()),
    };
    let timers = turn.receiver.timers();
    let timer = timers.iter().find(|timer| Some(timer.id) == spoken_of && timer.state.is_open());
    let Some(timer) = timer else {
        return Ok(Reply::line("Which one? Record something first, then say how much longer."));
    };
    let old = timer.padding;
    let padding = Padding {
        before: before.map_or(old.before, |length| length.min(MOST)),
        after: after.map_or(old.after, |length| length.min(MOST)),
    };
    let timer = turn.receiver.set_padding(turn.actor, timer.id, padding).await?;
    turn.effects.push(Effect::Padded(timer.id, old));
    let zone = turn.now.time_zone().clone();
    let from = timer.record_from().to_zoned(zone.clone());
    let until = timer.record_until().to_zoned(zone);
    let day = day_name(&from, &turn.now);
    let title = &timer.programme.title;
    let channel = turn.channels.name(&timer.channel);
    Ok(Reply::line(format!(
        "Will record {title} from {} to {}, {day}, {channel}. UNDO to change it back.",
        clock(&from),
        clock(&until)
    )))
}
