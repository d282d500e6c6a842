//! One service under names its owner chooses, for types that have naming rules of their own.
//!
//! The [`Announcer`](crate::Announcer) keeps a receiver's services under one friendly name; XEP-0174
//! wants `user@machine`, and other names after a collision. Here the owner is told of a collision
//! and decides; only the mechanics are ours.

use std::fmt;

use mdns_sd::{DaemonEvent, IfKind, ServiceInfo};
use tracing::debug;

use crate::config::Config;
use crate::error::Error;
use crate::responder::Responder;
use crate::service::Service;
use crate::survey;

/// What to announce, under which names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The instance name. A dot or a backslash in it would make us deaf to questions for our SRV
    /// record (the daemon keeps the escaped form, questions come unescaped): leave both out.
    pub instance: String,
    /// The host label of the SRV record, without `.local`. The goodbye takes its addresses down
    /// too, so nobody else on this machine should announce the same.
    pub host: String,
    /// Type, port and TXT.
    pub service: Service,
}

/// What a publisher tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The records have been announced on some interface.
    Announced,
    /// Another machine has the instance name, or the host name. What was published has been
    /// given some other name that nobody asked for: close the publisher, so that it says goodbye
    /// to that one.
    Conflict,
}

/// A responder for one publication, with a thread of its own. Dropped or closed, it says goodbye.
pub struct Publisher {
    responder: Responder,
    events: mdns_sd::Receiver<DaemonEvent>,
    fullname: String,
}

impl Publisher {
    /// Starts a responder that announces nothing yet.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when multicast cannot be had.
    pub fn open(config: &Config) -> Result<Self, Error> {
        let responder = Responder::for_announcing(config)?;
        let events = responder.events()?;
        Ok(Self { responder, events, fullname: String::new() })
    }

    /// Whether the host name has an address that is not one of this machine's. Takes a little
    /// more than a second.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the daemon has ended.
    pub async fn host_taken(&self, host: &str) -> Result<bool, Error> {
        survey::host_taken(&self.responder, &format!("{host}.local.")).await
    }

    /// Announces, after probing for both names (RFC 6762 section 8) if `probe` says so. Calling
    /// it again without probing changes the TXT record at once, without any goodbye (section 8.4);
    /// within a second of the last time the daemon says nothing (section 6).
    ///
    /// # Errors
    /// [`Error::Service`] for names that cannot be announced, [`Error::Unavailable`] when the
    /// daemon has ended.
    pub fn publish(&mut self, publication: &Publication, probe: bool) -> Result<(), Error> {
        let service = &publication.service;
        let mut info = ServiceInfo::new(
            &format!("{}.local.", service.kind),
            &publication.instance,
            &format!("{}.local.", publication.host),
            (),
            service.port,
            service.txt.as_slice(),
        )
        .map_err(|error| Error::Service { kind: service.kind.clone(), reason: error.to_string() })?
        .enable_addr_auto();
        info.set_requires_probe(probe);
        self.fullname = info.get_fullname().to_lowercase();
        Ok(self.responder.daemon().register(info)?)
    }

    /// Waits for what happens next; `None` when the daemon has ended. Cancelling it loses nothing.
    pub async fn next(&mut self) -> Option<Told> {
        loop {
            match self.events.recv_async().await.ok()? {
                DaemonEvent::NameChange(change) => {
                    debug!(name = %change.original, interface = %change.intf_name, "name conflict");
                    return Some(Told::Conflict);
                }
                DaemonEvent::Announce(name, _) if name.to_lowercase() == self.fullname => {
                    return Some(Told::Announced);
                }
                DaemonEvent::Error(error) => debug!(%error, "mDNS"),
                _ => {}
            }
        }
    }

    /// Ends the thread without a goodbye, when somebody else was seen under the same name: a goodbye
    /// would take that one's pointer out of all caches.
    pub async fn abandon(self) {
        // Without interfaces there is no way to say anything.
        if let Err(error) = self.responder.daemon().disable_interface(IfKind::All) {
            debug!(%error, "the daemon did not take the command");
        }
        self.responder.close().await;
    }

    /// Says goodbye, and ends the thread. Waits at most a few seconds.
    pub async fn close(self) {
        self.responder.close().await;
    }
}

impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publisher").field("fullname", &self.fullname).finish_non_exhaustive()
    }
}
