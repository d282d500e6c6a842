//! Streams to and from other servers: RFC 6120 between servers, and what the XSF added to it.
//!
//! | module | holds |
//! | --- | --- |
//! | `component` | a place on a server that exists, instead of all the rest (XEP-0114) |
//! | `config` | the `[federation]` table, and limits |
//! | `hub` | the one handle: sending to other domains |
//! | `status` | what there is to tell about it |

mod component;
mod config;
mod hub;
mod status;

pub(crate) use component::Component;
pub use component::Config as ComponentConfig;
pub use config::{Config, Limits};
pub(crate) use hub::Federation;
pub use status::FederationStatus;

use std::net::SocketAddr;

/// The authenticated stream that a stanza of another domain came by.
#[derive(Debug, Clone)]
pub(crate) struct RemoteLink {
    /// The domain that was authenticated, prepared.
    pub(crate) domain: String,
    /// The other end.
    pub(crate) addr: SocketAddr,
}
