//! What is said to the receiver on the link: one line for each peer, answered in order. A crowd that
//! has proven nothing keeps no paired device waiting.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use televisor_conversation::Conversation;
use televisor_receiver::Receiver;
use televisor_serverless::{Incoming, Link, PeerName};
use televisor_xmpp::error::{Condition, StanzaError};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{sleep, timeout};

use super::turn;
use crate::serve::household::HouseholdList;

/// Lines of peers that have proven nothing, and of those that have.
const LINES: (usize, usize) = (64, 128);
/// Stanzas that wait in one line.
const WAITING: usize = 16;
/// A line without a word for so long ends; the next word opens another.
const QUIET: Duration = Duration::from_secs(60);
/// A peer that has proven nothing is answered so often at most, averaged.
const PACE: Duration = Duration::from_millis(200);
/// Refusals that are being sent; who takes none gets no more.
const REFUSALS: usize = 16;

/// What answers are made from.
pub(super) struct Desk {
    pub(super) receiver: Receiver,
    pub(super) conversation: Conversation,
    pub(super) household: HouseholdList,
    pub(super) link: Link,
}

/// A peer, and whether it has proven to be of the household: whoever takes over its name stands in
/// another line.
type Key = (PeerName, bool);

/// Answers for as long as the link lasts.
pub(super) async fn attend(desk: Arc<Desk>, mut incoming: mpsc::Receiver<Incoming>) {
    let mut lines: HashMap<Key, mpsc::Sender<Incoming>> = HashMap::new();
    let refusals = Arc::new(Semaphore::new(REFUSALS));
    while let Some(mut arrived) = incoming.recv().await {
        let key = (arrived.from.clone(), arrived.proven.is_some());
        if let Some(line) = lines.get(&key) {
            match line.try_send(arrived) {
                Ok(()) => continue,
                Err(TrySendError::Full(refused)) => {
                    refuse(&desk, &refusals, refused);
                    continue;
                }
                // It has just ended.
                Err(TrySendError::Closed(back)) => arrived = back,
            }
        }
        lines.retain(|_, line| !line.is_closed());
        let most = if key.1 { LINES.1 } else { LINES.0 };
        if lines.keys().filter(|(_, proven)| *proven == key.1).count() >= most {
            refuse(&desk, &refusals, arrived);
            continue;
        }
        let (line, waiting) = mpsc::channel(WAITING);
        // It is empty: there is room.
        drop(line.try_send(arrived));
        tokio::spawn(serve(Arc::clone(&desk), waiting));
        lines.insert(key, line);
    }
}

/// Answers one peer's stanzas one after another.
async fn serve(desk: Arc<Desk>, mut waiting: mpsc::Receiver<Incoming>) {
    loop {
        match timeout(QUIET, waiting.recv()).await {
            Ok(Some(arrived)) => take(&desk, arrived).await,
            Ok(None) => return,
            Err(_) => {
                // What comes in between is answered still, and what comes after opens another line.
                waiting.close();
                while let Some(arrived) = waiting.recv().await {
                    take(&desk, arrived).await;
                }
                return;
            }
        }
    }
}

async fn take(desk: &Desk, arrived: Incoming) {
    let is_proven = arrived.proven.is_some();
    turn::answer(desk, arrived).await;
    if !is_proven {
        sleep(PACE).await;
    }
}

/// RFC 6120 section 8.3.3.18: too much at once.
fn refuse(desk: &Desk, refusals: &Arc<Semaphore>, refused: Incoming) {
    let busy = StanzaError::new(Condition::ResourceConstraint);
    let Some(reply) = busy.reply_to(&refused.stanza) else { return };
    let Ok(place) = Arc::clone(refusals).try_acquire_owned() else { return };
    let link = desk.link.clone();
    tokio::spawn(async move {
        if let Err(error) = link.send(&refused.from, reply).await {
            tracing::debug!(peer = %refused.from, %error, "a refusal was not delivered");
        }
        drop(place);
    });
}
