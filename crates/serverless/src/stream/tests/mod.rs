//! Streams between whole sides, and with peers written by hand, on loopback.
//!
//! | module | holds |
//! | --- | --- |
//! | [`house`] | one side, whose roster is told by the test who is announced |
//! | [`raw`] | a peer written by hand |
//! | [`conversation`] | conversations as text files |
//! | [`pairs`] | two whole sides |
//! | [`proof`] | certificates, and who has none |
//! | [`hostile`] | peers that mean harm, or nothing |

mod conversation;
mod hostile;
mod house;
mod pairs;
mod proof;
mod raw;
