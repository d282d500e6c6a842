//! The documents that the streams themselves implement; those of the features are with the features.

use crate::feature::Spec;

/// One line each, for the compliance document.
pub(crate) const STREAMS: [Spec; 8] = [
    rfc("RFC 6120", "XMPP: Core", "client streams; federation is not there yet"),
    rfc("RFC 7590", "Use of TLS in XMPP", "STARTTLS required off loopback"),
    rfc("RFC 7622", "XMPP: Address Format", "and the escaped host names of 2010 as aliases"),
    rfc("RFC 4616", "PLAIN", "inside TLS only"),
    rfc("RFC 5802", "SCRAM-SHA-1 and SCRAM-SHA-1-PLUS", ""),
    rfc("RFC 7677", "SCRAM-SHA-256 and SCRAM-SHA-256-PLUS", ""),
    rfc("RFC 9266", "Channel Bindings for TLS 1.3", "`tls-exporter`"),
    Spec {
        document: "XEP-0440",
        title: "SASL Channel-Binding Type Capability",
        version: "0.4.2",
        note: "",
    },
];

const fn rfc(document: &'static str, title: &'static str, note: &'static str) -> Spec {
    Spec { document, title, version: "", note }
}
