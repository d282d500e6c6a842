//! One recording being written.
//!
//! | module | holds |
//! | --- | --- |
//! | `worker` | opens the input, writes, waits when it must, and ends |
//! | `reel` | packets on their way to the disk, off the async threads |
//! | `splice` | discontinuity marks where a stream goes on after a gap |
//! | `verdict` | what a recording and its timer have come to in the end |

mod reel;
mod splice;
mod verdict;
mod worker;

#[cfg(test)]
mod tests;

pub(crate) use worker::{Lost, Order, Recorder, storage};
