//! NAT-PMP (RFC 6886): asking the router for a port.
//!
//! Our own, because the libraries there are show neither the epoch (by which a restarted router is
//! noticed) nor the router's announcements.
//!
//! | module | holds |
//! | --- | --- |
//! | `codec` | the messages |
//! | `client` | asking, and watching the epoch |

pub(crate) mod codec;

mod client;

pub(crate) use client::Client;
