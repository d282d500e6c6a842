//! A notice on request, and what became of it: which hop fails, when a phone is not woken.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use televisor_store::Error;
use televisor_xmpp::error::Condition;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::context::Context;
use crate::push::answers::is_unreachable;
use crate::push::publish::publish;
use crate::storage::push as storage;

/// How long an app server may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a test has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// No device of the account has asked to be woken.
    NotRegistered,
    /// Another test is under way for the account.
    UnderWay,
    /// One trial for each registration.
    Tried(Vec<Trial>),
}

/// What became of a notice by way of one app server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The app server.
    pub app_server: String,
    /// The resource that the device had when it registered.
    pub resource: String,
    /// How far it got.
    pub outcome: Outcome,
}

/// How far a notice got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The app server took it: what is missing after that is between it and the device.
    Accepted,
    /// The app server does not take it.
    Refused(Condition),
    /// There is no way to the app server.
    Unreachable(Condition),
    /// It did not answer in time.
    NoAnswer,
}

/// Accounts for which a test is under way: one at a time, so that nobody can make app servers busy.
#[derive(Debug, Default)]
pub(super) struct Testing(Mutex<HashSet<String>>);

/// The turn of one account; it ends when this is dropped.
struct Turn<'a> {
    testing: &'a Testing,
    account: &'a str,
}

impl Testing {
    fn begin<'a>(&'a self, account: &'a str) -> Option<Turn<'a>> {
        self.lock().insert(account.to_owned()).then(|| Turn { testing: self, account })
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.testing.lock().remove(self.account);
    }
}

/// Sends a notice by way of each of an account's registrations, and waits for what is said to it: some
/// twenty seconds at most. A refusal has the usual consequences.
///
/// # Errors
/// Those of the database.
pub async fn test(context: &Context, account: &str) -> Result<Report, Error> {
    let Some(_turn) = context.memory().push.testing.begin(account) else {
        return Ok(Report::UnderWay);
    };
    let registrations = storage::all(context.store(), account).await?;
    if registrations.is_empty() {
        return Ok(Report::NotRegistered);
    }
    let trials = registrations.into_iter().map(|registration| async move {
        let (tell, told) = oneshot::channel();
        publish(context, account, &registration, 1, Some(tell));
        let outcome = match timeout(PATIENCE, told).await {
            Ok(Ok(Ok(()))) => Outcome::Accepted,
            Ok(Ok(Err(error))) if is_unreachable(error.condition) => {
                Outcome::Unreachable(error.condition)
            }
            Ok(Ok(Err(error))) => Outcome::Refused(error.condition),
            Ok(Err(_)) | Err(_) => Outcome::NoAnswer,
        };
        Trial { app_server: registration.jid, resource: registration.resource, outcome }
    });
    Ok(Report::Tried(join_all(trials).await))
}
