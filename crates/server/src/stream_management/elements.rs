//! The elements of XEP-0198.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;
use televisor_xmpp::ns;
use televisor_xmpp::stream::{StreamCondition, StreamError};

use super::ledger::TooHigh;

/// `<sm/>`, the stream feature.
pub(crate) fn feature() -> Element {
    Element::builder("sm", ns::STREAM_MANAGEMENT)
        .child(Element::new("optional", ns::STREAM_MANAGEMENT))
        .build()
}

/// `<enable/>`, asking for resumption.
pub(crate) fn enable() -> Element {
    Element::builder("enable", ns::STREAM_MANAGEMENT).attr("resume", "true").build()
}

/// `<enabled/>`, with the id by which the stream can be resumed for `max` seconds.
pub(crate) fn enabled(resumable: Option<(&str, u64)>) -> Element {
    let enabled = Element::builder("enabled", ns::STREAM_MANAGEMENT);
    match resumable {
        None => enabled.build(),
        Some((id, max)) => {
            enabled.attr("id", id).attr("resume", "true").attr("max", max.to_string()).build()
        }
    }
}

/// `<resume/>` or `<resumed/>`.
pub(crate) fn resumption(name: &str, id: &str, handled: u32) -> Element {
    let element = Element::builder(name, ns::STREAM_MANAGEMENT);
    element.attr("previd", id).attr("h", handled.to_string()).build()
}

/// `<failed/>`; `handled` where that is still known of the stream that was asked for (section 5).
pub(crate) fn failed(condition: Condition, handled: Option<u32>) -> Element {
    Element::builder("failed", ns::STREAM_MANAGEMENT)
        .attr_opt("h", handled.map(|h| h.to_string()))
        .child(Element::new(condition.as_str(), ns::STANZA_ERRORS))
        .build()
}

/// `<r/>`
pub(crate) fn request() -> Element {
    Element::new("r", ns::STREAM_MANAGEMENT)
}

/// `<a/>`
pub(crate) fn acknowledgement(handled: u32) -> Element {
    Element::builder("a", ns::STREAM_MANAGEMENT).attr("h", handled.to_string()).build()
}

/// Reads `h` of an element.
pub(crate) fn h(element: &Element) -> Option<u32> {
    element.attr("h")?.parse().ok()
}

/// Whether the boolean attribute `resume` is set.
pub(crate) fn resumable(element: &Element) -> bool {
    matches!(element.attr("resume"), Some("true" | "1"))
}

/// Section 4: whoever acknowledges more than was sent is told so, and the stream ends.
pub(crate) fn too_high(TooHigh { acknowledged, sent }: TooHigh) -> StreamError {
    let text = format!("you acknowledged {acknowledged} stanzas, but were sent {sent}");
    let counts = Element::builder("handled-count-too-high", ns::STREAM_MANAGEMENT)
        .attr("h", acknowledged.to_string())
        .attr("send-count", sent.to_string());
    StreamError::new(StreamCondition::UndefinedCondition).with_text(text).with_application(counts)
}
