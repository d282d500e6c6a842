//! RFC 7395: XMPP over WebSocket, the server's side of the framing: a client's frames to the bytes of a
//! stream, and a stream's bytes to frames.
//!
//! A frame is one whole element. What separates frames from a stream is found by following the tags
//! alone: whoever reads the stream parses it once, and judges what is not XML.
//!
//! Left out: `see-other-uri`, which a household with one server has no use for; the client's side.
//!
//! | module | holds |
//! | --- | --- |
//! | [`inbound`] | frames to bytes |
//! | [`outbound`] | bytes to frames |
//! | `tags` | where tags begin and end |

pub mod inbound;
pub mod outbound;

mod tags;

pub use inbound::Inbound;
pub use outbound::{Frame, Outbound};

#[cfg(test)]
mod tests;
