//! XEP-0054: keeping the server-held vCard in step with what the device knows (seed, S11).
//!
//! Each field has three values: what the device knows now, what it sent last, and what the server
//! holds. A field is written only if the device's own value has changed since it was sent, and the
//! server still holds what was sent; anything else was edited by a person and is left alone.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest as _, Sha256};
use televisor_xmpp::{Element, ns};

use crate::facts::{Facts, Picture};

/// The fields last sent: element name to value, for the picture to the SHA-256 of its bytes.
pub type Sent = BTreeMap<String, String>;

const FULL_NAME: &str = "FN";
const NICKNAME: &str = "NICKNAME";
const PHOTO: &str = "PHOTO";

/// What to write to the server, and to remember once it has been written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The whole vCard: everything the server holds, with our fields brought up to date.
    pub vcard: Element,
    /// What was sent, to be kept for the next time.
    pub sent: Sent,
}

/// Compares the three, and returns the update to make, if any.
#[must_use]
pub fn update(server: Option<&Element>, sent: &Sent, facts: &Facts) -> Option<Update> {
    let mut vcard = server.cloned().unwrap_or_else(|| Element::new("vCard", ns::VCARD_TEMP));
    let mut now_sent = sent.clone();
    let full_name = facts.full_name.clone().or_else(|| facts.host_name.clone());
    for (field, local) in [(FULL_NAME, full_name), (NICKNAME, facts.host_name.clone())] {
        let held = text_of(&vcard, field);
        if may_write(local.as_ref(), sent.get(field), held.as_ref()) {
            let element = local.as_ref().map(|v| text_element(field, v));
            replace(&mut vcard, field, element);
            remember(&mut now_sent, field, local);
        }
    }
    let local = facts.picture.as_ref().map(|picture| hash(&picture.bytes));
    if may_write(local.as_ref(), sent.get(PHOTO), photo_of(&vcard).as_ref()) {
        replace(&mut vcard, PHOTO, facts.picture.as_ref().map(photo_element));
        remember(&mut now_sent, PHOTO, local);
    }
    (now_sent != *sent).then_some(Update { vcard, sent: now_sent })
}

/// The rule of this module, for one field.
fn may_write(local: Option<&String>, sent: Option<&String>, held: Option<&String>) -> bool {
    local != sent && held == sent
}

fn text_of(vcard: &Element, field: &str) -> Option<String> {
    let text = vcard.child(field, ns::VCARD_TEMP)?.text().trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// Returns the SHA-256 of the picture on the server; of an address of one, the address itself.
fn photo_of(vcard: &Element) -> Option<String> {
    let photo = vcard.child(PHOTO, ns::VCARD_TEMP)?;
    if let Some(address) = text_of(photo, "EXTVAL") {
        return Some(address);
    }
    let text: String = text_of(photo, "BINVAL")?.split_ascii_whitespace().collect();
    Some(BASE64.decode(&text).map_or(text, |bytes| hash(&bytes)))
}

fn text_element(field: &str, value: &str) -> Element {
    Element::builder(field, ns::VCARD_TEMP).text(value).build()
}

fn photo_element(picture: &Picture) -> Element {
    Element::builder(PHOTO, ns::VCARD_TEMP)
        .child(text_element("TYPE", picture.media_type))
        .child(text_element("BINVAL", &BASE64.encode(&picture.bytes)))
        .build()
}

fn replace(vcard: &mut Element, field: &str, value: Option<Element>) {
    vcard.retain_children(|child| !child.is(field, ns::VCARD_TEMP));
    if let Some(value) = value {
        vcard.push(value);
    }
}

fn remember(sent: &mut Sent, field: &str, value: Option<String>) {
    match value {
        Some(value) => sent.insert(field.to_owned(), value),
        None => sent.remove(field),
    };
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(name: &str) -> Facts {
        Facts {
            full_name: Some(name.to_owned()),
            host_name: Some("laptop".to_owned()),
            picture: None,
        }
    }

    fn held(fields: &[(&str, &str)]) -> Element {
        fields
            .iter()
            .fold(Element::builder("vCard", ns::VCARD_TEMP), |vcard, (name, value)| {
                vcard.child(text_element(name, value))
            })
            .build()
    }

    #[test]
    fn an_empty_vcard_is_filled_and_then_left_alone() {
        let first = update(None, &Sent::new(), &facts("Joe Bloggs")).unwrap();
        assert_eq!(text_of(&first.vcard, "FN").as_deref(), Some("Joe Bloggs"));
        assert_eq!(text_of(&first.vcard, "NICKNAME").as_deref(), Some("laptop"));
        assert_eq!(update(Some(&first.vcard), &first.sent, &facts("Joe Bloggs")), None);
    }

    #[test]
    fn what_a_person_edited_is_never_overwritten() {
        let first = update(None, &Sent::new(), &facts("Joe Bloggs")).unwrap();
        let edited = held(&[("FN", "Joseph"), ("NICKNAME", "laptop")]);
        assert_eq!(update(Some(&edited), &first.sent, &facts("Joe B. Bloggs")), None);
        let deleted = held(&[("NICKNAME", "laptop")]);
        assert_eq!(update(Some(&deleted), &first.sent, &facts("Joe Bloggs")), None);
    }

    #[test]
    fn only_the_changed_field_is_changed_and_the_rest_is_kept() {
        let sent = update(None, &Sent::new(), &facts("Joe Bloggs")).unwrap().sent;
        let server = held(&[("FN", "Joe Bloggs"), ("NICKNAME", "Boss"), ("DESC", "mine")]);
        let next = update(Some(&server), &sent, &facts("Joe B. Bloggs")).unwrap();
        assert_eq!(text_of(&next.vcard, "FN").as_deref(), Some("Joe B. Bloggs"));
        assert_eq!(text_of(&next.vcard, "NICKNAME").as_deref(), Some("Boss"));
        assert_eq!(text_of(&next.vcard, "DESC").as_deref(), Some("mine"));
    }

    #[test]
    fn a_name_set_before_the_first_login_is_kept() {
        let server = held(&[("FN", "Kitchen tablet")]);
        let next = update(Some(&server), &Sent::new(), &facts("Joe Bloggs")).unwrap();
        assert_eq!(text_of(&next.vcard, "FN").as_deref(), Some("Kitchen tablet"));
        assert!(!next.sent.contains_key("FN"));
    }

    #[test]
    fn a_picture_is_sent_once_and_removed_when_it_is_gone() {
        let mut with = facts("Joe");
        with.picture = Picture::new(b"\x89PNG\r\n\x1a\n1234".to_vec());
        let first = update(None, &Sent::new(), &with).unwrap();
        assert!(first.vcard.has_child("PHOTO", ns::VCARD_TEMP));
        assert_eq!(update(Some(&first.vcard), &first.sent, &with), None);
        let without = update(Some(&first.vcard), &first.sent, &facts("Joe")).unwrap();
        assert!(!without.vcard.has_child("PHOTO", ns::VCARD_TEMP));
    }

    #[test]
    fn without_a_full_name_the_host_name_stands_in() {
        let facts = Facts { host_name: Some("tablet".to_owned()), ..Facts::default() };
        let first = update(None, &Sent::new(), &facts).unwrap();
        assert_eq!(text_of(&first.vcard, "FN").as_deref(), Some("tablet"));
    }
}
