//! The way to residents: one lane per sender, so that a slow answer to one keeps nobody else waiting
//! and each sender's stanzas stay in order.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use televisor_xmpp::element::Element;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::context::Context;
use crate::delivery;
use crate::resident::{Resident, Sender};
use crate::subscription::Subscription;

/// Stanzas of one sender that may wait for a resident.
const WAITING: usize = 32;

/// Senders at a time: each is at least one session, and sessions are bounded already.
const LANES: usize = 1024;

/// Lanes for all strangers.
const STRANGERS: u8 = 16;

/// A lane without traffic is taken down.
const QUIET: Duration = Duration::from_secs(60);

/// How long a resident may think about one stanza.
const THINKING: Duration = Duration::from_secs(120);

type Item = (Element, Sender);
type Key = (String, String);

/// The lanes that are open.
#[derive(Clone, Default)]
pub(crate) struct Lanes {
    open: Arc<Mutex<HashMap<Key, mpsc::Sender<Item>>>>,
}

impl Lanes {
    /// Puts a stanza in a lane, if there is room, and does `before` before anybody can see it there.
    pub(crate) fn push(
        &self,
        context: &Context,
        resident: &Arc<dyn Resident>,
        stanza: Element,
        sender: Sender,
        before: impl FnOnce(),
    ) -> bool {
        let key = (resident.localpart().to_owned(), lane(&sender));
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = open.get(&key).filter(|lane| !lane.is_closed()) {
            return hand_in(lane, (stanza, sender), before);
        }
        if open.len() >= LANES {
            return false;
        }
        let (lane, items) = mpsc::channel(WAITING);
        let taken = hand_in(&lane, (stanza, sender), before);
        open.insert(key.clone(), lane);
        drop(open);
        let (context, resident, lanes) = (context.clone(), Arc::clone(resident), self.clone());
        tokio::spawn(async move {
            run(&context, resident, items, &lanes, &key).await;
        });
        taken
    }

    /// Takes the lane down if nothing is in it; otherwise it goes on.
    fn close(&self, key: &Key, items: &mut mpsc::Receiver<Item>) -> bool {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if !items.is_empty() {
            return false;
        }
        items.close();
        open.remove(key);
        true
    }
}

fn hand_in(lane: &mpsc::Sender<Item>, item: Item, before: impl FnOnce()) -> bool {
    let Ok(place) = lane.try_reserve() else { return false };
    before();
    place.send(item);
    true
}

/// Names a sender's lane: its address here, its bare address elsewhere. All strangers share a few, so
/// that none of them, whatever it calls itself, takes up those of others.
fn lane(sender: &Sender) -> String {
    match (&sender.account, sender.subscription) {
        (Some(_), _) => sender.jid.to_string(),
        (None, Some(Subscription::None | Subscription::NoneIn) | None) => {
            let domain = sender.jid.domainpart().as_str().bytes();
            let number = domain.fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
            format!("stranger {}", number % STRANGERS)
        }
        (None, Some(_)) => sender.jid.bare().to_string(),
    }
}

async fn run(
    context: &Context,
    resident: Arc<dyn Resident>,
    mut items: mpsc::Receiver<Item>,
    lanes: &Lanes,
    key: &Key,
) {
    loop {
        match timeout(QUIET, items.recv()).await {
            Ok(Some((stanza, sender))) => answer(context, &resident, stanza, sender).await,
            Ok(None) => return,
            Err(_) if lanes.close(key, &mut items) => return,
            Err(_) => {}
        }
    }
}

async fn answer(context: &Context, resident: &Arc<dyn Resident>, stanza: Element, sender: Sender) {
    let (to, localpart) = (sender.jid.to_string(), resident.localpart());
    let request = stanza.clone();
    let mut answers =
        timeout(THINKING, resident.receive(stanza, sender)).await.unwrap_or_else(|_| {
            tracing::warn!(resident = localpart, "a resident did not answer in time");
            Vec::new()
        });
    answers.extend(delivery::resident::unanswered(&request, &answers));
    for mut answer in answers {
        if answer.attr("to").is_none() {
            answer.set_attr("to", to.as_str());
        }
        delivery::resident::said(context, localpart, answer).await;
    }
}
