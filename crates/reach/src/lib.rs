//! How the receiver is reached: by which certificate, and from which side of the door.
//!
//! | module | holds |
//! | --- | --- |
//! | [`certificate`] | the receiver's TLS identity, made at first start and kept |
//! | [`link`] | whether a peer is on one of our own links |

pub mod certificate;
pub mod link;

mod error;

pub use certificate::Identity;
pub use error::Error;
