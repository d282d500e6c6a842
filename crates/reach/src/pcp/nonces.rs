//! By which a mapping is known as ours (RFC 6887, section 11.2), also after a restart: a router
//! gives a port that has an owner to nobody who does not know the nonce.

use std::io::Write as _;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::codec::Nonce;

const FILE: &str = "door.secret";

/// Makes nonces from a secret that is kept.
#[derive(Clone)]
pub(crate) struct Nonces {
    secret: [u8; 32],
}

impl std::fmt::Debug for Nonces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Nonces").finish_non_exhaustive()
    }
}

impl Nonces {
    /// Takes the secret kept in `folder`, or makes one there. Where nothing can be kept, the secret
    /// lasts as long as the program, and the router's leases end what an earlier run left behind.
    pub(crate) fn kept_in(folder: &Path) -> Self {
        let file = folder.join(FILE);
        let kept = std::fs::read(&file).ok().and_then(|bytes| bytes.try_into().ok());
        Self { secret: kept.unwrap_or_else(|| make(&file)) }
    }

    /// Returns the nonce for our port `ours` at `gateway`.
    pub(crate) fn nonce(&self, gateway: IpAddr, ours: u16) -> Nonce {
        // Keys of any length will do for HMAC, so there is no other branch to come to.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.secret) else {
            return Nonce::default();
        };
        mac.update(gateway.to_string().as_bytes());
        mac.update(&ours.to_be_bytes());
        let code: [u8; 32] = mac.finalize().into_bytes().into();
        code.first_chunk().copied().unwrap_or_default()
    }
}

fn make(file: &Path) -> [u8; 32] {
    let mut secret = [0; 32];
    if let Err(error) = getrandom::fill(&mut secret) {
        tracing::warn!(%error, "no randomness; the router's mappings are easier to take over");
    }
    let written = || -> std::io::Result<()> {
        let mut open = std::fs::OpenOptions::new();
        open.create(true).truncate(true).write(true).mode(0o600);
        open.open(file)?.write_all(&secret)
    };
    if let Err(error) = written() {
        tracing::debug!(%error, file = %file.display(), "not kept");
    }
    secret
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_mapping_has_the_same_nonce_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let gateway = "192.168.77.1".parse().unwrap();
        let first = Nonces::kept_in(folder.path()).nonce(gateway, 5222);
        assert_eq!(first, Nonces::kept_in(folder.path()).nonce(gateway, 5222));
        assert_ne!(first, Nonces::kept_in(folder.path()).nonce(gateway, 5269));
    }

    #[test]
    fn two_receivers_have_different_nonces() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let gateway = "192.168.77.1".parse().unwrap();
        let nonce = |folder: &Path| Nonces::kept_in(folder).nonce(gateway, 5222);
        assert_ne!(nonce(one.path()), nonce(other.path()));
    }
}
