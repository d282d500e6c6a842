//! Limits, priorities and conflicts: pure functions over the timers.
//!
//! Timers on the same channel share one input, so only the number of different channels at one
//! moment counts. When there are more than inputs, the timer of the lowest priority goes without;
//! among equals the one that was set last. Whoever is recording already is not thrown out.

use std::collections::BTreeSet;

use jiff::Timestamp;
use televisor_model::{ChannelId, Timer, TimerId, TimerState};

/// How much can be received at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Different channels at the same time; `None` if there is no limit known.
    pub channels: Option<usize>,
}

/// A timer that will go without, and those that it loses to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Which goes without.
    pub timer: TimerId,
    /// From when all inputs are in use.
    pub from: Timestamp,
    /// Which timers keep them, in order of their ids.
    pub loses_to: Vec<TimerId>,
}

/// Returns the open timers that cannot run for want of inputs, in order of time.
#[must_use]
pub fn conflicts<'a>(timers: impl IntoIterator<Item = &'a Timer>, limits: Limits) -> Vec<Conflict> {
    let Some(inputs) = limits.channels else { return Vec::new() };
    let mut ranked: Vec<&Timer> = timers.into_iter().filter(|t| t.state.is_open()).collect();
    ranked.sort_by_key(|t| (rank(t), t.id));
    let mut served: Vec<&Timer> = Vec::new();
    let mut conflicts = Vec::new();
    for timer in ranked {
        match first_full_moment(timer, &served, inputs) {
            None => served.push(timer),
            Some((from, loses_to)) => {
                conflicts.push(Conflict { timer: timer.id, from, loses_to });
            }
        }
    }
    conflicts.sort_by_key(|c| (c.from, c.timer));
    conflicts
}

/// Running timers first, then by falling priority.
fn rank(timer: &Timer) -> (bool, std::cmp::Reverse<u8>) {
    (!matches!(timer.state, TimerState::Recording(_)), std::cmp::Reverse(timer.priority.0))
}

/// Returns the first moment of `timer` at which other channels of `served` take every input.
fn first_full_moment(
    timer: &Timer,
    served: &[&Timer],
    inputs: usize,
) -> Option<(Timestamp, Vec<TimerId>)> {
    let rivals: Vec<&Timer> = served.iter().copied().filter(|s| overlap(s, timer)).collect();
    // The number in use only ever rises where a timer begins.
    let mut moments: BTreeSet<Timestamp> =
        rivals.iter().map(|r| r.record_from().max(timer.record_from())).collect();
    moments.insert(timer.record_from());
    moments.into_iter().find_map(|moment| {
        let here = rivals.iter().filter(|r| covers(r, moment));
        let channels: BTreeSet<&ChannelId> = here.clone().map(|r| &r.channel).collect();
        if channels.contains(&timer.channel) || channels.len() < inputs {
            return None;
        }
        let mut ids: Vec<TimerId> = here.map(|r| r.id).collect();
        ids.sort_unstable();
        Some((moment, ids))
    })
}

fn overlap(a: &Timer, b: &Timer) -> bool {
    a.record_from() < b.record_until() && b.record_from() < a.record_until()
}

fn covers(timer: &Timer, moment: Timestamp) -> bool {
    timer.record_from() <= moment && moment < timer.record_until()
}
