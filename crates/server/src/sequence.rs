//! What came before what, within one run of the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Numbers moments, one after the other. Cheap to clone: the clones number together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sequence(Arc<AtomicU64>);

impl Sequence {
    /// Returns a number that no other moment has.
    pub(crate) fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }

    /// Returns a number above those of all moments so far, and none of those to come.
    pub(crate) fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}
