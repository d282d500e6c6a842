//! Which showings were meant by a title, a person or a kind, a time and a channel.

use jiff::Timestamp;
use televisor_model::Event;
use televisor_receiver::Error;

use super::turn::{ENTRIES, HORIZON, Turn};
use crate::intent::Ask;
use crate::matching::{Choice, choose, fit, title_key};
use crate::time::When;
use crate::words::Word;

/// What was found.
#[derive(Debug, Clone, Default)]
pub(super) struct Showings {
    /// Those that fit title, time and channel, in order of time.
    pub(super) events: Vec<Event>,
    /// Those of the right title at other times or elsewhere.
    pub(super) elsewhere: Vec<Event>,
    /// The closest titles, when nothing fits at all.
    pub(super) closest: Vec<String>,
    /// Whether the words named one title clearly.
    pub(super) clear: bool,
}

/// Finds them. `ask.subject` is not empty.
pub(super) async fn find(turn: &Turn<'_>, ask: &Ask) -> Result<Showings, Error> {
    let matches = turn.titles.matches(&ask.subject, 12);
    let (titles, clear, closest) = match choose(&matches) {
        Choice::Clear(title) => (vec![title], true, Vec::new()),
        Choice::Several(titles) => (titles, false, Vec::new()),
        Choice::Nothing(closest) => (Vec::new(), false, closest),
    };
    let kind = is_kind(&ask.subject);
    let mut events = Vec::new();
    for title in &titles {
        events.extend(of_title(turn, title).await?);
    }
    if events.is_empty() || kind {
        let best = matches.first().map_or(0.0, |best| best.score);
        if best < 0.99 {
            events.extend(by_words(turn, &ask.subject).await?);
        }
    }
    turn.sort(&mut events);
    let found = narrow(ask, &events, turn.at());
    let elsewhere = if found.is_empty() { events } else { Vec::new() };
    Ok(Showings { events: found, elsewhere, closest, clear: clear && !kind })
}

/// Returns the events that fit the time and the channel: those that begin in a stretch of time
/// that is still ahead, else those that overlap it.
pub(super) fn narrow(ask: &Ask, events: &[Event], now: Timestamp) -> Vec<Event> {
    let on_channel = |event: &&Event| ask.channel.as_ref().is_none_or(|id| *id == event.channel);
    let events = || events.iter().filter(on_channel).filter(|event| !ask.films || is_film(event));
    match &ask.when {
        None => events().cloned().collect(),
        Some(When::Point { at, other }) => {
            let at_time = |at: Timestamp| events().filter(|e| shows_at(e, at)).cloned().collect();
            let first: Vec<Event> = at_time(at.timestamp());
            match other {
                Some(other) if first.is_empty() => at_time(other.timestamp()),
                _ => first,
            }
        }
        Some(when) => {
            let (from, to) = (when.from().timestamp(), when.to().timestamp());
            let begins = |e: &&Event| e.start < to && (e.start >= from || from <= now);
            let begun: Vec<Event> =
                events().filter(|e| e.stop > from).filter(begins).cloned().collect();
            if begun.is_empty() {
                return events().filter(|e| e.start < to && e.stop > from).cloned().collect();
            }
            begun
        }
    }
}

/// Whether an event is what somebody means who says a time: it is on then, or begins within a
/// quarter of an hour of it.
fn shows_at(event: &Event, at: Timestamp) -> bool {
    let near = event.start.duration_since(at).abs() <= jiff::SignedDuration::from_mins(15);
    near || (event.start <= at && at < event.stop)
}

/// Returns whether an event is a film.
pub(super) fn is_film(event: &Event) -> bool {
    let film = |text: &str| {
        let text = text.to_lowercase();
        text.contains("film") || text.contains("movie")
    };
    event.programme.categories.iter().any(|category| film(category))
        || event.programme.title.to_lowercase().starts_with("film:")
}

/// The showings of one title that are not over.
pub(super) async fn of_title(turn: &Turn<'_>, title: &str) -> Result<Vec<Event>, Error> {
    let key = title_key(title);
    let now = turn.at();
    let mut events = turn.receiver.search(title, now, ENTRIES).await?;
    events.retain(|event| event.stop > now && title_key(&event.programme.title) == key);
    if events.is_empty() {
        let to = now.saturating_add(HORIZON).unwrap_or(now);
        events = turn.events(None, now, to).await?;
        events.retain(|event| title_key(&event.programme.title) == key);
    }
    Ok(events)
}

/// Words in titles, synopses, credits and categories.
async fn by_words(turn: &Turn<'_>, subject: &[Word]) -> Result<Vec<Event>, Error> {
    let text: Vec<&str> = subject.iter().map(|word| word.key.as_str()).collect();
    let now = turn.at();
    let mut events = turn.receiver.search(&text.join(" "), now, ENTRIES).await?;
    events.retain(|event| event.stop > now);
    if let [only] = text.as_slice()
        && is_kind(subject)
    {
        let to = now.saturating_add(HORIZON).unwrap_or(now);
        let all = turn.events(None, now, to).await?;
        events.extend(all.into_iter().filter(|event| of_kind(event, only)));
    }
    Ok(events)
}

fn of_kind(event: &Event, kind: &str) -> bool {
    let kind = kind.strip_suffix('s').unwrap_or(kind);
    let in_title = title_key(&event.programme.title).iter().any(|word| word == kind);
    in_title || event.programme.categories.iter().any(|c| c.to_lowercase().contains(kind))
}

/// Whether a kind of programme is asked for and not a title.
pub(super) fn is_kind(subject: &[Word]) -> bool {
    let [only] = subject else { return false };
    matches!(
        only.key.as_str(),
        "football"
            | "sport"
            | "sports"
            | "rugby"
            | "cricket"
            | "tennis"
            | "snooker"
            | "news"
            | "comedy"
            | "drama"
            | "dramas"
            | "documentary"
            | "documentaries"
            | "quiz"
            | "quizzes"
            | "music"
            | "soaps"
            | "cookery"
            | "golf"
            | "darts"
            | "cartoons"
            | "crime"
            | "nature"
    )
}

/// Returns whether a title is what the words name.
pub(super) fn names(subject: &[Word], title: &str) -> f64 {
    let said: Vec<String> = subject.iter().map(|word| word.key.clone()).collect();
    fit(&title_key(&said.join(" ")), &title_key(title))
}
