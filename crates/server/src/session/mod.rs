//! A bound session, from the resource it got to its end: one task, whatever connections it has.
//!
//! | module | holds |
//! | --- | --- |
//! | `run` | the task: what happens next, and the end of it all |
//! | `line` | one connection, read and written side by side |
//! | `pulse` | whether the other end is still there |
//! | `taking` | what becomes of each stanza that comes |
//! | `managing` | XEP-0198 and XEP-0352: acknowledgements, and what waits |
//! | `parking` | XEP-0198 section 5: between two connections |
//! | `lost` | what the client never acknowledged, when the session ends |

mod line;
mod lost;
mod managing;
mod parking;
mod pulse;
mod run;
mod taking;

pub(crate) use lost::give_up;
pub(crate) use managing::Managed;
pub(crate) use parking::{Claim, Handover, Ready};
pub(crate) use run::start;
