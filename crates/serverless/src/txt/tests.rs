//! Presence in TXT records, and back.
