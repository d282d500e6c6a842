//! What can be switched, and seen, from a chat beside the receiver itself.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use televisor_conversation::Controls;
use televisor_model::DeviceId;
use televisor_pairing::Pairing;
use televisor_receiver::Receiver;
use televisor_server::Handle;
use tokio::sync::OnceCell;

/// The parts beside the receiver that a conversation may ask for something.
pub(super) struct Switches {
    pub(super) receiver: Receiver,
    pub(super) pairing: Pairing,
    /// The server, once it is up.
    pub(super) server: Arc<OnceCell<Handle>>,
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
}
