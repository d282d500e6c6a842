//! The worker that keeps us announced under a name of our own.
