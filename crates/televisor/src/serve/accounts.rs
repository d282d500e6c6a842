//! Paired devices as the XMPP server's accounts: UUID and secret are name and password.

use jiff::Timestamp;
use televisor_model::{Device, DeviceId, Tier};
use televisor_pairing::Pairing;
use televisor_receiver::{Command, Receiver, permission};
use televisor_server::{Account, Accounts, BoxFuture, Peer, Refusal};

use super::talk;

/// The household, as the server sees it.
#[derive(Clone)]
pub(super) struct HouseholdAccounts {
    pub(super) receiver: Receiver,
    pub(super) pairing: Pairing,
}

impl HouseholdAccounts {
    fn to_account(&self, device: &Device) -> Option<Account> {
        let credentials = self.receiver.household().credentials(device.id)?;
        Some(Account {
            localpart: device.id.to_string(),
            name: device.name.clone(),
            scram_sha1: credentials.scram_sha1,
            scram_sha256: credentials.scram_sha256,
            has_logged_in: device.last_seen.is_some(),
        })
    }
}

/// Reads a localpart as a device's UUID.
pub(super) fn device_id(localpart: &str) -> Option<DeviceId> {
    localpart.parse().ok().map(DeviceId)
}

impl Accounts for HouseholdAccounts {
    fn account(&self, localpart: &str) -> Option<Account> {
        let device = self.receiver.household().device(device_id(localpart)?)?;
        self.to_account(&device)
    }

    fn accounts(&self) -> Vec<Account> {
        self.receiver.devices().iter().filter_map(|d| self.to_account(d)).collect()
    }

    /// A passcode is worth little once heard, so it is good from the receiver's own links only.
    fn admit(&self, localpart: &str, peer: &Peer) -> Result<(), Refusal> {
        let id = device_id(localpart).ok_or(Refusal::Unknown)?;
        let device = self.receiver.household().device(id).ok_or(Refusal::Unknown)?;
        match device.tier {
            Tier::Full => Ok(()),
            Tier::Basic if peer.on_link || peer.loopback => Ok(()),
            Tier::Basic => Err(Refusal::Elsewhere),
        }
    }

    fn logged_in<'a>(&'a self, localpart: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let Some(id) = device_id(localpart) else { return };
            if let Err(error) = self.receiver.household().seen(id).await {
                tracing::warn!(device = %id, %error, "a log-in could not be written down");
            }
        })
    }

    fn is_owner(&self, localpart: &str) -> bool {
        let speaker = talk::device(&self.receiver, localpart).map(|speaker| speaker.actor);
        speaker.is_some_and(|a| permission::allows(a.role, a.tier, Command::Administer))
    }

    fn last_login(&self, localpart: &str) -> Option<Timestamp> {
        self.receiver.household().device(device_id(localpart)?)?.last_seen
    }

    fn add<'a>(&'a self, _by: &'a str) -> BoxFuture<'a, Result<String, String>> {
        self.pairing.open(None);
        let name = self.receiver.identity().name();
        let told = format!(
            "Pairing is open for a few minutes. On the new device choose \"{name}\", then type the \
             code that the television shows."
        );
        Box::pin(std::future::ready(Ok(told)))
    }

    fn remove<'a>(&'a self, localpart: &'a str, by: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let owner = talk::device(&self.receiver, by).ok_or("No such device.")?;
            let id = device_id(localpart).ok_or("No such device.")?;
            let forgotten = self.receiver.forget(&owner.actor, id).await;
            forgotten.map(drop).map_err(|error| error.to_string())
        })
    }
}
