//! The running receiver's socket: one JSON line in, one JSON line out, both ends.

pub(crate) mod ask;
pub(crate) mod listener;
pub(crate) mod wire;
