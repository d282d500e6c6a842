//! The receiver as an ordinary account on somebody else's XMPP server.
//!
//! Where no door of the home network can be opened, the receiver goes out instead: it logs in to an
//! account like any client, and stays there. What people write to that account comes out of the
//! [`Uplink`], once each; what is sent through it arrives, also when the link is cut meanwhile.
//!
//! Left out: what the stanzas mean, which is the receiver's; carbons, archives and rooms, which are
//! for people. A server without stream management (XEP-0198) is served as well as it serves us: what
//! was on the way when the link was cut is lost.
//!
//! | module | holds |
//! | --- | --- |
//! | [`config`] | `[uplink]` of the configuration |
//! | [`about`] | what the receiver is, for those who ask |
//! | [`handle`] | the handle others hold: send, presence, state |
//! | `worker` | logging in again and again |
//! | `link`, `sasl`, `login` | from a domain to a session |
//! | `online`, `pulse`, `route` | one connection with a session on it, and noticing when it is dead |
//! | `ledger`, `seen` | nothing lost, nothing twice (XEP-0198) |
//! | `answers`, `roster` | which stanzas go to the receiver, and who is no stranger |

pub mod about;
mod account;
mod answers;
mod backoff;
pub mod config;
mod failure;
pub mod handle;
mod ledger;
mod link;
mod login;
mod online;
mod pulse;
mod roster;
mod route;
mod sasl;
mod seen;
mod stream;
mod worker;

pub use about::About;
pub use config::Config;
pub use handle::{Error, Full, Uplink, UplinkState};
