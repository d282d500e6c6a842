//! HTTP and HTTPS on one port: the listener, its guards, and the receiver's own pages.
//!
//! Routes of other parts (pairing) are mounted by the program; they find who is asking in the
//! request's [`Connection`] extension.
//!
//! | module | holds |
//! | --- | --- |
//! | [`listener`] | accepting, telling TLS from plain by the first byte, limits and deadlines |
//! | [`guard`] | which `Host`, `Origin` and `Sec-Fetch-Site` are taken |
//! | [`origin`] | which web pages may use the receiver from a browser |
//! | [`websocket`] | XMPP over WebSocket |
//! | [`host_meta`] | where that is, for clients in a browser |
//! | [`files`] | files that people upload |
//! | `range` | ranges of bytes |
//! | [`pages`] | the front page, and the receiver's screen |
//! | [`config`] | the `[web]` table |

pub mod config;
pub mod files;
pub mod guard;
pub mod host_meta;
pub mod listener;
pub mod origin;
pub mod pages;
pub mod websocket;

mod error;
mod range;

pub use config::Config;
pub use error::Error;
pub use listener::{Connection, Web};
pub use pages::{Invitation, Passcode, Screen, ScreenView};
