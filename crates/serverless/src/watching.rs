//! The worker that keeps the roster true.
