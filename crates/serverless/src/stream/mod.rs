//! XML streams between peers (XEP-0174 sections 6 to 8).
//!
//! | module | holds |
//! | --- | --- |
//! | [`hub`] | all streams of a link, and what they share |
//! | [`receiving`] | accepting: the receiving entity's negotiation |
//! | [`initiating`] | opening: the initiating entity's negotiation |
//! | [`opened`] | a stream that has been negotiated |
//! | [`lane`] | one peer: what waits for it, and its streams |
//! | [`hearing`] | the worker that listens to one stream |
//! | [`answers`] | disco#info, version, ping and vCard |
//! | [`pending`] | requests that wait for their answer |
//! | [`tls`] | STARTTLS, and who a certificate is |
//! | [`whom`] | whom an incoming stream is with |
//! | [`wire`] | bytes and events |
//! | [`pace`] | how fast a peer is listened to |
//! | [`gate`] | how many streams there may be |

mod answers;
mod gate;
mod hearing;
mod hub;
mod initiating;
mod lane;
mod opened;
mod pace;
mod pending;
mod receiving;
#[cfg(test)]
mod tests;
mod tls;
mod whom;
mod wire;

pub(crate) use hub::{Setting, Streams};
