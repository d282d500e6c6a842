//! `televisor demo`: a made-up broadcaster, a receiver, and the whole story told by a second device.
//!
//! | module | holds |
//! | --- | --- |
//! | [`clips`] | four short programmes, made with ffmpeg |
//! | [`schedule`] | three days of an invented guide |
//! | [`broadcaster`] | an endless, paced transport stream per channel over HTTP |
//! | [`receiver`] | a receiver of its own in a throw-away folder |
//! | [`tour`] | the story, step by step |
//! | [`verdict`] | what ffprobe says of the recorded file |

mod broadcaster;
mod clips;
mod receiver;
mod run;
mod schedule;
mod tour;
mod verdict;

pub(crate) use run::{broadcast, run};
