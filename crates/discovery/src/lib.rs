//! mDNS (RFC 6762) and DNS-SD (RFC 6763): announcing the receiver and finding receivers, and peers.
//!
//! | module | holds |
//! | --- | --- |
//! | [`announcer`] | the worker that keeps the receiver's services announced under one name |
//! | [`publisher`] | one service under names its owner chooses, as XEP-0174 needs |
//! | [`browser`] | looking for services of one type |
//! | [`receivers`] | what a secondary device sees: receivers, each put together from its services |
//! | [`service`] | a service to announce, and the types Televisor uses |
//! | [`name`] | the one instance name and host name, and how both are numbered after a conflict |
//! | [`config`] | the `[discovery]` table |
//! | [`error`] | what can go wrong |

pub mod announcer;
pub mod browser;
pub mod config;
pub mod error;
pub mod name;
pub mod publisher;
pub mod receivers;
mod responder;
pub mod service;
mod survey;

pub use announcer::Announcer;
pub use browser::{Browser, Browsing, Found, Seen};
pub use config::Config;
pub use error::Error;
pub use name::{Identity, Names};
pub use publisher::{Publication, Publisher, Told};
pub use receivers::{PairingPoint, Receiver, find_receivers};
pub use service::Service;
