//! XEP-0133: Service Administration, for owners of the household. Nobody else sees these listed.
//!
//! Left out: passwords (accounts come by pairing, and have secrets nobody chose), disabling, black
//! and white lists, reading others' rosters, messages of the day, stopping the server.
//!
//! | module | holds |
//! | --- | --- |
//! | `lists` | who there is, who is here, and how many of each |
//! | `accounts` | coming and going of accounts, their sessions and figures |
//! | `announce` | a message for everybody |
//! | `desk` | the list of them, and what their forms share |

mod accounts;
mod announce;
mod desk;
mod lists;

pub(super) use desk::COMMANDS;
pub(crate) use desk::SPEC;
