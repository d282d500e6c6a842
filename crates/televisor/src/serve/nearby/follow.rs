//! What is told of the receiver on the link, kept true.

use televisor_receiver::Receiver;
use televisor_serverless::{Availability, Link, Me, Presence};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

use crate::serve::names::ReceiverNames;
use crate::serve::presence;

/// What the link is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// The friendly name: what chat programs show, since some show nothing else.
    user: String,
    /// The host's label.
    machine: String,
    presence: Presence,
}

impl Told {
    /// What is true now. The presence says what everybody in the house may see on the screen.
    pub(super) fn now(receiver: &Receiver, names: &ReceiverNames, address: &str) -> Self {
        let name = receiver.identity().name();
        Self {
            user: name.clone(),
            machine: names.host.trim_end_matches(".local").to_owned(),
            presence: Presence {
                nick: Some(name),
                jid: Some(address.to_owned()),
                msg: Some(presence::status(receiver)),
                status: Availability::Available,
                ..Presence::default()
            },
        }
    }

    /// The same, to begin with.
    pub(super) fn me(&self) -> Me {
        let Self { user, machine, presence } = self.clone();
        Me { user, machine, presence }
    }
}

/// Keeps the link told for as long as the task runs.
pub(super) async fn follow(
    link: Link,
    receiver: Receiver,
    mut names: watch::Receiver<ReceiverNames>,
    address: String,
    mut told: Told,
) {
    let mut changes = receiver.changes();
    loop {
        let now = Told::now(&receiver, &names.borrow_and_update(), &address);
        if (&now.user, &now.machine) != (&told.user, &told.machine) {
            link.rename(&now.user, &now.machine).await;
        }
        if now.presence != told.presence {
            link.set_presence(now.presence.clone()).await;
        }
        told = now;
        tokio::select! {
            change = changes.recv() => match change {
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
            changed = names.changed() => if changed.is_err() { return },
        }
    }
}
