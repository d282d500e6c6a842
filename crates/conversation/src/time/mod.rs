//! The times a household says, by a small grammar on jiff: `half 8`, `monday week`, `9 till 10`.
//!
//! | module | reads or writes |
//! | --- | --- |
//! | [`clock_time`] | times of day |
//! | [`day`] | days, weekends and weeks |
//! | [`phrase`] | a whole saying: finds both in it and puts them together |
//! | [`resolve`] | which instants they are, from now |
//! | [`show`] | times as they are answered |

mod clock_time;
mod day;
mod phrase;
mod resolve;
mod show;
#[cfg(test)]
mod tests;

pub(crate) use day::tv_date;
pub(crate) use phrase::{duration, read};
pub(crate) use resolve::{NotUnderstood, When};
pub(crate) use show::{clock, day_and_span, day_name, long_duration, span};
