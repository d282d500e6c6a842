//! When a notice goes out: at once, and then at most one in a while, which tells of all that came
//! meanwhile. A phone that was woken fetches everything by itself.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use televisor_xmpp::element::Element;
use televisor_xmpp::ns;

use crate::context::Context;
use crate::push::publish::publish;
use crate::storage::push as storage;

/// Between two notices for one account.
const GAP: Duration = Duration::from_secs(10);

/// What waits to be told of, by account.
#[derive(Debug, Default)]
pub(crate) struct Notices {
    accounts: Mutex<HashMap<String, Waiting>>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Messages since the account was awake.
    count: u32,
    /// Whose devices are to be told.
    whom: Whom,
    /// Whether somebody sees to it.
    busy: bool,
}

/// The devices that are to be told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Whom {
    #[default]
    None,
    /// Those with one of these resources.
    Some(BTreeSet<String>),
    All,
}

impl Whom {
    fn add(&mut self, resource: Option<&str>) {
        match (&mut *self, resource) {
            (Self::All, _) => {}
            (_, None) => *self = Self::All,
            (Self::Some(resources), Some(resource)) => {
                resources.insert(resource.to_owned());
            }
            (Self::None, Some(resource)) => {
                *self = Self::Some(BTreeSet::from([resource.to_owned()]));
            }
        }
    }

    fn holds(&self, resource: &str) -> bool {
        match self {
            Self::None => false,
            Self::Some(resources) => resources.contains(resource),
            Self::All => true,
        }
    }
}

/// Tells that a message waits for an account: for the device of one resource, whose session is parked or
/// inactive, or for all of them, since there is no session. Returns at once; what is not worth waking
/// anybody for is let be.
pub(crate) fn notify(context: &Context, account: &str, message: &Element, resource: Option<&str>) {
    if is_worth_it(message) {
        note(context, account, resource);
    }
}

/// Tells that a session was parked (XEP-0198) before its client had acknowledged all that was said.
pub(crate) fn parked(context: &Context, account: &str, resource: &str) {
    note(context, account, Some(resource));
}

fn note(context: &Context, account: &str, resource: Option<&str>) {
    let idle = {
        let mut accounts = context.memory().push.notices.lock();
        let waiting = accounts.entry(account.to_owned()).or_default();
        waiting.count = waiting.count.saturating_add(1);
        waiting.whom.add(resource);
        !std::mem::replace(&mut waiting.busy, true)
    };
    if idle {
        tokio::spawn(tell(context.clone(), account.to_owned()));
    }
}

/// Tells that an account is awake: what waited is its own affair now.
pub(crate) fn awake(context: &Context, account: &str) {
    let mut accounts = context.memory().push.notices.lock();
    if let Some(waiting) = accounts.get_mut(account) {
        (waiting.count, waiting.whom) = (0, Whom::None);
        if !waiting.busy {
            accounts.remove(account);
        }
    }
}

/// Tells of everything that waits, until there is nothing more to tell.
async fn tell(context: Context, account: String) {
    while let Some((count, whom)) = context.memory().push.notices.take(&account) {
        match storage::all(context.store(), &account).await {
            Ok(registrations) => {
                let asleep = registrations.iter().filter(|r| whom.holds(&r.resource));
                for registration in asleep {
                    publish(&context, &account, registration, count, None);
                }
            }
            Err(error) => tracing::error!(%error, "nobody could be told of a message"),
        }
        tokio::time::sleep(GAP).await;
    }
}

impl Notices {
    /// Takes what is to be told now; `None`: nothing, and nobody sees to it any more.
    fn take(&self, account: &str) -> Option<(u32, Whom)> {
        let mut accounts = self.lock();
        let waiting = accounts.get_mut(account)?;
        let whom = std::mem::take(&mut waiting.whom);
        if whom != Whom::None {
            return Some((waiting.count, whom));
        }
        waiting.busy = false;
        if waiting.count == 0 {
            accounts.remove(account);
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Waiting>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether somebody is to be woken: by words, encrypted ones too, and by a call. Not by what is not to be
/// kept (XEP-0334), by states and receipts, or by what a machine announces.
fn is_worth_it(message: &Element) -> bool {
    let talk = matches!(message.attr("type"), None | Some("normal" | "chat" | "groupchat"));
    let hidden = message.has_child("no-store", ns::HINTS);
    let says = message.child("body", ns::CLIENT).is_some_and(|body| !body.text().is_empty());
    let told = message.children().any(|child| {
        let encrypted = child.name() == "encrypted" && child.namespace().contains("omemo")
            || child.is("encryption", ns::ENCRYPTION);
        encrypted || (child.name() == "propose" && child.namespace().starts_with(CALLS))
    });
    talk && ((says && !hidden) || told)
}

/// XEP-0353: a call that waits to be taken, in any version.
const CALLS: &str = "urn:xmpp:jingle-message:";

#[cfg(test)]
mod tests {
    use super::*;

    fn worth(inner: &str, kind: &str) -> bool {
        let text = format!("<message xmlns='jabber:client' type='{kind}'>{inner}</message>");
        is_worth_it(&Element::parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn words_and_calls_wake() {
        assert!(worth("<body>hi</body>", "chat"));
        assert!(worth("<body>hi</body>", "normal"));
        assert!(worth("<propose xmlns='urn:xmpp:jingle-message:0' id='1'/>", "chat"));
        assert!(worth("<encrypted xmlns='eu.siacs.conversations.axolotl.omemo'/>", "chat"));
    }

    #[test]
    fn states_receipts_errors_and_what_is_not_kept_do_not() {
        assert!(!worth("<composing xmlns='http://jabber.org/protocol/chatstates'/>", "chat"));
        assert!(!worth("<received xmlns='urn:xmpp:receipts' id='1'/>", "chat"));
        assert!(!worth("<body/>", "chat"));
        assert!(!worth("<body>hi</body><no-store xmlns='urn:xmpp:hints'/>", "chat"));
        assert!(!worth("<body>hi</body>", "error"));
        assert!(!worth("<body>hi</body>", "headline"));
    }

    #[test]
    fn all_devices_are_more_than_some() {
        let mut whom = Whom::default();
        assert!(!whom.holds("a"));
        whom.add(Some("a"));
        assert!(whom.holds("a") && !whom.holds("b"));
        whom.add(None);
        whom.add(Some("a"));
        assert!(whom.holds("b"));
    }
}
