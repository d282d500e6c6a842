//! XEP-0357: waking the household's phones: a notice to the app server of each, without content, when
//! something waits that no session awake has seen.
//!
//! | module | holds |
//! | --- | --- |
//! | `notify` | when one goes out: what is worth it, and no more often than that |
//! | `publish` | the notice itself, on its way to an app server |
//! | `answers` | what app servers say to it, and what follows |
//! | `test` | which hop fails: a notice on request |
//!
//! Clients register in `features/push.rs`; `storage/push.rs` keeps that. Whoever puts messages aside
//! for an account (offline, parked, inactive) calls [`notify`](notify::notify()).

pub(crate) mod answers;
pub(crate) mod notify;
pub mod test;

mod publish;

pub(crate) use answers::Answers;
pub(crate) use notify::{Notices, awake, notify, parked};
pub use test::{Outcome, Report, Trial, test};

/// What is remembered of notices.
#[derive(Debug, Default)]
pub(crate) struct Push {
    pub(crate) notices: Notices,
    pub(crate) answers: Answers,
    /// Accounts for which a test is under way.
    testing: test::Testing,
}
