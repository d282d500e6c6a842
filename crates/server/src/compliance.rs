//! What is implemented of which document, as `docs/COMPLIANCE.md` shows it.

use std::fmt::Write as _;

use crate::compliance_suites;
use crate::feature::Spec;
use crate::registry::specs;

/// What delivery does, which is no feature with an iq namespace.
pub(crate) const DELIVERY: [Spec; 13] = [
    Spec::rfc(
        "RFC 6121 section 3",
        "Managing Subscriptions",
        "all nine states, also with other servers; residents have contacts there; pre-approval",
    ),
    Spec::rfc(
        "RFC 6121 section 4",
        "Exchanging Presence",
        "broadcast, probes, directed, priority; strangers' probes are not answered",
    ),
    Spec::rfc(
        "RFC 6121 section 8",
        "Stanza Delivery",
        "the whole table; every willing resource; strangers elsewhere reach residents only",
    ),
    Spec::xep(
        "XEP-0128",
        "Service Discovery Extensions",
        "1.0.1",
        "locality, in the server's disco#info",
    ),
    Spec::xep("XEP-0153", "vCard-Based Avatars", "1.1", "the server puts the hash into presence"),
    Spec::xep("XEP-0160", "Offline Messages", "1.0.1", "200 messages and 1 MiB for each account"),
    Spec::xep(
        "XEP-0203",
        "Delayed Delivery",
        "2.0",
        "on offline messages; what others say of delays here is taken out",
    ),
    Spec::xep("XEP-0059", "Result Set Management", "1.0", "archives; also by place"),
    Spec::xep(
        "XEP-0359",
        "Unique and Stable Stanza IDs",
        "0.7.0",
        "accounts' own; others' go through",
    ),
    Spec::xep("XEP-0297", "Stanza Forwarding", "1.0", "in carbons and archives"),
    Spec::xep("XEP-0334", "Message Processing Hints", "1.0.0", "all four, but in errors"),
    Spec::xep("XEP-0377", "Spam Reporting", "0.4.1", "with a block; counted, and not forwarded"),
    Spec::xep("XEP-0237", "Roster Versioning", "1.3", "as RFC 6121 section 2.6 has it"),
];

/// Returns the text of `docs/COMPLIANCE.md`.
#[must_use]
pub fn compliance_markdown() -> String {
    let mut specs = specs();
    specs.sort_by_key(|spec| (spec.document, spec.title));
    let mut text = "# Compliance\n\n\
        What the XMPP server implements. Made from the `Spec` lines in `crates/server`; do not edit.\n\n\
        | document | title | version | what is done of it |\n\
        | --- | --- | --- | --- |\n"
        .to_owned();
    for Spec { document, title, version, note } in &specs {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {document} | {title} | {version} | {note} |");
    }
    text.push_str(&compliance_suites::markdown(&specs));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docs_compliance_md_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/COMPLIANCE.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, compliance_markdown()).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(kept, compliance_markdown(), "run the test again with UPDATE_DOCS=1");
    }
}
