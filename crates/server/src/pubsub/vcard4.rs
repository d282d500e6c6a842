//! XEP-0292: the vCard as of RFC 6351, beside the one of old: what both can say about names, and a few
//! things more, is kept the same in both. Whatever only one of them can say stays as it was.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::StanzaError;
use televisor_xmpp::ns;

use crate::context::Context;
use crate::features::vcard;
use crate::pubsub::last;
use crate::pubsub::service::{self, Publication, trouble};
use crate::pubsub::standing::Who;

/// The id of the one item.
const CURRENT: &str = "current";

/// What both have as a text: the name of old, the name now, and the kind of its value now.
const TEXTS: [(&str, &str, &str); 7] = [
    ("FN", "fn", "text"),
    ("NICKNAME", "nickname", "text"),
    ("BDAY", "bday", "date"),
    ("URL", "url", "uri"),
    ("TITLE", "title", "text"),
    ("ROLE", "role", "text"),
    ("DESC", "note", "text"),
];

/// The parts of a name, of old and now.
const NAME: [(&str, &str); 5] = [
    ("FAMILY", "surname"),
    ("GIVEN", "given"),
    ("MIDDLE", "additional"),
    ("PREFIX", "prefix"),
    ("SUFFIX", "suffix"),
];

/// Makes a vCard of now from one of old; `None` if that says nothing.
pub(crate) fn of_temp(temp: &Element) -> Option<Element> {
    let vcard = merged_into_new(&Element::new("vcard", ns::VCARD4), temp);
    let empty = vcard.children().next().is_none();
    (!empty).then_some(vcard)
}

/// Makes a resident's vCard (section 5): it says that nobody lives there.
pub(crate) fn of_resident(temp: &Element) -> Option<Element> {
    let mut vcard = of_temp(temp)?;
    let kind = Element::builder("kind", ns::VCARD4).field("text", "application");
    vcard.push(kind.build());
    Some(vcard)
}

/// Puts what `temp` says into `vcard`.
fn merged_into_new(vcard: &Element, temp: &Element) -> Element {
    let mut merged = vcard.clone();
    merged.retain_children(|child| {
        child.name() != "n" && !TEXTS.iter().any(|(_, new, _)| *new == child.name())
    });
    for (old, new, kind) in TEXTS {
        for text in texts(temp, old, ns::VCARD_TEMP) {
            let value = Element::builder(kind, ns::VCARD4).text(text);
            merged.push(Element::builder(new, ns::VCARD4).child(value).build());
        }
    }
    if let Some(name) = temp.child("N", ns::VCARD_TEMP) {
        let parts = NAME.iter().flat_map(|(old, new)| {
            let texts = texts(name, old, ns::VCARD_TEMP).into_iter();
            texts.map(|text| Element::builder(new, ns::VCARD4).text(text).build())
        });
        let n = Element::builder("n", ns::VCARD4).children(parts).build();
        if n.children().next().is_some() {
            merged.push(n);
        }
    }
    merged
}

/// Puts what `vcard` says into `temp`.
fn merged_into_old(temp: &Element, vcard: &Element) -> Element {
    let mut merged = temp.clone();
    merged.retain_children(|child| {
        child.name() != "N" && !TEXTS.iter().any(|(old, _, _)| *old == child.name())
    });
    for (old, new, _) in TEXTS {
        for property in vcard.children().filter(|child| child.is(new, ns::VCARD4)) {
            let values = property.children().filter(|child| child.name() != "parameters");
            for value in values.map(Element::text).filter(|value| !value.is_empty()) {
                merged.push(Element::builder(old, ns::VCARD_TEMP).text(value).build());
            }
        }
    }
    if let Some(n) = vcard.child("n", ns::VCARD4) {
        let parts = NAME.iter().flat_map(|(old, new)| {
            let texts = texts(n, new, ns::VCARD4).into_iter();
            texts.map(|text| Element::builder(old, ns::VCARD_TEMP).text(text).build())
        });
        merged.push(Element::builder("N", ns::VCARD_TEMP).children(parts).build());
    }
    merged
}

fn texts(parent: &Element, name: &str, namespace: &str) -> Vec<String> {
    let children = parent.children().filter(|child| child.is(name, namespace));
    children.map(Element::text).filter(|text| !text.is_empty()).collect()
}

/// Returns the vCard an account has published, with the id of its item.
pub(crate) async fn published(
    context: &Context,
    account: &str,
) -> Result<Option<(String, Element)>, StanzaError> {
    let found = last::last(context, account, ns::VCARD4_NODE).await;
    let found = found.map_err(|error| trouble(&error))?;
    Ok(found.and_then(|(_, item)| {
        let vcard = Element::parse(item.payload?.as_bytes()).ok()?;
        Some((item.id, vcard))
    }))
}

/// Puts what was published into the vCard of old.
pub(crate) async fn to_vcard_temp(context: &Context, account: &str) -> Result<(), StanzaError> {
    let Some((_, published)) = published(context, account).await? else { return Ok(()) };
    let kept = vcard::kept(context, account).await.map_err(|error| trouble(&error))?;
    let kept = kept.unwrap_or_else(|| Element::new("vCard", ns::VCARD_TEMP));
    let merged = merged_into_old(&kept, &published);
    if merged == kept {
        return Ok(());
    }
    vcard::keep(context, account, &merged).await.map(|_| ())
}

/// Publishes what a vCard of old says that was set.
pub(crate) async fn of_vcard_temp(
    context: &Context,
    account: &str,
    temp: &Element,
) -> Result<(), StanzaError> {
    let before = published(context, account).await?;
    let (id, vcard) =
        before.unwrap_or_else(|| (CURRENT.to_owned(), Element::new("vcard", ns::VCARD4)));
    let merged = merged_into_new(&vcard, temp);
    if merged == vcard {
        return Ok(());
    }
    let publication = Publication::new(ns::VCARD4_NODE, &id, merged);
    let who = Who::owner(&context.address(account));
    service::publish(context, account, who, publication).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Element {
        Element::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn names_come_across_both_ways() {
        let temp = parse(
            "<vCard xmlns='vcard-temp'><FN>Ann Other</FN><N><FAMILY>Other</FAMILY>\
             <GIVEN>Ann</GIVEN></N></vCard>",
        );
        let vcard = of_temp(&temp).unwrap();
        let fn_text = vcard.child("fn", ns::VCARD4).unwrap().child("text", ns::VCARD4).unwrap();
        assert_eq!(fn_text.text(), "Ann Other");
        assert_eq!(merged_into_old(&Element::new("vCard", ns::VCARD_TEMP), &vcard), temp);
    }

    #[test]
    fn what_only_one_can_say_stays() {
        let temp = parse(
            "<vCard xmlns='vcard-temp'><PHOTO><BINVAL>aGVsbG8=</BINVAL></PHOTO><FN>Ann</FN></vCard>",
        );
        let vcard = parse(
            "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'><fn><text>Anna</text></fn></vcard>",
        );
        let merged = merged_into_old(&temp, &vcard);
        assert!(merged.has_child("PHOTO", ns::VCARD_TEMP));
        assert_eq!(merged.child("FN", ns::VCARD_TEMP).unwrap().text(), "Anna");
    }
}
