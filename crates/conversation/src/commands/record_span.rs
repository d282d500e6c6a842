//! Recording a channel from a time to a time.

use jiff::{SignedDuration, Zoned};
use televisor_model::ChannelId;

use super::record::told;
use super::turn::{Outcome, Turn};
use crate::answer::Reply;
use crate::time::{day_and_span, long_duration};

/// The longest stretch that is recorded by one saying; longer ones are slips.
const LONGEST: SignedDuration = SignedDuration::from_hours(12);

/// Makes a timer by time.
pub(super) async fn record(
    turn: &mut Turn<'_>,
    channel: &ChannelId,
    from: &Zoned,
    to: &Zoned,
) -> Outcome {
    let name = turn.channels.name(channel);
    let said = day_and_span(from, to, &turn.now);
    if *to <= turn.now {
        return Ok(Reply::line(format!("{said} has passed; only what is ahead can be recorded.")));
    }
    let start = from.max(&turn.now).timestamp();
    let length = to.timestamp().duration_since(start);
    if length > LONGEST {
        let most = long_duration(LONGEST);
        return Ok(Reply::line(format!("{said} is too long; {most} at a time is the most.")));
    }
    let title = format!("{name} {}", from.strftime("%H:%M"));
    let recorded =
        turn.receiver.record_span(turn.actor, channel, start, to.timestamp(), &title).await?;
    turn.state.it = Some(crate::memory::Item::Timer(recorded.timer.id));
    Ok(told(turn, &recorded))
}
