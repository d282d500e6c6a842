//! Events, timers and recordings as lines of an answer.

use jiff::{Timestamp, Zoned};
use televisor_model::{Event, Recording, RecordingState, Timer, TimerState};
use televisor_receiver::NowNext;

use super::page::shorten;
use crate::matching::ChannelIndex;
use crate::time::{clock, day_and_span, span, tv_date};

/// The longest title in a list.
const TITLE: usize = 60;

/// Writes `Newsnight, tonight Wed 25 Nov 22:30-23:15, BBC Two`.
pub(crate) fn showing(
    title: &str,
    start: Timestamp,
    stop: Timestamp,
    channel: &str,
    now: &Zoned,
) -> String {
    format!("{}, {}, {channel}", shorten(title, TITLE), times(start, stop, now))
}

/// Writes `2 Newsnight, tonight Wed 25 Nov 22:30-23:15, BBC Two`.
pub(crate) fn event_line(at: usize, event: &Event, channels: &ChannelIndex, now: &Zoned) -> String {
    let programme = &event.programme;
    let title = match &programme.subtitle {
        Some(subtitle) if subtitle.chars().count() <= 30 => {
            format!("{}: {subtitle}", programme.title)
        }
        _ => programme.title.clone(),
    };
    let channel = channels.name(&event.channel);
    format!("{at} {}", showing(&title, event.start, event.stop, &channel, now))
}

/// Writes `2 22:30-23:15 Newsnight, BBC Two` in a list about `day`, and the day too where it is
/// another one.
pub(crate) fn brief_line(
    at: usize,
    event: &Event,
    channels: Option<&ChannelIndex>,
    day: &Zoned,
    now: &Zoned,
) -> String {
    let zone = now.time_zone();
    let (from, to) = (event.start.to_zoned(zone.clone()), event.stop.to_zoned(zone.clone()));
    let when = if tv_date(&from) == tv_date(day) {
        span(&from, &to)
    } else {
        format!("{} {}", from.strftime("%a %-d %b"), span(&from, &to))
    };
    let title = shorten(&event.programme.title, TITLE);
    let channel = channels.map(|channels| format!(", {}", channels.name(&event.channel)));
    format!("{at} {when} {title}{}", channel.unwrap_or_default())
}

/// Writes `1 BBC One: The Repair Shop until 15:00, then Escape to the Country`.
pub(crate) fn channel_line(at: usize, row: &NowNext, now: &Zoned) -> String {
    let zone = now.time_zone();
    let when = |at: Timestamp| clock(&at.to_zoned(zone.clone()));
    let name = &row.channel.name;
    let next = row.next.first();
    match (&row.now, next) {
        (Some(event), Some(next)) => format!(
            "{at} {name}: {} until {}, then {}",
            shorten(&event.programme.title, 34),
            when(event.stop),
            shorten(&next.programme.title, 34)
        ),
        (Some(event), None) => {
            let title = shorten(&event.programme.title, TITLE);
            format!("{at} {name}: {title} until {}", when(event.stop))
        }
        (None, Some(next)) => {
            let title = shorten(&next.programme.title, TITLE);
            format!("{at} {name}: {title} at {}", when(next.start))
        }
        (None, None) => format!("{at} {name}: nothing in the guide"),
    }
}

/// Writes a timer, and who set it.
pub(crate) fn timer_line(at: usize, timer: &Timer, channels: &ChannelIndex, now: &Zoned) -> String {
    let channel = channels.name(&timer.channel);
    let line = showing(&timer.programme.title, timer.start, timer.stop, &channel, now);
    match timer.state {
        TimerState::Recording(_) => format!("{at} {line} (recording now)"),
        _ => format!("{at} {line}"),
    }
}

/// Writes a recording, its size, and what is wrong with it.
pub(crate) fn recording_line(at: usize, recording: &Recording, now: &Zoned) -> String {
    let title = &recording.programme.title;
    let line = showing(title, recording.start, recording.stop, &recording.channel_name, now);
    let size = gigabytes(recording.size_bytes);
    let state = match &recording.state {
        RecordingState::Writing => ", recording now".to_owned(),
        RecordingState::Waiting(why) => format!(", waiting: {why}"),
        RecordingState::Failed(why) => format!(", cut short: {why}"),
        RecordingState::Completed if recording.gaps.is_empty() => String::new(),
        RecordingState::Completed => ", with gaps".to_owned(),
    };
    format!("{at} {line}, {size}{state}")
}

/// Writes `3.4 GB`, `212 GB` or `80 MB`.
pub(crate) fn gigabytes(bytes: u64) -> String {
    const MEGA: u64 = 1_000_000;
    match bytes / MEGA {
        megabytes @ 0..1000 => format!("{megabytes} MB"),
        megabytes @ 1000..10_000 => {
            format!("{}.{} GB", megabytes / 1000, megabytes % 1000 / 100)
        }
        megabytes => format!("{} GB", megabytes / 1000),
    }
}

fn times(start: Timestamp, stop: Timestamp, now: &Zoned) -> String {
    let zone = now.time_zone();
    day_and_span(&start.to_zoned(zone.clone()), &stop.to_zoned(zone.clone()), now)
}
