//! M3U line-ups.
