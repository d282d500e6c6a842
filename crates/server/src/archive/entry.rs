//! One message on its way to the archive, to the messages kept for later, or to both.

use bytes::Bytes;
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;

use crate::archive::ArchiveId;

/// A message, rendered once, and where it belongs.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The message in canonical addresses, as a document without the namespace of clients.
    pub(crate) stanza: Bytes,
    /// The archive of whoever sent it.
    pub(crate) sender: Option<Side>,
    /// The archive of whoever it is for.
    pub(crate) recipient: Option<Side>,
    /// Whom it waits for.
    pub(crate) kept: Option<Kept>,
}

/// One account's view of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Side {
    /// The account's localpart.
    pub(crate) account: String,
    /// The other end's bare address; of an account here, its localpart and `@`.
    pub(crate) contact: String,
    /// The mark of the other end's resource, as [`resource_mark`] makes it.
    pub(crate) resource: u32,
}

/// An account that is not there (XEP-0160).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Its localpart.
    pub(crate) account: String,
    /// Whether the account's archive has the message, too.
    pub(crate) archived: bool,
    /// The id it was archived with before, if it was.
    pub(crate) id: Option<ArchiveId>,
}

/// How every rendered message starts.
const START: &str = "<message";

/// Reads a message as [`Entry::stanza`] holds it; `None` if it is none.
pub(crate) fn revive(stanza: &[u8]) -> Option<Element> {
    let rest = stanza.strip_prefix(START.as_bytes())?;
    let declared = format!("{START} xmlns='{}'", ns::CLIENT);
    Element::parse(&[declared.as_bytes(), rest].concat()).ok()
}

/// Returns what the archive notes of a resource, to find it again: a hash, which is the same for ever
/// (FNV-1a), and 0 where there is no resource.
pub(crate) fn resource_mark(resource: Option<&str>) -> u32 {
    let Some(resource) = resource else { return 0 };
    let mark = resource
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    mark.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rendered_message_comes_back_as_it_was() {
        let text = "<message xmlns='jabber:client' from='a@b'><body>&lt;</body><x xmlns='u'><y xmlns=''/></x></message>";
        let message = Element::parse(text.as_bytes()).unwrap();
        assert_eq!(revive(&message.to_bytes(ns::CLIENT)), Some(message));
    }

    #[test]
    fn a_resource_has_a_mark_and_no_resource_has_none() {
        assert_eq!(resource_mark(None), 0);
        assert_eq!(resource_mark(Some("phone")), resource_mark(Some("phone")));
        assert_ne!(resource_mark(Some("phone")), resource_mark(Some("Phone")));
    }
}
