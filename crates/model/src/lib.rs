//! The nouns of Televisor. No dependency on any other crate of ours, no I/O, no clock.
//!
//! | module | holds |
//! | --- | --- |
//! | [`channel`] | the viewer's numbered list |
//! | [`programme`] | works, and the guide's events that show them |
//! | [`timer`] | decisions to record, and the states of one |
//! | [`recording`] | what is or was written to disk |
//! | [`device`] | paired devices, their roles and tiers; who is asking |
//! | [`contact`] | people's own accounts elsewhere |
//! | [`credential`] | what is kept of a passcode |
//! | [`change`] | what the receiver tells whoever listens |

pub mod change;
pub mod channel;
pub mod contact;
pub mod credential;
pub mod device;
pub mod programme;
pub mod recording;
pub mod timer;

pub use change::{Change, PairingChange};
pub use channel::{Channel, ChannelId};
pub use contact::{Contact, ContactState, Via};
pub use credential::{Credentials, ScramKeys};
pub use device::{Actor, Device, DeviceId, Role, Tier, Who};
pub use programme::{Episode, Event, EventId, Programme};
pub use recording::{Gap, Recording, RecordingId, RecordingState};
pub use timer::{Failure, Padding, Priority, RuleId, Timer, TimerId, TimerState};
