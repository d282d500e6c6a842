//! A home behind a router, and the world outside with the servers people really use.
//!
//! [`World::build`] makes five network namespaces of its own (see [`house`]) and starts in them what
//! is [`Wanted`]; all of it is taken down with the value, so tests run in parallel. When a test fails,
//! the ends of all logs are printed.
//!
//! ```no_run
//! use televisor_e2e::away::{Wanted, World};
//! # fn main() {
//! if World::skipped("the test's name", &Wanted::everything()) {
//!     return;
//! }
//! let world = World::build(&Wanted::everything());
//! let receiver = world.receiver(""); // 192.168.77.10, ports 5222, 5269, 8010
//! let mut joe = world.joe(); // joe@example.org, by slixmpp from the world's side
//! joe.tell("say someone@example.net hello");
//! # }
//! ```
//!
//! | who | where |
//! | --- | --- |
//! | the receiver, a phone | 192.168.77.10, 192.168.77.20 |
//! | the router ([`house`]) | 192.168.77.1, outside 11.22.33.1; with `door`, miniupnpd: PCP, NAT-PMP, UPnP-IGD |
//! | Prosody ([`prosody`]) | 11.22.33.50: example.org, joe, ann and tv (password [`PASSWORD`]); component tv1/tv2.example.org on 5347 |
//! | ejabberd ([`ejabberd`]) | 11.22.33.51: example.net, the same three; components tv1/tv2.example.net on 10.33.0.51:5275 |
//! | knot ([`knot`]) | 11.22.33.53: zones example.org, example.net, example.com; updates to the latter by TSIG |
//! | pebble ([`pebble`]) | 11.22.33.54:14000: an ACME directory that looks at DNS by knot |
//!
//! Every namespace resolves through knot. One [`ca`] signs example.org, example.net and pebble;
//! [`World::roots`] is the file with its certificate (and pebble's root, when there is pebble).

pub mod acquaintance;
pub mod ca;
pub mod daemon;
pub mod ejabberd;
pub mod house;
pub mod knot;
pub mod pebble;
pub mod person;
pub mod prosody;
mod wanted;
mod world;

pub use wanted::Wanted;
pub use world::World;

/// The password of everybody out there, and of every component.
pub const PASSWORD: &str = "a password of the world";
