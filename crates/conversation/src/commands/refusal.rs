//! The one place where an error becomes words for a person.

use televisor_model::{Actor, Role};
use televisor_receiver::Error;

use crate::answer::Reply;

/// Says why something was not done, and the way out.
pub(super) fn words(error: &Error, actor: &Actor) -> Reply {
    Reply::line(match error {
        Error::NotAllowed { command, role, .. } => {
            let what = command.phrase();
            if actor.role == Role::Guest && *role == Role::Member {
                format!("Guests may ask what is on, but not {what}. An owner can change that.")
            } else if actor.role < *role {
                format!("Only an {role} may {what}.").replace("an member", "a member")
            } else {
                format!(
                    "This device may not {what} until it has its own key; pair it with the app."
                )
            }
        }
        Error::NoEvent(_) => "The guide has changed and no longer has that. Ask again.".to_owned(),
        Error::PastEvent => "That is over, so it cannot be recorded any more.".to_owned(),
        Error::NoChannel => "That channel is not in the line-up any more.".to_owned(),
        Error::NoTimer(_) => {
            "That one has gone already. WHAT'S COMING UP lists what is set.".to_owned()
        }
        Error::NoDevice(_) => "That device is not paired any more.".to_owned(),
        Error::Contact(rule) => sentence(&rule.to_string()),
        Error::LastOwner => {
            "That is the only owner; un-pair it at the receiver itself: televisor forget."
                .to_owned()
        }
        other => {
            tracing::warn!(error = %other, "a command from chat failed");
            "Sorry, that did not work: the receiver had trouble of its own. STATUS may say more."
                .to_owned()
        }
    })
}

/// An address keeps its spelling; a word at the start does not.
fn sentence(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    let mut chars = text.chars();
    match chars.next() {
        Some(c) if !first.contains('@') => format!("{}{}.", c.to_uppercase(), chars.as_str()),
        _ => format!("{text}."),
    }
}
