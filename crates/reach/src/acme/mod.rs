//! A certificate for the public name that strangers' servers trust, by ACME (RFC 8555).
//!
//! | module | holds |
//! | --- | --- |
//! | `account` | the account with the authority, kept |
//! | `order` | one certificate: ordered, proven by dns-01, fetched |
//! | `schedule` | when to renew, and when to try again |
//! | `trouble` | what can go wrong, in words that say what to do |
//! | `renewer` | having a certificate, and having the next one in time |
//!
//! The name is proven by dns-01, through the same signed updates that keep the name's records.
//! http-01 and tls-alpn-01 are refused by name: the authority would come to ports 80 and 443, and
//! the receiver opens 5222 and 5269 and nothing else.

mod account;
mod order;
mod renewer;
mod schedule;
mod trouble;

pub(crate) use renewer::{Renewer, refused_challenge};
