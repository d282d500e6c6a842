//! What becomes of what arrives from people's own accounts, by whichever way: one code path.
//!
//! Commands are taken from an account that the household has let in, over a mutual subscription
//! (pairing rule R14). Who is not as far is told so, seldom. A stranger gets one polite word a day.

use std::sync::{Mutex, PoisonError};

use jiff::SignedDuration;
use televisor_conversation::{Conversation, Speaker};
use televisor_model::{Actor, Contact, ContactState, Role, Tier, Via, Who};
use televisor_receiver::Receiver;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::jid::Jid;
use televisor_xmpp::ns;

use super::strangers::Seldom;
use super::ways::Stance;
use crate::serve::talk::{self, Typing};
use crate::serve::voice::Voice;

/// A stranger is answered so often.
const STRANGERS: SignedDuration = SignedDuration::from_hours(24);
/// Somebody on the way in is reminded so often.
const REMINDERS: SignedDuration = SignedDuration::from_hours(1);
/// Addresses remembered for that.
const REMEMBERED: usize = 1000;

/// A stanza from outside.
#[derive(Debug)]
pub(in crate::serve) struct Arrival {
    /// Who sent it; their server has vouched for that.
    pub(in crate::serve) from: Jid,
    /// By which way.
    pub(in crate::serve) via: Via,
    /// How the receiver stands to them now.
    pub(in crate::serve) stance: Stance,
    /// What they sent.
    pub(in crate::serve) stanza: Element,
}

/// Deals with people out there.
pub(in crate::serve) struct People {
    voice: Voice,
    receiver: Receiver,
    conversation: Conversation,
    strangers: Mutex<Seldom>,
    reminders: Mutex<Seldom>,
}

impl People {
    pub(in crate::serve) fn new(voice: Voice, conversation: Conversation) -> Self {
        Self {
            receiver: voice.receiver.clone(),
            voice,
            conversation,
            strangers: Mutex::new(Seldom::new(STRANGERS, REMEMBERED)),
            reminders: Mutex::new(Seldom::new(REMINDERS, REMEMBERED)),
        }
    }

