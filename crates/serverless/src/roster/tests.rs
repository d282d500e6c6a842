//! The roster.
