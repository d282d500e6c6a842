//! What is done about an intent, one file per command.
//!
//! | module | answers |
//! | --- | --- |
//! | [`turn`] | what a command is given |
//! | [`mod@perform`] | which command an intent is |
//! | [`whats_on`], [`search`] | what is shown |
//! | [`showings`] | which showings were meant: shared by search and record |
//! | [`record`], [`record_span`], [`cancel`], [`padding`] | timers |
//! | [`choose`], [`undo`] | answers to questions, taking back |
//! | [`timers`], [`recordings`], [`space`], [`status`] | how things stand |
//! | [`pairing`], [`devices`], [`forget`], [`accounts`] | the household |
//! | [`passerby`] | who has not shown who they are |
//! | [`small_talk`], [`later`], [`refusal`] | everything else |

mod accounts;
mod cancel;
mod choose;
mod devices;
mod forget;
mod later;
mod padding;
mod pairing;
mod passerby;
mod perform;
mod record;
mod record_span;
mod recordings;
mod refusal;
mod search;
mod showings;
mod small_talk;
mod space;
mod status;
mod timers;
mod turn;
mod undo;
mod whats_on;

pub(crate) use perform::perform;
pub(crate) use turn::Turn;
pub(crate) use undo::take_back;
