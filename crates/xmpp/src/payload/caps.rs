//! XEP-0115: Entity Capabilities.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use super::carrier::{Carrier, Payload, PayloadError, required};
use super::disco::{Identity, Info};
use crate::element::Element;
use crate::ns;

/// A short name for what an entity answers to `disco#info`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caps {
    /// The hash function, `sha-1` in practice.
    pub hash: String,
    /// The software, as a URI.
    pub node: String,
    /// The hash of the answer, in base64.
    pub version: String,
}

impl Caps {
    /// Makes the short name of `info` (section 5.1 of the XEP); the version of what is ill-formed is
    /// empty.
    #[must_use]
    pub fn for_info(node: &str, info: &Info) -> Self {
        Self {
            hash: "sha-1".to_owned(),
            node: node.to_owned(),
            version: version(info).unwrap_or_default(),
        }
    }
}

/// What an answer to `disco#info` is worth as the meaning of caps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is what the hash says, so that all who show the hash mean this.
    Proven,
    /// There is no hash, or one of a function not known here: it holds for the one who answered.
    Unproven,
    /// It contradicts itself or the hash.
    Invalid,
}

/// Holds an answer against the hash it is to have (section 5.4 of the XEP).
#[must_use]
pub fn verify(info: &Info, hash: Option<&str>, version: &str) -> Verdict {
    let Some(text) = verification_string(info) else { return Verdict::Invalid };
    let own = match hash {
        Some("sha-1") => STANDARD.encode(Sha1::digest(text)),
        Some("sha-256") => STANDARD.encode(Sha256::digest(text)),
        Some(_) | None => return Verdict::Unproven,
    };
    if own == version { Verdict::Proven } else { Verdict::Invalid }
}

/// Returns the SHA-1 that stands for an answer; `None` for one that is ill-formed.
#[must_use]
pub fn version(info: &Info) -> Option<String> {
    verification_string(info).map(|text| STANDARD.encode(Sha1::digest(text)))
}

/// Makes the text that is hashed (section 5.1 of the XEP); `None` for an answer that is ill-formed.
#[must_use]
pub fn verification_string(info: &Info) -> Option<String> {
    let identity = |identity: &Identity| {
        let lang = identity.lang.as_deref().unwrap_or_default();
        let name = identity.name.as_deref().unwrap_or_default();
        format!("{}/{}/{lang}/{name}", identity.category, identity.kind)
    };
    let identities = sorted(info.identities.iter().map(identity))?;
    let features = sorted(info.features.iter().cloned())?;
    let mut forms = Vec::new();
    for form in &info.forms {
        forms.extend(form_string(form)?);
    }
    forms.sort_unstable();
    let mut types = forms.iter().map(|(form_type, _)| form_type);
    let twice = types.clone().zip(types.by_ref().skip(1)).any(|(one, next)| one == next);
    let forms: String = forms.iter().map(|(_, text)| text.as_str()).collect();
    (!twice).then(|| identities + &features + &forms)
}

/// Sorts by octets, and puts `<` behind each; `None` if something is there twice.
fn sorted(texts: impl Iterator<Item = String>) -> Option<String> {
    let mut texts: Vec<String> = texts.collect();
    texts.sort_unstable();
    let count = texts.len();
    texts.dedup();
    // Not before sorting: what is left of `a` would come behind `a#b`.
    (texts.len() == count).then(|| texts.iter().flat_map(|text| [text, "<"]).collect())
}

