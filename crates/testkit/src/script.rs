//! Reads a conversation: its header lines, and its steps.

use anyhow::{Context as _, bail};
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;

/// A conversation.
#[derive(Debug)]
pub(crate) struct Script {
    /// Whether all accounts see each other without asking.
    pub(crate) household: bool,
    /// Whether messages are archived.
    pub(crate) archive: bool,
    /// The localpart of the resident, if there is one.
    pub(crate) resident: Option<String>,
    /// The accounts that may administer the others.
    pub(crate) owners: Vec<String>,
    /// Every account there is.
    pub(crate) accounts: Vec<String>,
    /// What happens.
    pub(crate) steps: Vec<Step>,
}

/// One thing that happens.
#[derive(Debug)]
pub(crate) struct Step {
    /// Where it stands in the file.
    pub(crate) line: usize,
    /// Whose doing it is.
    pub(crate) name: String,
    /// What is done.
    pub(crate) deed: Deed,
}

/// What a client does, or what becomes of it.
#[derive(Debug)]
pub(crate) enum Deed {
    Connects { account: String, resource: String },
    LogsIn { account: String },
    OpensAStream { account: String },
    Authenticates { token: bool, with: String },
    IsAvailable,
    AsksForTheRoster,
    Sends(String),
    Answers(Vec<Element>),
    Receives(Vec<Element>),
    ReceivesInAnyOrder(Vec<Element>),
    ReceivesNothing,
    Forgets,
    Disconnects,
    Drops,
    DropsContact(String),
    GivesBack(Vec<Element>),
    IsDisconnected,
}

/// A line that says what happens, and the indented lines below it.
struct Paragraph<'a> {
    line: usize,
    text: &'a str,
    body: String,
}

/// Reads a conversation.
pub(crate) fn read(text: &str) -> anyhow::Result<Script> {
    let first = text.lines().next().unwrap_or_default();
    if !["# RFC ", "# XEP-"].iter().any(|start| first.starts_with(start)) {
        bail!("the first line does not name the document");
    }
    let mut script = Script {
        household: true,
        archive: false,
        resident: None,
        owners: Vec::new(),
        accounts: Vec::new(),
        steps: Vec::new(),
    };
    for comment in text.lines().filter_map(|line| line.strip_prefix('#')) {
        header(&mut script, comment.trim());
    }
    for paragraph in paragraphs(text)? {
        let line = paragraph.line;
        for (name, deed) in steps(&paragraph).with_context(|| format!("line {line}"))? {
            if let Deed::Connects { account, .. }
            | Deed::LogsIn { account }
            | Deed::OpensAStream { account } = &deed
            {
                script.accounts.push(account.clone());
            }
            script.steps.push(Step { line, name, deed });
        }
    }
    script.accounts.sort_unstable();
    script.accounts.dedup();
    Ok(script)
}

fn header(script: &mut Script, comment: &str) {
    if comment == "household: no" {
        script.household = false;
    } else if comment == "archive: yes" {
        script.archive = true;
    } else if let Some(name) = comment.strip_prefix("resident:") {
        script.resident = Some(name.trim().to_owned());
    } else if let Some(names) = comment.strip_prefix("owners:") {
        script.owners.extend(names.split_whitespace().map(str::to_owned));
    } else if let Some(names) = comment.strip_prefix("accounts:") {
        script.accounts.extend(names.split_whitespace().map(str::to_owned));
    }
}

fn paragraphs(text: &str) -> anyhow::Result<Vec<Paragraph<'_>>> {
    let mut found: Vec<Paragraph<'_>> = Vec::new();
    for (index, text) in text.lines().enumerate() {
        let line = index.saturating_add(1);
        if text.starts_with('#') || text.trim().is_empty() {
            continue;
        }
        if !text.starts_with(' ') {
            found.push(Paragraph { line, text: text.trim_end(), body: String::new() });
            continue;
        }
        let Some(last) = found.last_mut() else { bail!("line {line}: nothing to belong to") };
        if !last.body.is_empty() {
            last.body.push('\n');
        }
        last.body.push_str(text.trim());
    }
    Ok(found)
}

