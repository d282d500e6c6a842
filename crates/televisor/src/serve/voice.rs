//! The receiver speaking without being asked: to devices, to people's own accounts, and on the screen.

use std::sync::Arc;

use televisor_model::{Contact, ContactState, Device, Role};
use televisor_receiver::Receiver;
use televisor_server::Handle;
use tokio::sync::OnceCell;

use super::away::ways::Ways;
use super::notices::Notices;
use super::talk;

/// Speaks for the receiver; cheap to clone.
#[derive(Clone)]
pub(super) struct Voice {
    pub(super) receiver: Receiver,
    /// The server, once it is up.
    pub(super) server: Arc<OnceCell<Handle>>,
    pub(super) ways: Ways,
    pub(super) notices: Notices,
}

impl Voice {
    /// Tells everybody who is at least `least`, and the screen.
    pub(super) fn tell(&self, least: Role, text: &str) {
        self.notices.keep(text);
        for device in self.devices(least) {
            self.to_device(&device, text);
        }
        for contact in self.contacts(least) {
            self.to_contact(&contact, text);
        }
    }

    /// Returns the devices of those who are at least `least`.
    pub(super) fn devices(&self, least: Role) -> impl Iterator<Item = Device> {
        self.receiver.devices().into_iter().filter(move |device| device.role >= least)
    }

    /// Returns the accounts elsewhere of those who are at least `least`, and let in.
    pub(super) fn contacts(&self, least: Role) -> impl Iterator<Item = Contact> {
        let contacts = self.receiver.contacts().into_iter();
        contacts.filter(move |c| c.state == ContactState::Allowed && c.role >= least)
    }

    /// Says something to a device; kept for it if it is away.
    pub(super) fn to_device(&self, device: &Device, text: &str) {
        if let Some(server) = self.server.get() {
            let mut message = talk::chat(text);
            message.set_attr("to", server.context().address(&device.id.to_string()));
            server.send(&self.receiver.identity().uuid().to_string(), message);
        }
    }

    /// Says something to an account elsewhere.
    pub(super) fn to_contact(&self, contact: &Contact, text: &str) {
        self.ways.send(contact.via, &contact.jid, talk::chat(text));
    }
}
