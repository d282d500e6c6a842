//! What broadcasters and line-ups send: MPEG transport streams, XMLTV guides, M3U playlists.
//!
//! Reads and writes bytes that it is given. No I/O of its own, no clock, no async.
//!
//! | module | holds |
//! | --- | --- |
//! | [`ts`] | 188-byte packets, alignment, clocks, continuity, tables, endless loops |
//! | [`xmltv`] | the streaming guide reader |
//! | [`m3u`] | line-ups |

pub mod m3u;
pub mod ts;
pub mod xmltv;