fn steps(paragraph: &Paragraph<'_>) -> anyhow::Result<Vec<(String, Deed)>> {
    let (name, rest) = paragraph.text.split_once(' ').context("a step is a name and a deed")?;
    let deed = match rest {
        "is here" => {
            let steps = [connects(name), Deed::IsAvailable];
            return Ok(steps.map(|deed| (name.to_owned(), deed)).into());
        }
        "connects" => connects(name),
        "logs in" => Deed::LogsIn { account: name.to_owned() },
        "opens a stream" => Deed::OpensAStream { account: name.to_owned() },
        "authenticates with:" => Deed::Authenticates { token: false, with: paragraph.body.clone() },
        "authenticates by token with:" => {
            Deed::Authenticates { token: true, with: paragraph.body.clone() }
        }
        "is available" => Deed::IsAvailable,
        "asks for the roster" => Deed::AsksForTheRoster,
        "sends:" => Deed::Sends(paragraph.body.clone()),
        "answers:" => Deed::Answers(elements(&paragraph.body)?),
        "receives:" => Deed::Receives(elements(&paragraph.body)?),
        "receives in any order:" => Deed::ReceivesInAnyOrder(elements(&paragraph.body)?),
        "gives back:" => Deed::GivesBack(elements(&paragraph.body)?),
        "receives nothing" => Deed::ReceivesNothing,
        "forgets" => Deed::Forgets,
        "disconnects" => Deed::Disconnects,
        "drops" => Deed::Drops,
        "is disconnected" => Deed::IsDisconnected,
        other => with_a_name(other)?,
    };
    Ok(vec![(name.to_owned(), deed)])
}

fn with_a_name(deed: &str) -> anyhow::Result<Deed> {
    let after = |start| deed.strip_prefix(start);
    if let Some(whom) = after("connects as ") {
        Ok(connects(whom))
    } else if let Some(account) = after("opens a stream as ") {
        Ok(Deed::OpensAStream { account: account.to_owned() })
    } else if let Some(contact) = after("drops ") {
        Ok(Deed::DropsContact(contact.to_owned()))
    } else {
        bail!("nobody knows how to do `{deed}`")
    }
}

fn connects(whom: &str) -> Deed {
    let (account, resource) = whom.split_once('/').unwrap_or((whom, "home"));
    Deed::Connects { account: account.to_owned(), resource: resource.to_owned() }
}

/// Reads the stanzas of one step, in the namespace of clients.
///
/// # Errors
/// XML that does not parse, and a step without any stanza.
pub fn elements(body: &str) -> anyhow::Result<Vec<Element>> {
    let document = format!(
        "<script xmlns='{}' xmlns:stream='http://etherx.jabber.org/streams'>{body}</script>",
        ns::CLIENT
    );
    let script = Element::parse(document.as_bytes()).context("the XML does not parse")?;
    let elements: Vec<_> = script.children().cloned().collect();
    if elements.is_empty() {
        bail!("no stanza");
    }
    Ok(elements)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_headers_and_steps() {
        let script = read("# RFC 1\n# household: no\n# accounts: eve\n\nann is here\nann sends:\n  <a>\n  </a>\nbob receives nothing\n").unwrap();
        assert!(!script.household);
        assert_eq!(script.accounts, ["ann", "eve"]);
        assert_eq!(script.steps.len(), 4);
        assert!(matches!(&script.steps[2].deed, Deed::Sends(text) if text == "<a>\n</a>"));
    }

    #[test]
    fn what_is_not_a_step_is_said_with_its_line() {
        let error = format!("{:#}", read("# RFC 1\nann dances\n").unwrap_err());
        assert!(error.contains("line 2") && error.contains("dances"), "{error}");
        assert!(read("ann connects\n").is_err());
        assert!(read("# RFC 1\nann receives:\n  <a>\n").is_err());
    }
}
