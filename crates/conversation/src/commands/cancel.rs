//! Taking a timer back; one that is recording is asked about first.

use televisor_model::{Timer, TimerId, TimerState};
use televisor_receiver::{Command, permission};

use super::record::no_item;
use super::showings::names;
use super::turn::{Outcome, Turn};
use crate::answer::{Reply, showing, timer_line};
use crate::intent::{What, Wish};
use crate::memory::{Effect, Item, Question};
use crate::time::When;
use crate::words::spoken;

/// Answers it.
pub(super) async fn answer(turn: &mut Turn<'_>, wish: Wish) -> Outcome {
    permission::check(turn.actor, Command::Record)?;
    let timers = open(turn);
    if timers.is_empty() {
        return Ok(Reply::line("Nothing is set to record, so there is nothing to cancel."));
    }
    let found: Vec<Timer> = match wish.what {
        What::Item(number) => match turn.state.item(number, turn.at()) {
            None => return Ok(no_item(number)),
            Some(item) => timers.iter().filter(|timer| is(timer, &item)).cloned().collect(),
        },
        What::It | What::This => {
            let last = turn.state.last_timer(turn.at());
            let it = turn.state.it.clone();
            let of_it = |timer: &Timer| it.as_ref().is_some_and(|item| is(timer, item));
            let fits =
                |timer: &&Timer| wish.ask.when.as_ref().is_none_or(|when| overlaps(timer, when));
            let spoken_of = timers.iter().filter(|timer| of_it(timer) || last == Some(timer.id));
            let mut found: Vec<Timer> = spoken_of.filter(fits).take(1).cloned().collect();
            if found.is_empty() && wish.ask.when.is_some() {
                found = timers.iter().filter(fits).cloned().collect();
            }
            found
        }
        What::Named => named(&timers, &wish),
    };
    match found.as_slice() {
        [] => Ok(nothing(turn, &timers, &wish)),
        [only] => cancel(turn, only).await,
        many => Ok(ask_which(turn, many)),
    }
}

fn open(turn: &Turn<'_>) -> Vec<Timer> {
    let mut timers = turn.receiver.timers();
    timers.retain(|timer| timer.state.is_open());
    timers.sort_by_key(|timer| (timer.start, timer.id));
    timers
}

fn is(timer: &Timer, item: &Item) -> bool {
    match item {
        Item::Timer(id) => timer.id == *id,
        Item::Event(event) => timer.event.as_ref() == Some(&event.id),
        Item::Recording(_) | Item::Device(_) | Item::Contact(_) => false,
    }
}

fn overlaps(timer: &Timer, when: &When) -> bool {
    let (from, to) = (when.from().timestamp(), when.to().timestamp());
    timer.start <= to && timer.stop > from
}

/// The timers that the words name best.
fn named(timers: &[Timer], wish: &Wish) -> Vec<Timer> {
    let ask = &wish.ask;
    let fits = |timer: &Timer| {
        ask.channel.as_ref().is_none_or(|id| *id == timer.channel)
            && ask.when.as_ref().is_none_or(|when| overlaps(timer, when))
    };
    if ask.subject.is_empty() {
        return timers.iter().filter(|timer| fits(timer)).cloned().collect();
    }
    let scored = timers.iter().filter(|timer| fits(timer));
    let scored: Vec<(f64, &Timer)> =
        scored.map(|timer| (names(&ask.subject, &timer.programme.title), timer)).collect();
    let best = scored.iter().map(|(score, _)| *score).fold(0.0, f64::max);
    if best < 0.62 {
        return Vec::new();
    }
    scored.iter().filter(|(score, _)| *score > best - 0.08).map(|(_, t)| (*t).clone()).collect()
}

fn nothing(turn: &mut Turn<'_>, timers: &[Timer], wish: &Wish) -> Reply {
    let said = spoken(&wish.ask.subject);
    let said = if said.is_empty() { "That".to_owned() } else { format!("\"{said}\"") };
    let list: Vec<Timer> = timers.iter().take(3).cloned().collect();
    let lines = remember(turn, &list);
    let then =
        if wish.ask.when.is_some() || wish.ask.channel.is_some() { " then and there" } else { "" };
    Reply::list(format!("{said} is not set to record{then}. These are:"), lines)
        .with_tail("CANCEL and a number cancels one.")
}

fn ask_which(turn: &mut Turn<'_>, timers: &[Timer]) -> Reply {
    let list: Vec<Timer> = timers.iter().take(4).cloned().collect();
    let lines = remember(turn, &list);
    turn.state.ask(Question::Cancel, turn.at());
    Reply::list(format!("{} of them are set. Which one? Reply with a number:", timers.len()), lines)
}

fn remember(turn: &mut Turn<'_>, timers: &[Timer]) -> Vec<String> {
    turn.state.list(timers.iter().map(|timer| Item::Timer(timer.id)).collect(), turn.at());
    let lines = timers.iter().enumerate();
    lines.map(|(n, timer)| timer_line(n + 1, timer, &turn.channels, &turn.now)).collect()
}

/// Cancels one, or asks if it is recording.
pub(super) async fn cancel(turn: &mut Turn<'_>, timer: &Timer) -> Outcome {
    let what = describe(turn, timer);
    if matches!(timer.state, TimerState::Recording(_)) {
        turn.state.ask(Question::StopRunning(timer.id), turn.at());
        return Ok(Reply::line(format!("{what} is recording now. Stop it? Reply YES or NO.")));
    }
    cancel_now(turn, timer.id).await
}

/// Cancels one without asking.
pub(super) async fn cancel_now(turn: &mut Turn<'_>, id: TimerId) -> Outcome {
    let running = turn.receiver.timers().into_iter().find(|timer| timer.id == id);
    let running = running.is_some_and(|timer| matches!(timer.state, TimerState::Recording(_)));
    let timer = turn.receiver.cancel_timer(turn.actor, id).await?;
    turn.effects.push(Effect::Cancelled(id));
    turn.state.it = Some(Item::Timer(id));
    let what = describe(turn, &timer);
    if running {
        return Ok(Reply::line(format!("Stopped recording {what}. What was recorded is kept.")));
    }
    Ok(Reply::line(format!("Cancelled {what}. UNDO to record it after all.")))
}

/// Puts a timer into words.
pub(super) fn describe(turn: &Turn<'_>, timer: &Timer) -> String {
    let channel = turn.channels.name(&timer.channel);
    showing(&timer.programme.title, timer.start, timer.stop, &channel, &turn.now)
}
