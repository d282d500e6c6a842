//! Where lists and guides are: files and the web, and the HTTP client for them.
//!
//! Left out: what is fetched, how long it may take, and when it is fetched again.
//!
//! | module | holds |
//! | --- | --- |
//! | [`location`] | a path or an address, from one line of a configuration |
//! | [`web`] | the HTTP client, and errors in words that show no address |

pub mod location;
pub mod web;

pub use location::Location;
pub use web::{AGENT, WebClient, plain};
