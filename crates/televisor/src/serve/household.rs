//! Who belongs to the household, and by which certificates they prove it: told to paired devices
//! (`docs/protocol.md`, "Whose certificate is whose"), and known to the receiver itself.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use televisor_reach::Identity;
use televisor_receiver::Receiver;
use televisor_server::{Handle, Sender};
use televisor_serverless::{Credentials, Owner, Pins};
use televisor_xmpp::element::Element;
use televisor_xmpp::jid::FullJid;
use televisor_xmpp::ns;
use televisor_xmpp::payload::Payload as _;
use televisor_xmpp::payload::household::{Device, Household};
use televisor_xmpp::stanza::{IqType, Kind, Stanza};
use tokio::sync::OnceCell;

use super::accounts::device_id;
use crate::problem::Problem;

/// Sessions that may listen at a time: more than a household has.
const LISTENING: usize = 1024;

/// The list of the household's certificates. Cheap to clone.
#[derive(Clone)]
pub(super) struct HouseholdList {
    receiver: Receiver,
    /// The server that keeps what devices register, once it is up.
    server: Arc<OnceCell<Handle>>,
    /// The certificate that stays: those of a public authority come and go.
    identity: Identity,
    /// Sessions that have asked, and are told when the list is another.
    listening: Arc<Mutex<BTreeSet<FullJid>>>,
}

impl HouseholdList {
    pub(super) fn new(
        receiver: Receiver,
        server: Arc<OnceCell<Handle>>,
        identity: Identity,
    ) -> Self {
        Self { receiver, server, identity, listening: Arc::default() }
    }

    /// Answers the question for the list, of a device that is still paired. `None` where `iq` is
    /// another one, or the device is none.
    pub(super) fn answer(&self, iq: &Element, account: &str) -> Option<Element> {
        let stanza = Stanza::try_from(iq.clone()).ok()?;
        let asks = stanza.kind() == Kind::Iq(IqType::Get) && Household::of(&stanza).ok()?.is_some();
        let known = self.receiver.household().device(device_id(account)?).is_some();
        (asks && known).then(|| stanza.result(self.list().to_element()).into_element())
    }

    /// Goes on telling this session, one of the household's own, when the list is another.
    pub(super) fn listen_to(&self, sender: &Sender) {
        let Some(session) = sender.jid.to_full() else { return };
        let mut listening = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
        if listening.len() >= LISTENING {
            self.forget_ended(&mut listening);
        }
        if listening.len() < LISTENING {
            listening.insert(session);
        }
    }

    fn forget_ended(&self, listening: &mut BTreeSet<FullJid>) {
        let router = self.server.get().map(|server| server.context().router());
        listening.retain(|session| router.is_some_and(|r| r.session(session).is_some()));
    }

    /// Tells those who listen of changes, for as long as the task runs.
    pub(super) async fn follow(self) {
        let Some(server) = self.server.get() else { return };
        let mut changes = server.client_certificates().changes();
        let mut told = self.list();
        while changes.changed().await.is_ok() {
            let now = self.list();
            if now != told {
                self.push(server, &now);
                told = now;
            }
        }
    }

    /// Returns our certificate and key for the link, and how to judge those of others.
    pub(super) fn credentials(&self) -> Result<Credentials, Problem> {
        let key = self.identity.key().map_err(|error| Problem::failed(error.to_string()))?;
        let certificate = self.identity.certificate.clone();
        Ok(Credentials { certificate, key, pins: Arc::new(self.clone()) })
    }

    fn push(&self, server: &Handle, list: &Household) {
        let mut listening = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
        self.forget_ended(&mut listening);
        for session in listening.iter() {
            let push = Element::builder("iq", ns::CLIENT)
                .attr("type", "set")
                .attr("id", uuid::Uuid::new_v4().to_string())
                .attr("to", session.to_string())
                .child(list.to_element());
            server.send(&self.receiver.identity().uuid().to_string(), push.build());
        }
    }

    fn list(&self) -> Household {
        let Some(server) = self.server.get() else { return Household::default() };
        let registered = server.client_certificates().list();
        let own = self.identity.sha256();
        let entry = |account: String, name, certificates| {
            let jid = server.context().address(&account).parse().ok()?;
            Some(Device { jid, name, certificates })
        };
        let receiver = self.receiver.identity();
        let receiver = entry(receiver.uuid().to_string(), receiver.name(), vec![own]);
        let devices = self.receiver.devices().into_iter().filter_map(|device| {
            let account = device.id.to_string();
            let certificates: Vec<[u8; 32]> = registered
                .iter()
                // Ours is nobody else's, whoever registers it.
                .filter(|c| c.account == account && c.sha256 != own)
                .map(|c| c.sha256)
                .collect();
            if certificates.is_empty() { None } else { entry(account, device.name, certificates) }
        });
        Household { devices: receiver.into_iter().chain(devices).collect() }
    }
}

impl Pins for HouseholdList {
    fn owner(&self, sha256: &[u8; 32]) -> Option<Owner> {
        let server = self.server.get()?;
        let address = |account: &str| server.context().address(account);
        if *sha256 == self.identity.sha256() {
            let receiver = self.receiver.identity();
            return Some(Owner {
                jid: address(&receiver.uuid().to_string()),
                name: receiver.name(),
            });
        }
        let account = server.client_certificates().owner(sha256)?;
        let device = self.receiver.household().device(device_id(&account)?)?;
        Some(Owner { jid: address(&account), name: device.name })
    }
}

impl fmt::Debug for HouseholdList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HouseholdList").finish_non_exhaustive()
    }
}
