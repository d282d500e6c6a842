//! RFC 6120 section 4.3.2: `<stream:features/>`.
//!
//! What is offered and when is the server's decision; this only gives each feature its form.

use crate::element::Element;
use crate::ns;

/// Makes `<stream:features/>` of the given features.
#[must_use]
pub fn features(offered: impl IntoIterator<Item = Element>) -> Element {
    Element::builder("features", ns::STREAMS).children(offered).build()
}

/// STARTTLS (RFC 6120 section 5.4.1).
#[must_use]
pub fn starttls(required: bool) -> Element {
    let feature = Element::builder("starttls", ns::TLS);
    if required { feature.field("required", "").build() } else { feature.build() }
}

/// SASL mechanisms, best first (RFC 6120 section 6.4.1).
#[must_use]
pub fn mechanisms<'a>(names: impl IntoIterator<Item = &'a str>) -> Element {
    names
        .into_iter()
        .fold(Element::builder("mechanisms", ns::SASL), |list, name| list.field("mechanism", name))
        .build()
}

/// The channel bindings that the `-PLUS` mechanisms may use (XEP-0440).
#[must_use]
pub fn channel_bindings<'a>(types: impl IntoIterator<Item = &'a str>) -> Element {
    let list = Element::builder("sasl-channel-binding", ns::SASL_CHANNEL_BINDING);
    let binding =
        |kind| Element::builder("channel-binding", ns::SASL_CHANNEL_BINDING).attr("type", kind);
    list.children(types.into_iter().map(|kind| binding(kind).build())).build()
}

/// SASL mechanisms of the Extensible SASL Profile, and what can be asked for beside them (XEP-0388).
#[must_use]
pub fn authentication<'a>(
    names: impl IntoIterator<Item = &'a str>,
    inline: impl IntoIterator<Item = Element>,
) -> Element {
    names
        .into_iter()
        .fold(Element::builder("authentication", ns::SASL2), |l, name| l.field("mechanism", name))
        .child(Element::builder("inline", ns::SASL2).children(inline))
        .build()
}

/// How much, and how long, a stream may be: bytes of one stanza, and silence (XEP-0478).
#[must_use]
pub fn limits(max_bytes: usize, idle: std::time::Duration) -> Element {
    Element::builder("limits", ns::STREAM_LIMITS)
        .field("max-bytes", max_bytes.to_string())
        .field("idle-seconds", idle.as_secs().to_string())
        .build()
}

/// Resource binding (RFC 6120 section 7.4).
#[must_use]
pub fn bind() -> Element {
    Element::new("bind", ns::BIND)
}

/// Session establishment, a formality for clients of RFC 3921.
#[must_use]
pub fn session() -> Element {
    Element::builder("session", ns::SESSION).field("optional", "").build()
}

/// Roster versioning (RFC 6121 section 2.6.1).
#[must_use]
pub fn roster_versioning() -> Element {
    Element::new("ver", ns::ROSTER_VERSIONING)
}

/// Subscription pre-approval (RFC 6121 section 3.4).
#[must_use]
pub fn pre_approval() -> Element {
    Element::new("sub", ns::PRE_APPROVAL)
}

/// XEP-0352: client state indication is understood.
#[must_use]
pub fn client_state() -> Element {
    Element::new("csi", ns::CLIENT_STATE)
}

/// Reads the names of the mechanisms that `features` offers.
#[must_use]
pub fn offered_mechanisms(features: &Element) -> Vec<String> {
    features
        .child("mechanisms", ns::SASL)
        .into_iter()
        .flat_map(Element::children)
        .filter(|child| child.is("mechanism", ns::SASL))
        .map(|child| child.text().trim().to_owned())
        .collect()
}

/// Reads the channel binding types that `features` offers; empty if the server does not say.
#[must_use]
pub fn offered_channel_bindings(features: &Element) -> Vec<String> {
    features
        .child("sasl-channel-binding", ns::SASL_CHANNEL_BINDING)
        .into_iter()
        .flat_map(Element::children)
        .filter_map(|child| child.attr("type").map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_can_be_read_back() {
        let offer = features([
            starttls(true),
            mechanisms(["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]),
            channel_bindings(["tls-exporter"]),
        ]);
        let offer = Element::parse(offer.to_xml().as_bytes()).unwrap();
        assert_eq!(offered_mechanisms(&offer), ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]);
        assert_eq!(offered_channel_bindings(&offer), ["tls-exporter"]);
        assert!(offer.child("starttls", ns::TLS).unwrap().has_child("required", ns::TLS));
    }
}
