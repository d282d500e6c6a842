//! The names of one host: one canonical form inside, and each session's own spelling at the edge.
//!
//! A session that opened its stream to an alias sees that alias in every address of this host:
//! `from`, `to`, bound JIDs, and the addresses that payloads carry (roster and disco items, delay
//! stamps). The mapping happens in [`Aliases::inward`] and [`View::outward`] and nowhere else.

use std::sync::{Arc, PoisonError, RwLock};

use televisor_xmpp::element::Element;
use televisor_xmpp::jid::Jid;

/// Attributes that hold an address wherever they occur in a stanza.
const ADDRESSES: [&str; 4] = ["from", "to", "jid", "by"];

/// The canonical domain and its other names.
#[derive(Debug, Clone)]
pub(crate) struct Aliases {
    canonical: Arc<str>,
    others: Arc<RwLock<Vec<String>>>,
    /// The name towards other servers; the last one, if there is none for now.
    public: Arc<RwLock<Option<String>>>,
}

/// How one session spells the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct View {
    canonical: Arc<str>,
    spelling: Arc<str>,
}

impl Aliases {
    pub(crate) fn new(canonical: &str, others: Vec<String>) -> Self {
        let canonical = canonical.to_ascii_lowercase().into();
        Self { canonical, others: Arc::new(RwLock::new(others)), public: Arc::default() }
    }

    pub(crate) fn canonical(&self) -> &str {
        &self.canonical
    }

    /// Replaces the other names, as reach and discovery find them. Open sessions keep theirs.
    pub(crate) fn set(&self, others: Vec<String>) {
        *self.others.write().unwrap_or_else(PoisonError::into_inner) = others;
    }

    /// Replaces the name towards other servers.
    pub(crate) fn set_public(&self, name: &str) {
        *self.public.write().unwrap_or_else(PoisonError::into_inner) = Some(name.to_owned());
    }

    /// Returns the view of a stream opened to `host`, if that is a name of ours.
    pub(crate) fn view(&self, host: &str) -> Option<View> {
        let host = host.strip_suffix('.').unwrap_or(host);
        if !self.is_ours(host) {
            return None;
        }
        // The escaped form keeps the case its client typed, which is what it compares with.
        let spelling =
            if host.contains('\\') { host.into() } else { host.to_ascii_lowercase().into() };
        Some(View { canonical: Arc::clone(&self.canonical), spelling })
    }

    /// Returns the view of a stream that named no host.
    pub(crate) fn canonical_view(&self) -> View {
        View { canonical: Arc::clone(&self.canonical), spelling: Arc::clone(&self.canonical) }
    }

    /// Returns the view of a stream on which this host goes by `name`, whether that is an alias for
    /// its own clients or not.
    pub(crate) fn named_view(&self, name: &str) -> View {
        View { canonical: Arc::clone(&self.canonical), spelling: name.to_ascii_lowercase().into() }
    }

    /// Whether `host` is a name of ours.
    pub(crate) fn is_ours(&self, host: &str) -> bool {
        let public = self.public.read().unwrap_or_else(PoisonError::into_inner);
        host.eq_ignore_ascii_case(&self.canonical)
            || public.as_deref().is_some_and(|public| public.eq_ignore_ascii_case(host))
            || self
                .others
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .iter()
                .any(|alias| alias.eq_ignore_ascii_case(host))
    }

    /// Brings every address of this host in a received stanza to the canonical form.
    pub(crate) fn inward(&self, stanza: &mut Element) {
        rename(stanza, &|host| self.is_ours(host), &self.canonical);
    }

    /// The same for one address.
    pub(crate) fn inward_address(&self, address: &str) -> String {
        renamed(address, &|host| self.is_ours(host), &self.canonical)
            .unwrap_or_else(|| address.to_owned())
    }
}

impl View {
    pub(crate) fn spelling(&self) -> &str {
        &self.spelling
    }

    /// Brings every address in this spelling to the canonical form, and no other alias: towards other
    /// servers the host has one name.
    pub(crate) fn inward(&self, stanza: &mut Element) {
        rename(stanza, &|host| host.eq_ignore_ascii_case(&self.spelling), &self.canonical);
    }

    /// Whether it is how everything is written in the first place.
    pub(crate) fn is_canonical(&self) -> bool {
        self.spelling == self.canonical
    }

    /// Returns the stanza as this session sees it, or `None` if that is how it is already.
    pub(crate) fn outward(&self, stanza: &Element) -> Option<Element> {
        if self.is_canonical() {
            return None;
        }
        let mut stanza = stanza.clone();
        rename(&mut stanza, &|host| host == &*self.canonical, &self.spelling);
        Some(stanza)
    }

