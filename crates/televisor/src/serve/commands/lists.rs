//! What verbs tell as a table.

use jiff::Timestamp;
use televisor_model::{RecordingState, TimerState};
use televisor_xmpp::payload::forms::{Field, Form};

use super::verb::House;

/// Rows of one table: the newest of them, so that an answer is one stanza.
const ROWS: usize = 100;

/// What is going to be recorded.
pub(super) fn timers(house: &House, form: Form) -> Form {
    let form = columns(form, &[("title", "Title"), ("channel", "Channel"), ("start", "Starts")]);
    let form = columns(form, &[("stop", "Ends"), ("state", "State")]);
    let mut timers = house.receiver.timers();
    timers.retain(|timer| timer.state.is_open());
    timers.sort_by_key(|timer| timer.start);
    timers.iter().take(ROWS).fold(form, |form, timer| {
        let channel = house.receiver.channel(&timer.channel);
        let channel = channel.map_or_else(|| timer.channel.0.clone(), |channel| channel.name);
        let state = match timer.state {
            TimerState::Scheduled => "scheduled",
            TimerState::Recording(_) => "recording",
            TimerState::Completed(_) => "completed",
            TimerState::Failed(_) => "failed",
            TimerState::Cancelled => "cancelled",
        };
        let (start, stop) = (moment(house, timer.start), moment(house, timer.stop));
        form.row([timer.programme.title.clone(), channel, start, stop, state.to_owned()])
    })
}

/// What has been recorded, the newest first.
pub(super) fn recordings(house: &House, form: Form) -> Form {
    let form = columns(form, &[("title", "Title"), ("channel", "Channel"), ("start", "Started")]);
    let form = columns(form, &[("size", "Size"), ("state", "State")]);
    let mut recordings = house.receiver.recordings();
    recordings.sort_by_key(|recording| std::cmp::Reverse(recording.start));
    recordings.iter().take(ROWS).fold(form, |form, recording| {
        let state = match &recording.state {
            RecordingState::Writing => "recording".to_owned(),
            RecordingState::Waiting(why) => format!("waiting: {why}"),
            RecordingState::Completed if recording.gaps.is_empty() => "complete".to_owned(),
            RecordingState::Completed => "with gaps".to_owned(),
            RecordingState::Failed(why) => format!("failed: {why}"),
        };
        let size = format!("{} MB", recording.size_bytes / 1_000_000);
        let title = recording.programme.title.clone();
        form.row([
            title,
            recording.channel_name.clone(),
            moment(house, recording.start),
            size,
            state,
        ])
    })
}

fn columns(form: Form, columns: &[(&str, &str)]) -> Form {
    columns.iter().fold(form, |form, (var, label)| form.column(Field::text(var).label(label)))
}

/// A moment as the household's clock shows it.
pub(super) fn moment(house: &House, at: Timestamp) -> String {
    let zone = house.receiver.clock().zoned().time_zone().clone();
    at.to_zoned(zone).strftime("%a %-d %b %H:%M").to_string()
}
