//! PCP (RFC 6887): asking the router for a port, or for a pinhole in its IPv6 firewall.
//!
//! Our own for the same reasons as [`crate::nat_pmp`].
//!
//! | module | holds |
//! | --- | --- |
//! | `codec` | the messages |
//! | `nonces` | by which a mapping is known as ours, also after a restart |
//! | `client` | asking, and watching the epoch |

pub(crate) mod codec;

mod client;
mod nonces;

pub(crate) use client::Client;
pub(crate) use nonces::Nonces;