    /// The same for one address.
    pub(crate) fn outward_address(&self, address: &str) -> String {
        renamed(address, &|host| host == &*self.canonical, &self.spelling)
            .unwrap_or_else(|| address.to_owned())
    }
}

/// Brings `from` and `to` of another server's stanza to their normal form. A name of ours is one of ours
/// however it is spelt, with a final dot or in another script, and must not pass for somebody else's.
pub(crate) fn prepare(stanza: &mut Element) {
    for name in ["from", "to"] {
        let address = stanza.attr(name).and_then(|address| address.parse::<Jid>().ok());
        if let Some(address) = address {
            stanza.set_attr(name, address.to_string());
        }
    }
}

fn rename(root: &mut Element, ours: &dyn Fn(&str) -> bool, name: &str) {
    let mut open = vec![root];
    while let Some(element) = open.pop() {
        for attribute in ADDRESSES {
            let new = element.attr(attribute).and_then(|value| renamed(value, ours, name));
            if let Some(new) = new {
                element.set_attr(attribute, new);
            }
        }
        open.extend(element.children_mut());
    }
}

/// Returns the address with its domainpart replaced, if that is ours and not yet so.
fn renamed(address: &str, ours: &dyn Fn(&str) -> bool, name: &str) -> Option<String> {
    let (bare, resource) = match address.split_once('/') {
        Some((bare, resource)) => (bare, Some(resource)),
        None => (address, None),
    };
    let (local, host) = match bare.split_once('@') {
        Some((local, host)) => (Some(local), host),
        None => (None, bare),
    };
    if host == name || !ours(host) {
        return None;
    }
    let local = local.map(|local| format!("{local}@")).unwrap_or_default();
    let resource = resource.map(|resource| format!("/{resource}")).unwrap_or_default();
    Some(format!("{local}{name}{resource}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aliases() -> Aliases {
        Aliases::new(
            "test-set-top-box.local",
            vec!["Test\\20Set-top\\20Box".into(), "192.0.2.1".into(), "[fd00::1]".into()],
        )
    }

    #[test]
    fn the_form_of_2010_is_ours_in_any_case_and_keeps_the_case_it_came_in() {
        let view = aliases().view("test\\20SET-top\\20box").unwrap();
        assert_eq!(view.spelling(), "test\\20SET-top\\20box");
        assert_eq!(
            aliases().view("Test-Set-Top-Box.local.").unwrap().spelling(),
            "test-set-top-box.local"
        );
        assert!(aliases().view("elsewhere.example").is_none());
    }

    #[test]
    fn addresses_inside_payloads_are_mapped_and_those_of_others_are_not() {
        let roster = b"<iq xmlns='jabber:client' to='a@test-set-top-box.local/r'>\
            <query xmlns='jabber:iq:roster'><item jid='b@test-set-top-box.local'/>\
            <item jid='c@test-set-top-box.local.example'/></query></iq>";
        let roster = Element::parse(roster).unwrap();
        let mut seen = aliases().view("Test\\20Set-top\\20Box").unwrap().outward(&roster).unwrap();
        let text = seen.to_xml();
        assert!(text.contains("'a@Test\\20Set-top\\20Box/r'"), "{text}");
        assert!(text.contains("'b@Test\\20Set-top\\20Box'"), "{text}");
        assert!(text.contains("'c@test-set-top-box.local.example'"), "{text}");
        aliases().inward(&mut seen);
        assert_eq!(seen, roster);
    }

    #[test]
    fn another_spelling_of_a_name_of_ours_is_ours_still() {
        let aliases = Aliases::new("tv.local", vec!["tv.example".into(), "bücher.example".into()]);
        for to in ["TV.Example", "tv.example.", "xn--bcher-kva.example", "BÜCHER.example."] {
            let stanza = format!("<message xmlns='jabber:client' from='a@b.example' to='x@{to}'/>");
            let mut stanza = Element::parse(stanza.as_bytes()).unwrap();
            prepare(&mut stanza);
            aliases.inward(&mut stanza);
            assert_eq!(stanza.attr("to"), Some("x@tv.local"), "{to}");
        }
    }

    #[test]
    fn a_resource_that_looks_like_an_address_stays_as_it_is() {
        let aliases = aliases();
        assert_eq!(
            aliases.inward_address("a@192.0.2.1/b@192.0.2.1"),
            "a@test-set-top-box.local/b@192.0.2.1"
        );
        assert_eq!(aliases.inward_address("[fd00::1]"), "test-set-top-box.local");
        assert_eq!(aliases.inward_address("a@elsewhere.example"), "a@elsewhere.example");
    }
}
