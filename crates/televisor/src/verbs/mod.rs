//! One file per family of verbs.
//!
//! | module | verbs |
//! | --- | --- |
//! | [`mod@run`] | which verb goes where, and `check-config` |
//! | [`ask`] | `status screen devices timers recordings pairing forget` |
//! | [`backup`] | `backup` |
//! | [`people`] | `invite allow revoke accounts` |
//! | [`find`], [`pair`], [`talk`] | those of a secondary device |
//! | [`nearby`], [`nearby_chat`] | `nearby`, `chat --nearby`: without any receiver |
//! | [`shell`] | `completions manual` |

mod ask;
mod backup;
mod find;
mod nearby;
mod nearby_chat;
mod pair;
mod people;
mod run;
mod shell;
mod talk;

pub(crate) use ask::spaced;
pub(crate) use run::{block_on, run, say};
