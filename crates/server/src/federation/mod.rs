//! Streams to and from other servers: RFC 6120 between servers, and what the XSF added to it.
//!
//! | module | holds |
//! | --- | --- |
//! | `component` | a place on a server that exists, instead of all the rest (XEP-0114) |
//! | `config` | the `[federation]` table, and limits |
//! | `hub` | the one handle: the public name, the domains that are known, sending |
//! | `status` | what there is to tell about it |
//! | `incoming` | a stream that another server opens, up to where it proves who it is |
//! | `outgoing` | a stream that we open, up to where we have proved who we are |
//! | `stream` | a stream on which stanzas pass, whoever opened it |
//! | `worker` | opening streams for what waits, and pausing when that fails |
//! | `peer`, `queue`, `backoff`, `bucket` | what is known of one other domain |
//! | `pairs` | which domains may speak on a stream |
//! | `dialback`, `verify` | XEP-0220: elements and keys; asking authoritative servers |
//! | `management`, `parked` | XEP-0198: counters; broken streams that may be resumed |
//! | `receipts` | acknowledgement without XEP-0198 |
//! | `trouble` | why there is no stream |

mod backoff;
mod bucket;
mod component;
mod config;
mod dialback;
mod hub;
mod incoming;
mod management;
mod outgoing;
mod pairs;
mod parked;
mod peer;
mod queue;
mod receipts;
mod status;
mod stream;
mod trouble;
mod verify;
mod worker;

pub(crate) use component::Component;
pub use component::Config as ComponentConfig;
pub use config::{Config, Limits};
pub(crate) use hub::{Federation, Shared};
pub(crate) use incoming::{Arrival, serve};
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
