//! The account with the authority: made at the first order, kept beside the certificates.

use std::path::{Path, PathBuf};

use instant_acme::{Account, AccountBuilder, AccountCredentials, NewAccount};
use sha2::{Digest as _, Sha256};

use super::trouble::Trouble;
use crate::certificate::{keep, make_folder};
use crate::{AcmeConfig, Error};

/// Opens the account that is kept in `folder`, or makes one and keeps it.
pub(super) async fn open(config: &AcmeConfig, folder: &Path) -> Result<Account, Trouble> {
    let path = file(config, folder);
    let kept = match std::fs::read(&path) {
        Ok(text) => serde_json::from_slice::<AccountCredentials>(&text).ok(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(source) => return Err(Error::File { path, source }.into()),
    };
    match kept {
        Some(kept) => Ok(builder(config)?.from_credentials(kept).await?),
        None => make(config, folder, &path).await,
    }
}

/// Forgets the account, for the authority has.
pub(super) fn forget(config: &AcmeConfig, folder: &Path) {
    if let Err(error) = std::fs::remove_file(file(config, folder)) {
        tracing::debug!("no account to forget: {error}");
    }
}

async fn make(config: &AcmeConfig, folder: &Path, path: &Path) -> Result<Account, Trouble> {
    let contact = config.contact.as_deref().map(|contact| match contact.split_once(':') {
        Some(_) => contact.to_owned(),
        None => format!("mailto:{contact}"),
    });
    let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
    let new = NewAccount {
        contact: &contact,
        terms_of_service_agreed: true,
        only_return_existing: false,
    };
    let directory = config.directory.clone();
    let (account, credentials) = builder(config)?.create(&new, directory, None).await?;
    let text = serde_json::to_string(&credentials)
        .map_err(|error| Trouble::Unreachable(error.to_string()))?;
    make_folder(folder)?;
    keep(path, &text)?;
    Ok(account)
}

fn builder(config: &AcmeConfig) -> Result<AccountBuilder, Trouble> {
    match &config.ca_file {
        Some(file) => Account::builder_with_root(file)
            .map_err(|e| Trouble::Configuration(format!("ca_file {}: {e}", file.display()))),
        None => Ok(Account::builder()?),
    }
}

/// One file for each authority: another directory is another account.
fn file(config: &AcmeConfig, folder: &Path) -> PathBuf {
    let digest = Sha256::digest(&config.directory);
    let digest: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    folder.join(format!("account-{digest}.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(directory: &str) -> AcmeConfig {
        AcmeConfig {
            directory: directory.to_owned(),
            contact: None,
            challenge: None,
            ca_file: Some("/nowhere/ca.pem".into()),
        }
    }

    #[test]
    fn each_authority_has_an_account_of_its_own() {
        let folder = Path::new("/acme");
        let one = file(&config("https://one.example/dir"), folder);
        assert_eq!(one, file(&config("https://one.example/dir"), folder));
        assert_ne!(one, file(&config("https://two.example/dir"), folder));
    }

    #[tokio::test]
    async fn a_missing_root_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let config = config("https://one.example/dir");
        let Err(trouble) = open(&config, folder.path()).await else { panic!("no account") };
        assert!(trouble.to_string().contains("/nowhere/ca.pem"), "{trouble}");
    }
}
