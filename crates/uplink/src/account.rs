//! Whose session it is: the account's address and its password.

use std::path::Path;

use televisor_xmpp::jid::{BareJid, Jid};
use tracing::warn;

use crate::failure::Failure;

/// A password file is one line; more is a mistake.
const PASSWORD_LIMIT: u64 = 4096;

/// An account on a server.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) bare: BareJid,
    /// The resource the settings ask for.
    pub(crate) resource: Option<String>,
}

impl Account {
    /// Reads `name@domain` or `name@domain/resource`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let jid: Jid = text.parse().ok()?;
        jid.localpart()?;
        let resource = jid.resourcepart().map(str::to_owned);
        Some(Self { bare: jid.into_bare(), resource })
    }

    pub(crate) fn localpart(&self) -> &str {
        self.bare.localpart().unwrap_or_default()
    }

    pub(crate) fn domain(&self) -> &str {
        self.bare.domainpart().as_str()
    }

    /// Says whether `from` speaks for the account itself: RFC 6120 section 10.3.3 lets a server leave
    /// the address out, or put the account's.
    pub(crate) fn is_own(&self, from: Option<&Jid>) -> bool {
        from.is_none_or(|from| from.is_bare() && *from.bare() == self.bare)
    }

    /// Says whether `from` is the account's server, or the account with any resource.
    pub(crate) fn is_home(&self, from: Option<&Jid>) -> bool {
        from.is_none_or(|from| {
            *from.bare() == self.bare
                || (from.localpart().is_none() && from.domainpart() == self.bare.domainpart())
        })
    }
}

/// Reads the first line of the password file. It is read for each login, so that a new password needs
/// no restart.
pub(crate) async fn password(file: &Path) -> Result<String, Failure> {
    let unusable =
        |why: String| Failure::Refused(format!("the password file {} {why}", file.display()));
    let facts =
        tokio::fs::metadata(file).await.map_err(|e| unusable(format!("cannot be read: {e}")))?;
    if facts.len() > PASSWORD_LIMIT {
        return Err(unusable("is too long".to_owned()));
    }
    if is_open_to_others(&facts) {
        warn!(file = %file.display(), "others can read the uplink's password: chmod 600");
    }
    let text = tokio::fs::read_to_string(file)
        .await
        .map_err(|e| unusable(format!("cannot be read: {e}")))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        Some(_) | None => Err(unusable("is empty".to_owned())),
    }
}

#[cfg(unix)]
fn is_open_to_others(facts: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    facts.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_a_name_and_may_have_a_resource() {
        let account = Account::parse("Box@Example.org/tv").unwrap();
        assert_eq!(account.bare.to_string(), "box@example.org");
        assert_eq!(account.resource.as_deref(), Some("tv"));
        assert!(Account::parse("example.org").is_none());
        assert!(Account::parse("box@").is_none());
    }

    #[test]
    fn only_the_account_itself_or_nobody_speaks_for_it() {
        let account = Account::parse("box@example.org").unwrap();
        let from = |text: &str| Some(text.parse::<Jid>().unwrap());
        assert!(account.is_own(None));
        assert!(account.is_own(from("box@example.org").as_ref()));
        assert!(!account.is_own(from("box@example.org/other").as_ref()));
        assert!(!account.is_own(from("eve@example.org").as_ref()));
        assert!(!account.is_own(from("example.org").as_ref()));
        assert!(account.is_home(from("example.org").as_ref()));
        assert!(account.is_home(from("box@example.org/other").as_ref()));
        assert!(!account.is_home(from("eve@example.org").as_ref()));
    }

    #[tokio::test]
    async fn the_password_is_the_first_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        assert!(matches!(password(&file).await, Err(Failure::Refused(_))));
        std::fs::write(&file, "correct horse\n").unwrap();
        assert_eq!(password(&file).await.unwrap(), "correct horse");
        std::fs::write(&file, "\n").unwrap();
        assert!(matches!(password(&file).await, Err(Failure::Refused(_))));
        std::fs::write(&file, "x".repeat(5000)).unwrap();
        assert!(matches!(password(&file).await, Err(Failure::Refused(_))));
    }
}
