//! The way to another server, against a DNS server and authorities made for each test.

mod authority;
mod connecting;
mod dns;
mod handshakes;
mod resolving;
mod trusting;
