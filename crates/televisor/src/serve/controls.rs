//! What can be switched, and seen, from a chat beside the receiver itself.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use televisor_conversation::Controls;
use televisor_model::{DeviceId, Via};
use televisor_pairing::Pairing;
use televisor_receiver::{Invitation, Receiver};
use televisor_server::Handle;
use tokio::sync::OnceCell;

use super::away::report;
use super::away::ways::Ways;
use super::placard::Placard;

/// The parts beside the receiver that a conversation may ask for something.
#[derive(Clone)]
pub(super) struct Switches {
    pub(super) receiver: Receiver,
    pub(super) pairing: Pairing,
    /// The server, once it is up.
    pub(super) server: Arc<OnceCell<Handle>>,
    pub(super) ways: Ways,
    pub(super) placard: Placard,
}

impl Controls for Switches {
    fn open_pairing(&self) -> BoxFuture<'_, Result<(), String>> {
        self.pairing.open(None);
        Box::pin(async { Ok(()) })
    }

    fn connected(&self) -> Vec<DeviceId> {
        let Some(server) = self.server.get() else { return Vec::new() };
        let ids = self.receiver.devices().into_iter().map(|device| device.id);
        ids.filter(|id| server.connected(&id.to_string())).collect()
    }

    fn status_lines(&self) -> Vec<String> {
        let sessions = self.server.get().map_or(0, Handle::sessions);
        vec![format!("Televisor {}, {sessions} connected", env!("CARGO_PKG_VERSION"))]
    }

    fn way_out(&self) -> Result<Via, String> {
        self.ways.out()
    }

    fn invite_link(&self, invitation: &Invitation) -> Result<String, String> {
        let via = self.ways.out()?;
        let address = self.ways.address(via).ok_or("I have no address out there yet.")?;
        Ok(self.placard.put_up(&address, invitation))
    }

    fn reachability(&self) -> Vec<String> {
        let status = self.server.get().map(Handle::federation).unwrap_or_default();
        report::sentences(&self.ways, &status)
    }
}
