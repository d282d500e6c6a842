//! Which addresses may be invited at all.

use televisor_xmpp::jid::{BareJid, DomainKind, Jid};

use super::ContactError;

/// Returns the normalised bare JID of somebody's account elsewhere. A resource is dropped, and so is
/// `xmpp:` in front.
///
/// # Errors
/// [`ContactError::BadAddress`], or [`ContactError::AtHome`] for a name that only one home knows.
pub fn bare_jid(text: &str) -> Result<String, ContactError> {
    let bad = || ContactError::BadAddress(text.chars().take(80).collect());
    let trimmed = text.trim();
    let address = trimmed.strip_prefix("xmpp:").unwrap_or(trimmed);
    let jid: BareJid = address.parse::<Jid>().map_err(|_| bad())?.into_bare();
    jid.localpart().ok_or_else(bad)?;
    let domain = jid.domainpart();
    match domain.kind() {
        DomainKind::Ipv4(_) | DomainKind::Ipv6(_) => {}
        DomainKind::Name
            if domain.as_str().ends_with(".local") || domain.as_str() == "localhost" =>
        {
            return Err(ContactError::AtHome(jid.to_string()));
        }
        DomainKind::Name if domain.as_str().contains('.') => {}
        DomainKind::Name | DomainKind::Escaped => return Err(bad()),
    }
    Ok(jid.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_normalised_to_its_bare_form() {
        assert_eq!(bare_jid("Joe@Example.ORG/phone").unwrap(), "joe@example.org");
        assert_eq!(bare_jid(" xmpp:joe@example.org ").unwrap(), "joe@example.org");
        assert_eq!(bare_jid("joe@192.0.2.7").unwrap(), "joe@192.0.2.7");
    }

    #[test]
    fn what_is_no_account_elsewhere_is_refused() {
        for text in ["joe", "example.org", "joe@", "@example.org", "joe@tv", r"a@Test\20Box", ""] {
            assert!(matches!(bare_jid(text), Err(ContactError::BadAddress(_))), "{text}");
        }
        assert!(matches!(bare_jid("joe@tv.local"), Err(ContactError::AtHome(_))));
    }
}
