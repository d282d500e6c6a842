//! People's own accounts elsewhere: who they are, asking them, letting them in, ending it.

use televisor_model::{Contact, ContactState, Role};
use televisor_receiver::{Command, permission};

use super::turn::{Outcome, Turn};
use crate::answer::Reply;
use crate::intent::Account;
use crate::memory::{Effect, Item, Question};
use crate::words::{Word, keys, number, spoken};

/// As long as a line of an answer may be.
const LINE: usize = 105;

/// Lists them.
pub(super) fn list(turn: &mut Turn<'_>) -> Reply {
    if turn.actor.role < Role::Member {
        return Reply::line("Only members are told who can reach me. An owner can change that.");
    }
    let contacts = turn.receiver.contacts();
    if contacts.is_empty() {
        return Reply::line(
            "Nobody's own account can reach me yet. Try: invite joe@example.org, or: invite link.",
        );
    }
    let lines =
        contacts.iter().enumerate().map(|(n, c)| format!("{} {}", n + 1, line(c))).collect();
    let allowed = contacts.iter().filter(|c| c.state == ContactState::Allowed).count();
    let items = contacts.iter().map(|c| Item::Contact(c.jid.clone())).collect();
    turn.state.list(items, turn.at());
    let head = match contacts.len() {
        1 => "1 account:".to_owned(),
        many => format!("{many} accounts, {allowed} may talk to me:"),
    };
    Reply::list(head, lines)
}

fn line(contact: &Contact) -> String {
    let state = match contact.state {
        ContactState::Invited => format!("invited by {}, no answer yet", contact.invited_by),
        ContactState::Accepted => format!("accepted; ALLOW {} lets them in", contact.jid),
        ContactState::Allowed => format!("{}, invited by {}", contact.role, contact.invited_by),
        ContactState::Refused => "declined".to_owned(),
    };
    match &contact.name {
        Some(name) => format!("{} \"{}\", {state}", contact.jid, crate::answer::shorten(name, 24)),
        None => format!("{}, {state}", contact.jid),
    }
}

/// Invites one.
pub(super) async fn invite(turn: &mut Turn<'_>, account: &Account) -> Outcome {
    permission::check(turn.actor, Command::Invite)?;
    let Some(address) = &account.address else {
        return Ok(Reply::line(
            "Invite whom? Say their whole address, such as: invite joe@example.org. INVITE LINK makes \
             a link for anybody.",
        ));
    };
    let via = match turn.controls.way_out() {
        Ok(via) => via,
        Err(why) => return Ok(Reply::line(format!("I cannot ask them now: {why}"))),
    };
    let contact = turn.receiver.invite(turn.actor, address, via).await?;
    turn.effects.push(Effect::Invited(contact.jid.clone()));
    Ok(Reply::line(format!(
        "{} is invited. When they accept I ask the household, and nothing happens before that. UNDO \
         takes it back.",
        contact.jid
    )))
}

/// Makes an invitation that approves by itself.
pub(super) fn invite_link(turn: &mut Turn<'_>) -> Outcome {
    permission::check(turn.actor, Command::Invite)?;
    if let Err(why) = turn.controls.way_out() {
        return Ok(Reply::line(format!("Nobody could use a link now: {why}")));
    }
    let invitation = turn.receiver.invitation(turn.actor)?;
    let until = invitation.expires_at.to_zoned(turn.now.time_zone().clone()).strftime("%H:%M");
    Ok(match turn.controls.invite_link(&invitation) {
        Ok(uri) => Reply::line(format!("Works once, until {until}: {uri}")).with_tail(format!(
            "Whoever opens it is let in at once as a {}. It is on the screen too.",
            invitation.role
        )),
        Err(why) => Reply::line(format!("Nobody could use a link now: {why}")),
    })
}

/// Lets one in that has accepted, or gives one that is in another role.
pub(super) async fn allow(turn: &mut Turn<'_>, account: &Account, role: Option<Role>) -> Outcome {
    permission::check(turn.actor, Command::Invite)?;
    let waiting = |contact: &Contact| contact.state == ContactState::Accepted;
    match which(turn, account, waiting) {
        Which::One(jid) => allow_now(turn, &jid, role).await,
        other => Ok(unclear(other, account, "Nobody waits to be let in. ACCOUNTS lists them all.")),
    }
}

