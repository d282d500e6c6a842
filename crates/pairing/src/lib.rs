//! The remote pairing protocol (`draft-mcroberts-remote-pairing-00`), in both roles.
//!
//! A device asks to be paired and is sent to an address of its own; when it goes there the receiver
//! shows a short passcode; the device proves that its person has read it, by HTTP Digest; from then
//! on the UUID and the passcode are its credentials for everything. The exchange is kept as it was
//! written in 2010; what makes it safe sits around it, in `server`.
//!
//! What a short code can and cannot do: whoever records the exchange over plain HTTP finds the code
//! by trying them all. So the code is short-lived and for the local link only, and a device that
//! knows how trades it over TLS for a secret that cannot be guessed ([`upgrade`]).
//!
//! | module | holds |
//! | --- | --- |
//! | [`digest`] | HTTP Digest (RFC 7616), both sides |
//! | [`credentials`] | from a passcode or secret to what is kept of it |
//! | [`offer`] | the JSON that a paired device is given |
//! | [`upgrade`] | the JSON with which it trades its passcode for a secret |
//! | [`server`] | the receiver's side |
//! | [`client`] | the secondary device's side |

pub mod credentials;
pub mod digest;
pub mod offer;
pub mod upgrade;

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "server")]
pub mod server;

mod random;

#[cfg(feature = "client")]
pub use client::PairingClient;
pub use offer::Offer;
pub use random::NoRandomness;

#[cfg(feature = "server")]
pub use server::{
    ClosedBy, Config, Ledger, LedgerError, NewPairing, Notice, Paired, Pairing, PeerInfo, ROOT,
    ReceiverInfo, State,
};
