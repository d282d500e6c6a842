//! Presence as TXT strings, and back.
