//! The receiver's TLS certificates: its own, made at first start and kept for good, and beside it
//! one of a public authority for its public name.
//!
//! | module | holds |
//! | --- | --- |
//! | [`identity`] | [`Identity`]: both certificates, on disk and in use |
//! | `shelf` | which of them is shown to whom |
//! | [`facts`] | what a certificate says of itself |

pub mod facts;
pub mod identity;

mod shelf;

pub use facts::Facts;
pub use identity::Identity;
pub(crate) use identity::{keep, make_folder};
