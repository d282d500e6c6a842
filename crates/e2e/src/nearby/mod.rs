//! One link with peers on it (XEP-0174), and nobody's server: each in a network namespace of its own.
//!
//! | module | holds |
//! | --- | --- |
//! | [`segment`] | the namespaces, joined by a bridge |
//! | [`finch`] | Finch, which is libpurple's Bonjour, with an avahi and a D-Bus of its own |
//! | [`device`] | a device with our program on it |
//! | [`hand`] | a peer that says exactly what it is told to, good or hostile; 200 of them |

pub mod device;
pub mod finch;
pub mod hand;
pub mod segment;

pub use device::{Device, Household};
pub use finch::Finch;
pub use hand::Hand;
pub use segment::Segment;