/// Lets this one in.
pub(super) async fn allow_now(turn: &mut Turn<'_>, jid: &str, role: Option<Role>) -> Outcome {
    let contact = turn.receiver.allow(turn.actor, jid, role).await?;
    turn.effects.push(Effect::Final("Letting somebody in"));
    Ok(Reply::line(format!(
        "{} may talk to me now, as {}. REVOKE {} ends that.",
        contact.jid,
        article(contact.role),
        contact.jid
    )))
}

fn article(role: Role) -> &'static str {
    match role {
        Role::Guest => "a guest",
        Role::Member => "a member",
        Role::Owner => "an owner",
    }
}

/// Ends an account's access, takes an invitation back, or says no.
pub(super) async fn revoke(turn: &mut Turn<'_>, account: &Account) -> Outcome {
    match which(turn, account, |contact| contact.state != ContactState::Refused) {
        Which::One(jid) => revoke_now(turn, &jid).await,
        other => Ok(unclear(other, account, "There is no account to revoke.")),
    }
}

/// Ends this one's.
pub(super) async fn revoke_now(turn: &mut Turn<'_>, jid: &str) -> Outcome {
    let before = turn.receiver.revoke(turn.actor, jid).await?;
    turn.effects.push(Effect::Final("Revoking"));
    let jid = &before.jid;
    Ok(Reply::line(match before.state {
        ContactState::Invited => format!("The invitation of {jid} is taken back."),
        ContactState::Accepted => format!("All right, {jid} is not let in."),
        ContactState::Allowed => format!("{jid} may not talk to me any more."),
        ContactState::Refused => format!("{jid} is off the list; I still leave them alone."),
    }))
}

/// Which account was meant.
enum Which {
    One(String),
    Many(Vec<String>),
    None,
}

fn which(turn: &Turn<'_>, account: &Account, preferred: impl Fn(&Contact) -> bool) -> Which {
    if let Some(address) = &account.address {
        return Which::One(address.clone());
    }
    if let [only] = account.name.as_slice()
        && let Some(Item::Contact(jid)) =
            number(&only.key).and_then(|n| turn.state.item(n, turn.at()))
    {
        return Which::One(jid);
    }
    let mut found = turn.receiver.contacts();
    if account.name.is_empty() {
        found.retain(|contact| preferred(contact));
    } else {
        found.retain(|contact| is_called(contact, &account.name));
        if found.len() > 1 && found.iter().any(&preferred) {
            found.retain(|contact| preferred(contact));
        }
    }
    let mut jids: Vec<String> = found.into_iter().map(|contact| contact.jid).collect();
    match jids.len() {
        0 => Which::None,
        1 => jids.pop().map_or(Which::None, Which::One),
        _ => Which::Many(jids),
    }
}

/// By the part before the `@`, or by what it calls itself; whole, so that nobody is let in for a
/// likeness.
fn is_called(contact: &Contact, name: &[Word]) -> bool {
    let said: Vec<&str> = name.iter().map(|word| word.key.as_str()).collect();
    let local = contact.jid.split('@').next().unwrap_or_default();
    let own = contact.name.as_deref().unwrap_or_default();
    [local, own].iter().any(|text| !text.is_empty() && keys(text) == said)
}

fn unclear(which: Which, account: &Account, nobody: &str) -> Reply {
    match which {
        Which::Many(jids) => {
            Reply::line(format!("Which one? Say the whole address: {}.", jids.join(", ")))
        }
        _ if account.name.is_empty() => Reply::line(nobody),
        _ => Reply::line(format!(
            "I know no account called \"{}\". ACCOUNTS lists them.",
            spoken(&account.name)
        )),
    }
}

/// Asks an account of its own whether it wants to go.
pub(super) fn ask_to_leave(turn: &mut Turn<'_>, jid: String) -> Reply {
    let reply =
        Reply::line(format!("End {jid}'s access? I stop answering here at once. Reply YES or NO."));
    turn.state.ask(Question::Leave(jid), turn.at());
    reply
}

/// Says whether the receiver can be reached from outside, and what stands in the way.
pub(super) fn reachable(turn: &Turn<'_>) -> Reply {
    let mut lines = turn.controls.reachability().into_iter();
    let head =
        lines.next().unwrap_or_else(|| "I do not know yet; ask again in a minute.".to_owned());
    Reply::list(head, lines.flat_map(|line| wrapped(&line)).collect())
}

/// A long sentence on lines of its own, since a line of an answer is cut where it is too long.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(last) if last.chars().count() + word.chars().count() < LINE => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
