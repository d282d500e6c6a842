//! The wire of XMPP: addresses, elements, streams, stanzas, SASL and payloads.
//!
//! Nothing here does I/O, reads a clock, draws a random number or waits: bytes and facts come in as
//! arguments, values come out. The same codec serves clients, servers and serverless peers.
//!
//! | module | holds |
//! | --- | --- |
//! | [`ns`] | every namespace, with its document |
//! | [`jid`] | addresses (RFC 7622), and the escaped form of 2010 |
//! | [`element`] | a lossless XML element |
//! | [`parser`] | bytes to stream header, stanzas and close, within limits |
//! | [`writer`] | elements and stream headers to text |
//! | [`stream`] | the stream header and stream errors (RFC 6120 section 4) |
//! | [`features`] | what a server offers on a stream |
//! | [`framing`] | the frames of a WebSocket to a stream's bytes and back (RFC 7395) |
//! | [`stanza`] | message, presence and iq (RFC 6120 section 8) |
//! | [`error`] | stanza errors (RFC 6120 section 8.3) |
//! | [`sasl`] | the SASL exchange's elements, and PLAIN (RFC 6120 section 6) |
//! | [`sasl2`] | the elements of the Extensible SASL Profile (XEP-0388) |
//! | [`ht`] | proving a token in one round trip |
//! | [`scram`] | SCRAM, both roles, with and without channel binding |
//! | [`payload`] | what stanzas carry, typed |

mod condition;
pub mod element;
pub mod error;
pub mod features;
pub mod framing;
pub mod ht;
pub mod jid;
pub mod ns;
pub mod parser;
pub mod payload;
pub mod sasl;
pub mod sasl2;
pub mod scram;
pub mod stanza;
pub mod stream;
mod tree;
pub mod writer;

pub use element::{Element, Node};
pub use error::{Condition, ErrorKind, StanzaError};
pub use jid::{BareJid, Domain, FullJid, Jid};
pub use parser::{Limits, ParseError, StreamEvent, StreamParser};
pub use stanza::{IqType, Kind, MessageType, PresenceType, Stanza};
pub use stream::{StreamCondition, StreamError, StreamHeader};
