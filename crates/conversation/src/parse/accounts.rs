//! People's own accounts elsewhere: inviting, letting in, ending it; whether the receiver can be
//! reached from outside.

use televisor_model::Role;

use super::reading::{Parsed, after, key};
use crate::intent::{Account, Intent};
use crate::words::Word;

const LIST: [&str; 12] = [
    "accounts",
    "account",
    "contacts",
    "list accounts",
    "who can reach you",
    "who can talk to you",
    "who may talk to you",
    "who has access",
    "whos invited",
    "who is invited",
    "invitations",
    "who did you invite",
];

const LINK: [&str; 8] = [
    "invite link",
    "invitation link",
    "link",
    "make a link",
    "invite by link",
    "invitation",
    "qr code",
    "qr",
];

const REACHABLE: [&str; 14] = [
    "am i reachable",
    "are you reachable",
    "reachable",
    "can you be reached",
    "can i reach you",
    "can i reach you from outside",
    "can i reach you from away",
    "can i reach you away from home",
    "are you reachable from outside",
    "am i reachable from outside",
    "are you online",
    "am i online",
    "external address",
    "whats your external address",
];

/// Reads them; `text` is the message as it was typed, since an address is no word.
pub(super) fn parse(text: &str, said: &[Word]) -> Parsed {
    let whole = said.iter().map(|word| word.key.as_str()).collect::<Vec<_>>().join(" ");
    if LIST.contains(&whole.as_str()) {
        return Some(Ok(Intent::Accounts));
    }
    if LINK.contains(&whole.as_str()) {
        return Some(Ok(Intent::InviteLink));
    }
    if REACHABLE.contains(&whole.as_str()) {
        return Some(Ok(Intent::Reachable));
    }
    let account = |rest: &[Word]| named(text, rest);
    if let Some(rest) = after(said, &["invite", "ask in"]) {
        return Some(Ok(Intent::Invite(account(rest))));
    }
    if let Some(rest) = after(said, &["allow", "let in", "admit"]) {
        let (rest, role) = role(rest);
        return Some(Ok(Intent::Allow(account(rest), role)));
    }
    if key(said, 0) == "let" && key(said, said.len().saturating_sub(1)) == "in" && said.len() > 2 {
        let rest = said.get(1..said.len() - 1).unwrap_or_default();
        return Some(Ok(Intent::Allow(account(rest), None)));
    }
    let ends = ["refuse", "deny", "reject", "dont allow", "do not allow", "dont let in", "revoke"];
    if let Some(rest) = after(said, &ends).or_else(|| after(said, &["uninvite", "kick out"])) {
        return Some(Ok(Intent::Revoke(account(rest))));
    }
    let forgotten = after(said, &["forget", "remove", "unpair"])?;
    let account = account(forgotten);
    account.address.is_some().then_some(Ok(Intent::Revoke(account)))
}

/// `joe@example.org`, or `joe` among those that are known.
fn named(text: &str, rest: &[Word]) -> Account {
    let edge =
        |c: char| matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | '!' | '?' | '"' | '“' | '”');
    let addresses: Vec<&str> = text
        .split_whitespace()
        .map(|piece| piece.trim_matches(edge).trim_end_matches('.'))
        .filter(|piece| piece.contains('@'))
        .collect();
    // Two at once are one that is none: only one is asked at a time.
    let address = (!addresses.is_empty()).then(|| addresses.join(" "));
    Account { address, name: rest.to_vec() }
}

/// `as guest`, `as a member`, at the end.
fn role(rest: &[Word]) -> (&[Word], Option<Role>) {
    let Some(at) = rest.iter().rposition(|word| word.key == "as") else { return (rest, None) };
    let role = match rest.last().map_or("", |word| word.key.as_str()) {
        "guest" => Role::Guest,
        "member" => Role::Member,
        "owner" => Role::Owner,
        _ => return (rest, None),
    };
    (rest.get(..at).unwrap_or_default(), Some(role))
}
