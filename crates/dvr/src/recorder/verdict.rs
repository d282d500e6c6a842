//! What a recording and its timer have come to in the end. Pure.

use jiff::{SignedDuration, Timestamp};
use televisor_model::{Failure, Gap, Recording, RecordingState, Timer, TimerState};

use super::Lost;

/// Gaps that are kept one by one; after that the last one grows.
const MOST_GAPS: usize = 500;

/// Adds a gap, in order, within bounds.
pub(crate) fn add_gap(gaps: &mut Vec<Gap>, gap: Gap) {
    if gap.until <= gap.from {
        return;
    }
    let full = gaps.len() >= MOST_GAPS;
    match gaps.last_mut() {
        // One that begins where the last one ended, for the same reason, is the same gap.
        Some(last) if full || (last.until == gap.from && last.reason == gap.reason) => {
            last.until = gap.until;
        }
        _ => gaps.push(gap),
    }
}

/// Ends a recording whose time is up, with `lost` still missing at the end.
pub(crate) fn time_up(recording: &mut Recording, timer: &Timer, lost: Option<&Lost>) -> TimerState {
    let until = timer.record_until();
    let why = lost.map_or(Failure::NoSignal("nothing was received".to_owned()), |l| l.why.clone());
    if recording.size_bytes == 0 {
        recording.state = RecordingState::Failed(why.clone());
        return TimerState::Failed(why);
    }
    recording.state = RecordingState::Completed;
    recording.stop = until;
    if let Some(lost) = lost {
        let from = lost.from.min(until);
        add_gap(&mut recording.gaps, Gap { from, until, reason: lost.reason.clone() });
        if from < timer.stop {
            // The end of the programme itself is missing, not only padding.
            recording.stop = from;
            recording.state = RecordingState::Failed(why.clone());
        }
    }
    let length = timer.stop.duration_since(timer.start);
    if missing(&recording.gaps, timer.start, timer.stop) * 2 > length {
        TimerState::Failed(why)
    } else {
        TimerState::Completed(recording.id)
    }
}

/// Returns how much of a time span is in gaps.
fn missing(gaps: &[Gap], start: Timestamp, stop: Timestamp) -> SignedDuration {
    gaps.iter()
        .map(|gap| gap.until.min(stop).duration_since(gap.from.max(start)))
        .filter(SignedDuration::is_positive)
        .fold(SignedDuration::ZERO, SignedDuration::saturating_add)
}
