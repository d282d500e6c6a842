//! Serverless messaging (XEP-0174): who is on the link, and talking to them without any server.
//!
//! A [`Link`] announces `_presence._tcp`, follows who else does, and exchanges stanzas with them over
//! one XML stream per pair of peers. Nothing said in DNS records, addresses or stanzas proves who a
//! peer is: only its certificate does, where somebody of the household vouches for it ([`Pins`]).
//!
//! | module | holds |
//! | --- | --- |
//! | [`link`] | the handle: start, presence, peers, stanzas, end |
//! | [`name`] | instance names `user@machine`, and how they are numbered after a collision |
//! | [`presence`] | what a peer tells of itself |
//! | [`txt`] | presence as TXT strings, and back |
//! | [`roster`] | the live list of who is on the link |
//! | [`announce`] | the worker that keeps us announced under a name of our own |
//! | [`watching`] | the worker that keeps the roster true |
//! | [`near`] | which addresses are on the link |
//! | [`listen`] | where peers reach us |
//! | [`stream`] | XML streams: opening, accepting, securing, limiting |
//! | [`trust`] | certificates, and whose they are |
//! | [`config`] | settings and limits |
//! | [`error`] | what can go wrong |

mod announce;
pub mod config;
pub mod error;
pub mod link;
mod listen;
pub mod name;
mod near;
pub mod presence;
mod roster;
mod stream;
pub mod trust;
mod txt;
mod watching;

pub use config::{About, Config, Limits};
pub use error::Error;
pub use link::{Incoming, Link, Me, Sent};
pub use name::PeerName;
pub use presence::{Availability, Conferencing, Presence};
pub use roster::{Change, Peer};
pub use trust::{Credentials, Owner, Pins};
