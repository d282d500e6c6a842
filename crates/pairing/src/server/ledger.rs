//! What the household must keep of a pairing, behind a trait.

use futures_util::future::BoxFuture;
use televisor_model::{Credentials, DeviceId};

/// Where paired devices are kept. What it says yes to is on disk.
pub trait Ledger: Send + Sync {
    /// Says whether nobody is paired yet.
    fn is_empty(&self) -> bool;
    /// Returns what is kept of a device's passcode or secret. In memory, cheap.
    fn credentials(&self, id: DeviceId) -> Option<Credentials>;
    /// Returns a device's name. In memory, cheap.
    fn name(&self, id: DeviceId) -> Option<String>;
    /// Keeps a new device (tier basic).
    fn pair(&self, new: NewPairing) -> BoxFuture<'_, Result<(), LedgerError>>;
    /// Replaces a device's credentials by those of a 256-bit secret (tier full).
    fn upgrade(&self, id: DeviceId, new: Credentials) -> BoxFuture<'_, Result<(), LedgerError>>;
}

/// A device that has just shown that its person read the code.
#[derive(Debug, Clone)]
pub struct NewPairing {
    /// Its UUID.
    pub id: DeviceId,
    /// Its display name, cleaned.
    pub name: String,
    /// What is kept of the code.
    pub credentials: Credentials,
}

/// It could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("the pairing could not be kept: {0}")]
pub struct LedgerError(pub String);
