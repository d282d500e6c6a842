//! The documents that the streams themselves implement; those of the features are with the features.

use crate::feature::Spec;

/// One line each, for the compliance document.
pub(crate) const STREAMS: &[Spec] = &[
    Spec::rfc("RFC 6120", "XMPP: Core", "streams of clients and between servers"),
    Spec::rfc("RFC 7395", "XMPP over WebSocket", "on the web port; no `see-other-uri`"),
    Spec::rfc(
        "RFC 7590",
        "Use of TLS in XMPP",
        "required between servers, and for clients off loopback",
    ),
    Spec::rfc("RFC 7622", "XMPP: Address Format", "and the escaped host names of 2010 as aliases"),
    Spec::rfc("RFC 4616", "PLAIN", "inside TLS only"),
    Spec::rfc("RFC 5802", "SCRAM-SHA-1 and SCRAM-SHA-1-PLUS", ""),
    Spec::rfc("RFC 7677", "SCRAM-SHA-256 and SCRAM-SHA-256-PLUS", ""),
    Spec::rfc(
        "RFC 5929 section 4",
        "Channel Bindings for TLS",
        "`tls-server-end-point`; the certificate's hash, with any version of TLS",
    ),
    Spec::rfc("RFC 9266", "Channel Bindings for TLS 1.3", "`tls-exporter`"),
    Spec::xep(
        "XEP-0114",
        "Jabber Component Protocol",
        "1.6",
        "as a component, in a private network",
    ),
    Spec::xep(
        "XEP-0156",
        "Discovering Alternative XMPP Connection Methods",
        "1.4.0",
        "host-meta, XRD and JSON, on the web port",
    ),
    Spec::xep("XEP-0178", "SASL EXTERNAL with Certificates", "1.2", "between servers, both roles"),
    Spec::xep("XEP-0185", "Dialback Key Generation", "1.0", "with a secret of each start"),
    Spec::xep(
        "XEP-0198",
        "Stream Management",
        "1.6.3",
        "for clients and between servers, with resumption; acknowledged is on disk, and what was not received is over a restart",
    ),
    Spec::xep(
        "XEP-0220",
        "Server Dialback",
        "1.1.1",
        "inside TLS; all three roles, errors, several domains on a stream that comes in",
    ),
    Spec::xep("XEP-0288", "Bidirectional Server-to-Server Connections", "1.0.1", "both roles"),
    Spec::xep(
        "XEP-0352",
        "Client State Indication",
        "1.0.0",
        "presence, typing, receipts and events wait, the last of each address or item",
    ),
    Spec::xep("XEP-0368", "SRV records for XMPP over TLS", "1.1.0", "both roles; any listener"),
    Spec::xep(
        "XEP-0386",
        "Bind 2",
        "1.1.0",
        "with carbons, stream management, client state and the ends of the archive; older sessions of the same program end",
    ),
    Spec::xep("XEP-0388", "Extensible SASL Profile", "1.0.4", "without tasks"),
    Spec::xep("XEP-0440", "SASL Channel-Binding Type Capability", "1.0.0", "both profiles of SASL"),
    Spec::xep("XEP-0474", "SASL SCRAM Downgrade Protection", "0.5.0", "both roles"),
    Spec::xep("XEP-0478", "Stream Limits Advertisement", "0.2.0", "towards clients"),
    Spec::xep(
        "XEP-0484",
        "Fast Authentication Streamlining Tokens",
        "0.2.0",
        "HT-SHA-256 with EXPR, ENDP and NONE; 30 days, another after 7; no early data",
    ),
];