    /// Takes one stanza; returns what is said to it, each without addresses: to the sender.
    pub(in crate::serve) async fn receive(
        &self,
        arrival: Arrival,
        typing: Typing<'_>,
    ) -> Vec<Element> {
        let Arrival { from, via, stance, stanza } = arrival;
        let jid = from.bare().to_string();
        match (stanza.name(), stanza.attr("type")) {
            ("message", _) => self.message(&jid, via, stance, &stanza, typing).await,
            ("presence", Some("subscribe")) => self.asks(&jid, via, stance, &stanza).await,
            ("presence", Some("subscribed")) => {
                self.says_yes(&jid, via).await;
                Vec::new()
            }
            ("presence", Some("unsubscribed")) => {
                if self.receiver.accounts().get(&jid).is_some_and(|c| is_vouched(&c, via)) {
                    self.says_no(&jid).await;
                }
                Vec::new()
            }
            ("presence", Some("error")) => {
                self.cannot_be_asked(&jid, &stanza);
                Vec::new()
            }
            ("iq", Some("get")) => vcard4(&self.receiver, &stanza).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// They want to see the receiver.
    async fn asks(&self, jid: &str, via: Via, stance: Stance, stanza: &Element) -> Vec<Element> {
        let token = stanza.child("preauth", PREAUTH).and_then(|preauth| preauth.attr("token"));
        let mut why_not = STRANGER.to_owned();
        if let Some(token) = token
            && let Err(why) = self.redeem(token, jid, via).await
        {
            why_not = why;
        }
        self.says_yes(jid, via).await;
        let Some(contact) = self.receiver.accounts().get(jid).filter(is_welcome) else {
            let mut out = self.refusal(jid, &why_not);
            out.push(subscription("unsubscribed"));
            return out;
        };
        let nick = stanza.child("nick", ns::NICK).map(Element::text);
        if let Err(error) = self.receiver.accounts().came(jid, via, nick.as_deref()).await {
            tracing::error!(jid, %error, "an account could not be written down");
        }
        let mut out = vec![subscription("subscribed")];
        if !stance.sees && !stance.is_asking {
            out.push(invitation(&self.receiver, &contact));
        }
        out
    }

    /// XEP-0379: the token approves by itself. The error is for the person who brought it.
    async fn redeem(&self, token: &str, jid: &str, via: Via) -> Result<(), String> {
        let redeemed = self.receiver.accounts().redeem(token, jid, via).await;
        let contact = redeemed.map_err(|error| format!("Sorry: {error}."))?;
        tracing::info!(jid, role = %contact.role, "let in by an invitation");
        Ok(())
    }

    /// What was sent to somebody who was invited comes back.
    fn cannot_be_asked(&self, jid: &str, stanza: &Element) {
        let contact = self.receiver.accounts().get(jid);
        let Some(contact) = contact.filter(|c| c.state == ContactState::Invited) else { return };
        let error = StanzaError::of(stanza);
        let why = error.map_or("no reason was given", |error| match error.condition {
            Condition::RemoteServerNotFound => "there is no such server",
            Condition::RemoteServerTimeout => "their server does not answer",
            Condition::ItemNotFound | Condition::ServiceUnavailable => "there is no such account",
            _ => "their server refused it",
        });
        let now = self.receiver.clock().now();
        let mut reminders = self.reminders.lock().unwrap_or_else(PoisonError::into_inner);
        if reminders.may(jid, now) {
            let text = format!(
                "{} could not be asked: {why}. If the address is wrong: revoke {}",
                contact.jid, contact.jid
            );
            self.voice.tell(Role::Member, &text);
        }
    }

    async fn says_yes(&self, jid: &str, via: Via) {
        if let Err(error) = self.receiver.accounts().accepted(jid, via).await {
            tracing::error!(jid, %error, "an answer could not be written down");
        }
    }

    async fn says_no(&self, jid: &str) {
        if let Err(error) = self.receiver.accounts().refused(jid).await {
            tracing::error!(jid, %error, "an answer could not be written down");
        }
    }

    async fn message(
        &self,
        jid: &str,
        via: Via,
        stance: Stance,
        stanza: &Element,
        typing: Typing<'_>,
    ) -> Vec<Element> {
        let Some(said) = talk::said(stanza) else { return Vec::new() };
        let contact = self.receiver.accounts().get(jid);
        match contact.as_ref().map(|contact| (contact, contact.state)) {
            Some((contact, ContactState::Allowed))
                if stance.is_mutual() && is_vouched(contact, via) =>
            {
                let speaker = speaker(contact);
                talk::answer(&self.conversation, &speaker, stanza, said, typing).await
            }
            Some((_, ContactState::Allowed | ContactState::Invited)) => self.remind(
                jid,
                "Please accept my contact request, and add me as a contact: only then can I be sure \
                 that it is you who is talking.",
            ),
            Some((_, ContactState::Accepted)) => self.remind(
                jid,
                "I have asked the household whether you may talk to me, and wait for their yes. I \
                 write to you when it comes.",
            ),
            Some((_, ContactState::Refused)) | None => self.refusal(jid, STRANGER),
        }
    }

    fn remind(&self, jid: &str, text: &str) -> Vec<Element> {
        let mut reminders = self.reminders.lock().unwrap_or_else(PoisonError::into_inner);
        let may = reminders.may(jid, self.receiver.clock().now());
        may.then(|| talk::chat(text)).into_iter().collect()
    }

    /// What a stranger is told, once a day: what this is, and how to be invited.
    fn refusal(&self, jid: &str, text: &str) -> Vec<Element> {
        let mut strangers = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        let may = strangers.may(jid, self.receiver.clock().now());
        may.then(|| talk::chat(text)).into_iter().collect()
    }
}

/// What this is, and how to be invited.
const STRANGER: &str = "This is a household's television receiver, and it talks only to people whom the \
                        household has invited. If you live there, or know them: ask them for an \
                        invitation.";

/// XEP-0379 section 5.
const PREAUTH: &str = "urn:xmpp:pars:0";

fn is_welcome(contact: &Contact) -> bool {
    match contact.state {
        ContactState::Accepted | ContactState::Allowed => true,
        ContactState::Invited | ContactState::Refused => false,
    }
}

/// Whether what comes by this way is by whom the household let in. The uplink's server is believed
/// about those only who were let in by it, for it could say anything about the others.
fn is_vouched(contact: &Contact, via: Via) -> bool {
    via != Via::Uplink || contact.via == Via::Uplink
}

/// Who is talking: never the console, never a device, and by a name that nobody can choose.
fn speaker(contact: &Contact) -> Speaker {
    let actor = Actor {
        who: Who::Contact(contact.jid.clone()),
        name: contact.jid.clone(),
        role: contact.role,
        tier: Tier::Full,
    };
    Speaker { key: contact.jid.clone(), actor }
}

fn subscription(kind: &str) -> Element {
    Element::builder("presence", ns::CLIENT).attr("type", kind).build()
}

/// The first request to somebody who was invited.
pub(in crate::serve) fn invitation(receiver: &Receiver, contact: &Contact) -> Element {
    let name = receiver.identity().name();
    let by = if contact.invited_by == Actor::console().name {
        "Somebody at home".to_owned()
    } else {
        format!("“{}”", contact.invited_by)
    };
    request(receiver, &format!("{by} has invited you to talk to {name}, a television receiver."))
}

/// RFC 6121 section 3.1.1, with the receiver's name and the reason in words.
pub(in crate::serve) fn request(receiver: &Receiver, why: &str) -> Element {
    let nick = Element::builder("nick", ns::NICK).text(receiver.identity().name());
    Element::builder("presence", ns::CLIENT)
        .attr("type", "subscribe")
        .field("status", why)
        .child(nick)
        .build()
}

/// XEP-0292 section 2: the vCard of the newer kind, by iq.
pub(in crate::serve) fn vcard4(receiver: &Receiver, iq: &Element) -> Option<Element> {
    iq.child("vcard", ns::VCARD4).filter(|_| iq.attr("type") == Some("get"))?;
    let name = Element::builder("fn", ns::VCARD4).field("text", receiver.identity().name());
    let kind = Element::builder("kind", ns::VCARD4).field("text", "application");
    let vcard = Element::builder("vcard", ns::VCARD4).child(name).child(kind);
    let id = iq.attr("id").unwrap_or_default();
    Some(
        Element::builder("iq", ns::CLIENT)
            .attr("type", "result")
            .attr("id", id)
            .child(vcard)
            .build(),
    )
}

#[cfg(test)]
mod tests;
