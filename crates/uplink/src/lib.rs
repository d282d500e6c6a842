//! The receiver as an ordinary account on somebody else's XMPP server.
//!
//! Where no door of the home network can be opened, the receiver goes out instead: it logs in to an
//! account like any client, and stays there. What people write to that account comes out of the
//! [`Uplink`], once each; what is sent through it arrives, also when the link is cut meanwhile.
//!
//! | module | holds |
//! | --- | --- |
//! | [`config`] | `[uplink]` of the configuration |
//! | [`handle`] | the handle others hold: send, presence, state |

pub mod config;
pub mod handle;

pub use config::Config;
pub use handle::{About, Error, Full, Uplink, UplinkState};
