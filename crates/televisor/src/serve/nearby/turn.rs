//! One stanza from the link, answered. Who is asking is what its certificate proves at this moment,
//! and nothing else: not its name, its records, nor what it writes into `from`.

use televisor_conversation::Speaker;
use televisor_model::Actor;
use televisor_serverless::{Incoming, Owner, PeerName};
use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use tokio::sync::mpsc;

use super::desk::Desk;
use crate::serve::away::people::vcard4;
use crate::serve::talk;

/// Answers it, to where it came from.
pub(super) async fn answer(desk: &Desk, arrived: Incoming) {
    let Incoming { from, proven, stanza, .. } = arrived;
    let known = proven.and_then(|owner| {
        let speaker = talk::device(&desk.receiver, localpart(&owner)?)?;
        Some((owner, speaker))
    });
    match (stanza.name(), stanza.attr("type")) {
        ("iq", Some("get" | "set")) => {
            let account = known.as_ref().map(|(_, speaker)| speaker.key.as_str());
            if let Some(reply) = request(desk, &stanza, account) {
                send(desk, &from, known.as_ref().map(|(owner, _)| owner), reply).await;
            }
        }
        ("message", _) => message(desk, &from, known, &stanza).await,
        // Presence is in the records of the link; answers have gone to who asked.
        _ => {}
    }
}

fn localpart(owner: &Owner) -> Option<&str> {
    owner.jid.split_once('@').map(|(localpart, _)| localpart)
}

/// What may be asked by iq: the list of the household by its devices, who this is by everybody.
fn request(desk: &Desk, iq: &Element, account: Option<&str>) -> Option<Element> {
    account
        .and_then(|account| desk.household.answer(iq, account))
        .or_else(|| vcard4(&desk.receiver, iq))
        .or_else(|| StanzaError::new(Condition::ServiceUnavailable).reply_to(iq))
}

async fn message(desk: &Desk, from: &PeerName, known: Option<(Owner, Speaker)>, message: &Element) {
    let Some(said) = talk::said(message) else { return };
    let (owner, speaker) = match known {
        Some((owner, speaker)) => (Some(owner), speaker),
        None => (None, passerby(from)),
    };
    let (notices, mut typing) = mpsc::channel(1);
    let show = |notice| drop(notices.try_send(notice));
    let talk = talk::answer(&desk.conversation, &speaker, message, said, &show);
    tokio::pin!(talk);
    let replies = loop {
        tokio::select! {
            replies = &mut talk => break replies,
            Some(notice) = typing.recv() => send(desk, from, owner.as_ref(), notice).await,
        }
    };
    for reply in replies {
        send(desk, from, owner.as_ref(), reply).await;
    }
}

/// Somebody who has proven nothing. The key is no address that anybody else can have.
fn passerby(from: &PeerName) -> Speaker {
    let key = format!("nearby:{}", from.as_str().to_ascii_lowercase());
    Speaker { key, actor: Actor::passerby(from.as_str()) }
}

/// What is for a device of the household goes to that device, and not to whoever has its name by now.
async fn send(desk: &Desk, to: &PeerName, owner: Option<&Owner>, stanza: Element) {
    let sent = match owner {
        Some(owner) => desk.link.send_proven(to, &owner.jid, stanza).await,
        None => desk.link.send(to, stanza).await,
    };
    if let Err(error) = sent {
        tracing::debug!(peer = %to, %error, "an answer was not delivered");
    }
}
