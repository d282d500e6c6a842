//! Paired devices as pairing keeps them.

use futures_util::future::BoxFuture;
use televisor_model::{Credentials, DeviceId, Tier};
use televisor_pairing::{Ledger, LedgerError, NewPairing};
use televisor_receiver::{NewDevice, Receiver};

/// The household, as pairing sees it.
#[derive(Debug, Clone)]
pub(super) struct HouseholdLedger {
    pub(super) receiver: Receiver,
}

fn refused(error: &televisor_receiver::Error) -> LedgerError {
    tracing::error!(%error, "a pairing could not be written down");
    LedgerError(error.to_string())
}

impl Ledger for HouseholdLedger {
    fn is_empty(&self) -> bool {
        self.receiver.household().is_empty()
    }

    fn credentials(&self, id: DeviceId) -> Option<Credentials> {
        self.receiver.household().credentials(id)
    }

    fn name(&self, id: DeviceId) -> Option<String> {
        self.receiver.household().device(id).map(|device| device.name)
    }

    fn pair(&self, new: NewPairing) -> BoxFuture<'_, Result<(), LedgerError>> {
        Box::pin(async move {
            let NewPairing { id, name, credentials } = new;
            let new = NewDevice { id, name, credentials, tier: Tier::Basic };
            self.receiver.household().add(new).await.map_err(|e| refused(&e))?;
            Ok(())
        })
    }

    fn upgrade(
        &self,
        id: DeviceId,
        credentials: Credentials,
    ) -> BoxFuture<'_, Result<(), LedgerError>> {
        Box::pin(async move {
            let upgraded = self.receiver.household().upgrade(id, credentials).await;
            upgraded.map(drop).map_err(|e| refused(&e))
        })
    }
}
