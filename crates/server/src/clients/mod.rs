//! The programs that log in to accounts: what they said of themselves (XEP-0388 section 2.3), when
//! they were here, and the tokens they log in with (XEP-0484).
//!
//! | module | holds |
//! | --- | --- |
//! | `client` | one program |
//! | `token` | what it can log in with, and the two slots for that |
//! | `registry` | those of all accounts, in memory and on disk |
//! | `list` | what an account is shown of its own (XEP-0494) |

pub(crate) mod client;
pub(crate) mod list;
pub(crate) mod registry;
#[cfg(test)]
mod tests;
pub(crate) mod token;

pub(crate) use registry::Clients;
