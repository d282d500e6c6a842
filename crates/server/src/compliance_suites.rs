//! XEP-0479: XMPP Compliance Suites 2023, the server's columns of Core, Web, IM and Mobile, as
//! `docs/COMPLIANCE.md` shows them.
//!
//! What is said here is worked out from the `Spec` lines: a row is a yes only if every document it asks
//! for is among them. Left out: the columns of clients, and calls (A/V), which pass through untouched.

use std::fmt::Write as _;

use crate::feature::Spec;

/// One table of section 2.
struct Suite {
    name: &'static str,
    rows: &'static [Row],
}

/// One row of a table.
struct Row {
    feature: &'static str,
    /// Whether every server must have it, or only an advanced one.
    level: Level,
    wanted: &'static [Wanted],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Server,
    Advanced,
}

/// A document that a row asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wanted {
    document: &'static str,
    /// A word that its `Spec` line must have, where a part of the document would not do.
    word: &'static str,
}

const fn whole(document: &'static str) -> Wanted {
    Wanted { document, word: "" }
}

const fn server(feature: &'static str, wanted: &'static [Wanted]) -> Row {
    Row { feature, level: Level::Server, wanted }
}

const fn advanced(feature: &'static str, wanted: &'static [Wanted]) -> Row {
    Row { feature, level: Level::Advanced, wanted }
}

/// Stream management counts once clients have it.
const MANAGED: Wanted = Wanted { document: "XEP-0198", word: "client" };

/// Server extensibility counts where components are let in.
const HOSTS: Wanted = Wanted { document: "XEP-0114", word: "accepts" };

const SUITES: [Suite; 4] = [
    Suite {
        name: "Core",
        rows: &[
            server("Core features", &[whole("RFC 6120")]),
            server("TLS", &[whole("RFC 7590")]),
            server("Feature discovery", &[whole("XEP-0030")]),
            server("Server Extensibility", &[HOSTS]),
            advanced("Direct TLS", &[whole("XEP-0368")]),
            advanced("Feature broadcasts", &[whole("XEP-0115")]),
            advanced("Event publishing", &[whole("XEP-0163")]),
        ],
    },
    Suite {
        name: "Web",
        rows: &[
            server("Web Connection Mechanisms", &[whole("RFC 7395"), whole("XEP-0206")]),
            advanced("Connection Mechanism Discovery", &[whole("XEP-0156")]),
        ],
    },
    Suite {
        name: "IM",
        rows: &[
            server(
                "Core features",
                &[
                    whole("RFC 6121 section 2"),
                    whole("RFC 6121 section 3"),
                    whole("RFC 6121 section 4"),
                    whole("RFC 6121 section 8"),
                ],
            ),
            server("vcard-temp", &[whole("XEP-0054")]),
            server("Outbound Message Synchronization", &[whole("XEP-0280")]),
            server("Group Chat", &[whole("XEP-0045"), whole("XEP-0249")]),
            server("File Upload", &[whole("XEP-0363")]),
            advanced("User Avatar Compatibility", &[whole("XEP-0398"), whole("XEP-0153")]),
            advanced("User Blocking", &[whole("XEP-0191")]),
            advanced(
                "Advanced Group Chat",
                &[
                    whole("XEP-0048"),
                    Wanted { document: "XEP-0313", word: "room" },
                    whole("XEP-0402"),
                    whole("XEP-0410"),
                ],
            ),
            advanced("Persistent Storage of Private Data via PubSub", &[whole("XEP-0223")]),
            advanced("Private XML Storage", &[whole("XEP-0049")]),
            advanced("Stream Management", &[MANAGED]),
            advanced("History Storage / Retrieval", &[whole("XEP-0313")]),
        ],
    },
    Suite {
        name: "Mobile",
        rows: &[
            server("Stream Management", &[MANAGED]),
            server("Client State Indication", &[whole("XEP-0352")]),
            advanced("Third Party Push Notifications", &[whole("XEP-0357")]),
        ],
    },
];

/// Why a document is not among ours. One that comes in makes its line here idle, not wrong.
const REASONS: [(Wanted, &str); 6] = [
    (whole("XEP-0045"), "rooms come later"),
    (whole("XEP-0249"), "rooms come later"),
    (
        Wanted { document: "XEP-0313", word: "room" },
        "rooms, whose archive this is about, come later",
    ),
    (whole("XEP-0410"), "rooms come later"),
    (HOSTS, "the server is a component of others; it hosts residents, in its own process"),
    (whole("XEP-0206"), "no browser needs it where there are WebSockets"),
];

/// Returns the section of the compliance document.
pub(crate) fn markdown(specs: &[Spec]) -> String {
    let mut text = "\n## XMPP Compliance Suites 2023\n\n\
        The server's columns of XEP-0479, worked out from the lines above: a row is a yes only if every\n\
        document it asks for is there.\n"
        .to_owned();
    for suite in &SUITES {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n### {}\n\n", suite.name);
        text.push_str("| feature | asked of | documents | here |\n| --- | --- | --- | --- |\n");
        for row in suite.rows {
            let asked = match row.level {
                Level::Server => "server",
                Level::Advanced => "advanced server",
            };
            let documents: Vec<&str> = row.wanted.iter().map(|wanted| wanted.document).collect();
            let (feature, documents, here) =
                (row.feature, documents.join(", "), verdict(row, specs));
            let _ = writeln!(text, "| {feature} | {asked} | {documents} | {here} |");
        }
    }
    text
}

fn verdict(row: &Row, specs: &[Spec]) -> String {
    let missing = row.wanted.iter().filter(|wanted| !is_here(wanted, specs));
    let missing: Vec<String> = missing.map(excuse).collect();
    if missing.is_empty() { "yes".to_owned() } else { format!("no: {}", missing.join("; ")) }
}

fn is_here(wanted: &Wanted, specs: &[Spec]) -> bool {
    let mut of_document = specs.iter().filter(|spec| spec.document == wanted.document);
    of_document.any(|spec| spec.note.contains(wanted.word))
}

fn excuse(wanted: &Wanted) -> String {
    let reason = REASONS.iter().find(|(about, _)| about == wanted);
    let document = wanted.document;
    format!("{document}: {}", reason.map_or("not here yet", |(_, reason)| reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn spec(document: &'static str, note: &'static str) -> Spec {
        Spec { document, title: "", version: "", note }
    }

    #[test]
    fn a_row_is_a_yes_only_with_every_document() {
        const WEB: [Wanted; 2] = [whole("RFC 7395"), whole("XEP-0206")];
        let row = server("x", &WEB);
        let half = verdict(&row, &[spec("RFC 7395", "")]);
        assert_eq!(half, "no: XEP-0206: no browser needs it where there are WebSockets");
        assert_eq!(verdict(&row, &[spec("RFC 7395", ""), spec("XEP-0206", "")]), "yes");
    }

    #[test]
    fn a_part_of_a_document_does_not_do_where_another_is_asked_for() {
        let row = server("x", &[MANAGED]);
        assert!(verdict(&row, &[spec("XEP-0198", "between servers")]).starts_with("no: "));
        assert_eq!(verdict(&row, &[spec("XEP-0198", "for clients, too")]), "yes");
    }
}
