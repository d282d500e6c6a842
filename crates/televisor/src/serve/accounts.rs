//! Paired devices as the XMPP server's accounts: UUID and secret are name and password.

use televisor_model::{Device, DeviceId, Tier};
use televisor_receiver::Receiver;
use televisor_server::{Account, Accounts, BoxFuture, Peer, Refusal};

/// The household, as the server sees it.
#[derive(Debug, Clone)]
pub(super) struct HouseholdAccounts {
    pub(super) receiver: Receiver,
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
}
