//! Titles and channels, matched as people type them.
//!
//! | module | holds |
//! | --- | --- |
//! | [`aliases`] | names the household uses for titles and channels |
//! | [`score`] | how well words fit a title |
//! | [`titles`] | the titles in the guide |
//! | [`channels`] | the channels of the line-up |

mod aliases;
mod channels;
mod score;
mod titles;

pub(crate) use channels::ChannelIndex;
pub(crate) use score::{close, fit, title_key};
pub(crate) use titles::{Choice, TitleIndex, choose};
