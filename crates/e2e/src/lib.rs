//! The real program against programs nobody here wrote.
//!
//! Each test starts its own receiver in a folder and on ports of its own. What a machine does not
//! permit (namespaces without root, a missing client) is skipped by name; `make test` counts them.
//!
//! | module | holds |
//! | --- | --- |
//! | [`receiver`] | a `televisor serve` of one's own, and its control commands |
//! | [`broadcaster`] | a `televisor broadcast` of one's own |
//! | [`away`] | a home behind a router, and the world outside: Prosody, ejabberd, DNS, ACME |
//! | [`houses`] | two network namespaces with a cable between them |
//! | [`nearby`] | one link, no server: Finch, peers by hand, devices |
//! | [`script`] | programs that are talked to line by line |
//! | [`terminal`] | programs that people use on a screen |
//! | [`stock`] | stock clients, logged in with what pairing gave |
//! | [`raw`] | an XMPP stream spoken by hand |
//! | [`pairing`] | pairing as a test wants it done |
//! | [`skip`] | what a machine does not permit |

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on panics, and says why"
)]

pub mod away;
pub mod broadcaster;
pub mod houses;
pub mod nearby;
pub mod pairing;
pub mod program;
pub mod raw;
pub mod receiver;
pub mod script;
pub mod skip;
pub mod stock;
pub mod terminal;