/// Returns a form's type and text: no text for a form whose type does not count, `None` for one that
/// has several types.
fn form_string(form: &Element) -> Option<Option<(String, String)>> {
    let fields = || form.children().filter(|child| child.is("field", ns::DATA_FORMS));
    let values = |field: &Element| -> Vec<String> {
        let values = field.children().filter(|child| child.is("value", ns::DATA_FORMS));
        values.map(Element::text).collect()
    };
    let hidden = |field: &&Element| field.attr("type") == Some("hidden");
    let form_type = fields().find(|field| field.attr("var") == Some("FORM_TYPE"));
    let Some(form_type) = form_type.filter(hidden) else { return Some(None) };
    let mut types = values(form_type);
    types.dedup();
    let [form_type] = types.as_slice() else { return None };
    let mut others: Vec<(String, Vec<String>)> = fields()
        .filter_map(|field| Some((field.attr("var")?.to_owned(), values(field))))
        .filter(|(var, _)| var != "FORM_TYPE")
        .collect();
    others.sort_unstable();
    let mut text = format!("{form_type}<");
    for (var, mut values) in others {
        values.sort_unstable();
        text.push_str(&var);
        text.push('<');
        values.iter().for_each(|value| {
            text.push_str(value);
            text.push('<');
        });
    }
    Some(Some((form_type.clone(), text)))
}

impl Payload for Caps {
    const NAME: &'static str = "c";
    const NAMESPACE: &'static str = ns::CAPS;
    const CARRIERS: &'static [Carrier] = &[Carrier::Presence];

    fn read(caps: &Element) -> Result<Self, PayloadError> {
        Ok(Self {
            hash: required(caps, "hash")?.to_owned(),
            node: required(caps, "node")?.to_owned(),
            version: required(caps, "ver")?.to_owned(),
        })
    }

    fn to_element(&self) -> Element {
        Element::builder(Self::NAME, Self::NAMESPACE)
            .attr("hash", &self.hash)
            .attr("node", &self.node)
            .attr("ver", &self.version)
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(query: &str) -> Info {
        let query = format!("<query xmlns='{}'>{query}</query>", ns::DISCO_INFO);
        Info::read(&Element::parse(query.as_bytes()).unwrap()).unwrap()
    }

    const FEATURES: &str = "<feature var='http://jabber.org/protocol/muc'/>\
        <feature var='http://jabber.org/protocol/disco#items'/>\
        <feature var='http://jabber.org/protocol/disco#info'/>\
        <feature var='http://jabber.org/protocol/caps'/>";

    #[test]
    fn the_simple_example_of_section_5_2_is_proven() {
        let identity = "<identity category='client' type='pc' name='Exodus 0.9.1'/>";
        let info = info(&format!("{identity}{FEATURES}"));
        let version = "QgayPKawpkPSDYmwT/WM94uAlu0=";
        assert_eq!(verify(&info, Some("sha-1"), version), Verdict::Proven);
        assert_eq!(verify(&info, Some("sha-1"), "AgayPKawpkPSDYmwT/WM94uAlu0="), Verdict::Invalid);
        assert_eq!(verify(&info, None, "0.9.1"), Verdict::Unproven);
    }

    #[test]
    fn the_complex_example_of_section_5_3_is_proven() {
        let identities = "<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>\
            <identity xml:lang='el' category='client' name='\u{3a8} 0.11' type='pc'/>";
        let form = "<x xmlns='jabber:x:data' type='result'>\
            <field var='FORM_TYPE' type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>\
            <field var='ip_version'><value>ipv4</value><value>ipv6</value></field>\
            <field var='os'><value>Mac</value></field>\
            <field var='os_version'><value>10.5.1</value></field>\
            <field var='software'><value>Psi</value></field>\
            <field var='software_version'><value>0.11</value></field></x>";
        let info = info(&format!("{identities}{FEATURES}{form}"));
        let version = "q07IKJEyjvHSyhy//CH0CxmKi8w=";
        assert_eq!(verify(&info, Some("sha-1"), version), Verdict::Proven);
    }

    #[test]
    fn features_are_sorted_before_they_are_joined() {
        let features = "<feature var='urn:a'/><feature var='urn:a#b'/>";
        assert_eq!(verification_string(&info(features)).as_deref(), Some("urn:a<urn:a#b<"));
    }

    #[test]
    fn what_is_there_twice_is_ill_formed() {
        let twice = info("<feature var='urn:a'/><feature var='urn:a'/>");
        assert_eq!(verification_string(&twice), None);
    }
}
