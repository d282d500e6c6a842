//! How much room is left, and what that is in hours.

use super::turn::Turn;
use crate::answer::{Reply, gigabytes};

/// An hour of high definition as broadcast, at about 5 Mbit/s.
const HOUR: u64 = 2_200_000_000;

/// Answers it.
pub(super) fn answer(turn: &Turn<'_>) -> Reply {
    Reply::line(match turn.receiver.free_space() {
        Some(free) => format!("{} free, about {} h of HD.", gigabytes(free), free / HOUR),
        None => "I cannot tell how much room is left on the recordings' disk.".to_owned(),
    })
}
