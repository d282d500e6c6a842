//! The way to another server, against a DNS server and authorities made for each test.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step fails the test"
)]

mod authority;
mod connecting;
mod dns;
mod handshakes;
mod resolving;
mod trusting;
