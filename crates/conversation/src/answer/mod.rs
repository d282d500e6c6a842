//! How answers are put: the result first, short, numbered, and paged.
//!
//! | module | holds |
//! | --- | --- |
//! | [`page`] | the limits of one answer, and its pages |
//! | [`lines`] | events, timers and recordings as lines |

mod lines;
mod page;

pub(crate) use lines::{
    brief_line, channel_line, event_line, gigabytes, recording_line, showing, timer_line,
};
pub(crate) use page::{Reply, compose, shorten};
