//! Presence as TXT strings, and back (XEP-0174 section 3.1 and the registrar's parameters; RFC 6763
//! section 6).

use televisor_xmpp::BareJid;
use televisor_xmpp::payload::caps::Caps;

use crate::name::cut;
use crate::presence::{Availability, Conferencing, Presence};

/// The longest string of a TXT record, key and `=` included (RFC 6763 section 6.1).
const STRING_BYTES: usize = 255;
/// The largest record that fits one Ethernet packet with what goes along (RFC 6763 section 6.2).
const RECORD_BYTES: usize = 1300;
/// The longest name or nickname we send; a list of peers shows no more.
const NAME_BYTES: usize = 63;

/// Writes the strings, in the order they are sent: only the registrar's keys, only valid values,
/// `txtvers` first. What does not fit is cut (names, text) or left out (everything else); the text
/// of the status comes last, so that it takes what room is left. `phsh` is never sent: the avatar
/// it promises would be a NULL record, which the responder cannot publish.
pub(crate) fn to_txt(presence: &Presence, port: u16) -> Vec<(String, String)> {
    let mut record = Record::default();
    record.add("txtvers", "1");
    record.add("port.p2pj", &port.to_string());
    record.add("status", status_word(presence.status));
    record.add_name("nick", presence.nick.as_deref());
    record.add_list("jid", presence.jid.as_deref(), |jid| jid.parse::<BareJid>().is_ok());
    if let Some(caps) = presence.caps.as_ref().filter(|caps| caps_fit(caps)) {
        record.add("node", &caps.node);
        record.add("hash", &caps.hash);
        record.add("ver", &caps.version);
    }
    record.add_name("1st", presence.first.as_deref());
    record.add_name("last", presence.last.as_deref());
    record.add_list("email", presence.email.as_deref(), is_email);
    if let Some(conferencing) = presence.conferencing {
        record.add("vc", &conferencing_flags(conferencing));
    }
    if let Some(msg) = &presence.msg {
        let room = RECORD_BYTES.saturating_sub(record.bytes + "msg=".len() + 1);
        record.add("msg", cut(&one_line(msg), room.min(STRING_BYTES - "msg=".len())));
    }
    record.strings
}

/// Reads the strings of any peer: keys in any case, the first of each, unknown ones ignored, and
/// nothing refused. Control characters become spaces, so that a list or a terminal can show it.
pub(crate) fn from_txt(strings: &[(String, String)]) -> Presence {
    let get = |key: &str| {
        let value = strings.iter().find(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, v)| v);
        let value = cut(&one_line(value?), STRING_BYTES).to_owned();
        (!value.is_empty()).then_some(value)
    };
    let hash = get("phsh").map(|hash| hash.to_ascii_lowercase());
    Presence {
        first: get("1st"),
        last: get("last"),
        nick: get("nick"),
        email: get("email"),
        jid: get("jid"),
        msg: get("msg"),
        status: status_of(get("status").as_deref()),
        caps: match (get("node"), get("hash"), get("ver")) {
            (Some(node), Some(hash), Some(version)) => Some(Caps { hash, node, version }),
            _ => None,
        },
        photo_hash: hash.filter(|h| h.len() == 40 && h.bytes().all(|b| b.is_ascii_hexdigit())),
        conferencing: get("vc").as_deref().map(conferencing_of),
    }
}

#[derive(Default)]
struct Record {
    strings: Vec<(String, String)>,
    bytes: usize,
}

impl Record {
    /// Adds a string if there is something to say and room for it.
    fn add(&mut self, key: &str, value: &str) {
        let bytes = key.len() + 1 + value.len();
        let fits = bytes <= STRING_BYTES && self.bytes + bytes < RECORD_BYTES;
        if !value.is_empty() && fits {
            self.bytes += bytes + 1;
            self.strings.push((key.to_owned(), value.to_owned()));
        }
    }

    fn add_name(&mut self, key: &str, value: Option<&str>) {
        self.add(key, cut(&one_line(value.unwrap_or_default()), NAME_BYTES));
    }

    /// Adds those parts of a space-separated list that are valid, from the first on.
    fn add_list(&mut self, key: &str, value: Option<&str>, valid: impl Fn(&str) -> bool) {
        let value = one_line(value.unwrap_or_default());
        let mut list = String::new();
        for part in value.split(' ').filter(|part| valid(part)) {
            if list.len() + 1 + part.len() + key.len() < STRING_BYTES {
                if !list.is_empty() {
                    list.push(' ');
                }
                list.push_str(part);
            }
        }
        self.add(key, &list);
    }
}

/// Puts text on one line: every run of white space and control characters becomes one space, and
/// what could turn the direction of the line around is left out.
fn one_line(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text: String =
        text.chars().filter(|c| !turns(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

const fn status_word(status: Availability) -> &'static str {
    match status {
        Availability::Available => "avail",
        Availability::Away => "away",
        Availability::DoNotDisturb => "dnd",
    }
}

fn status_of(word: Option<&str>) -> Availability {
    match word.map(str::to_ascii_lowercase).as_deref() {
        // `xa` is nobody's to send, but it is what XMPP says for a long absence.
        Some("away" | "xa") => Availability::Away,
        Some("dnd") => Availability::DoNotDisturb,
        _ => Availability::Available,
    }
}

/// Capabilities are of use only together.
fn caps_fit(caps: &Caps) -> bool {
    let fits = |text: &str, key: &str| {
        !text.is_empty()
            && key.len() + 1 + text.len() <= STRING_BYTES
            && !text.chars().any(|c| c.is_control() || c.is_whitespace())
    };
    fits(&caps.node, "node") && fits(&caps.hash, "hash") && fits(&caps.version, "ver")
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
}

fn conferencing_flags(conferencing: Conferencing) -> String {
    let Conferencing { audio, video, many, free } = conferencing;
    [(audio, 'A'), (video, 'V'), (many, 'C'), (free, '!')]
        .into_iter()
        .filter_map(|(set, flag)| set.then_some(flag))
        .collect()
}

fn conferencing_of(flags: &str) -> Conferencing {
    Conferencing {
        audio: flags.contains('A'),
        video: flags.contains('V'),
        many: flags.contains('C'),
        free: flags.contains('!'),
    }
}

#[cfg(test)]
mod tests;
