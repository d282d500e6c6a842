//! HTTP, UDP and RTP, files: one way to read them all.
//!
//! | module | holds |
//! | --- | --- |
//! | [`any`] | the sources behind one `read` |
//! | [`http`] | transport streams and playlists over HTTP(S) |
//! | [`datagram`] | multicast and unicast UDP, RTP |
//! | [`mod@file`] | files, paced by their PCR |

pub(crate) mod any;
pub(crate) mod datagram;
pub(crate) mod file;
pub(crate) mod http;

pub(crate) use any::Input;
