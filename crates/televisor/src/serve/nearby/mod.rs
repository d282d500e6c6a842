//! The receiver among its neighbours: without any server, in any Bonjour chat program (XEP-0174).
//!
//! | module | holds |
//! | --- | --- |
//! | [`link`] | starting, standing and ending |
//! | [`follow`] | what is told of the receiver there, kept true |
//! | [`desk`] | what is said to it there: one line for each peer |
//! | [`turn`] | one stanza, answered |

mod desk;
mod follow;
mod link;
mod turn;

pub(super) use link::{Nearby, Parts};
