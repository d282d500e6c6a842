//! What follows when the household invites, allows or revokes, and when people answer: requests are
//! sent, the household is asked once, everybody concerned is told, and what ends ends at once.

use std::collections::BTreeMap;

use televisor_conversation::Conversation;
use televisor_model::{Change, Contact, ContactState, Role, Tier, Via};
use televisor_receiver::{Command, permission};
use tokio::sync::broadcast::error::RecvError;

use super::people;
use crate::serve::voice::Voice;

/// Sees to people's own accounts.
pub(in crate::serve) struct Steward {
    voice: Voice,
    conversation: Conversation,
    /// How each stood when it was last seen to.
    known: BTreeMap<String, Contact>,
}

impl Steward {
    pub(in crate::serve) fn new(voice: Voice, conversation: Conversation) -> Self {
        let contacts = voice.receiver.contacts().into_iter();
        let known = contacts.map(|contact| (contact.jid.clone(), contact)).collect();
        Self { voice, conversation, known }
    }

    /// Works for as long as the task runs.
    pub(in crate::serve) async fn run(mut self) {
        let mut changes = self.voice.receiver.changes();
        let mut name = self.voice.ways.public_name();
        // Whoever was let go when the power went, before it could be seen to.
        let accounts = self.voice.receiver.accounts();
        self.voice.ways.end_others(|jid| accounts.get(jid).is_some()).await;
        self.ask_those_not_asked().await;
        loop {
            tokio::select! {
                change = changes.recv() => match change {
                    Ok(Change::Contact(contact)) => self.stands(&contact).await,
                    Ok(Change::ContactGone(contact)) => self.gone(&contact).await,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => self.look_at_all().await,
                    Err(RecvError::Closed) => return,
                },
                Ok(()) = name.changed() => {
                    name.mark_unchanged();
                    self.ask_those_not_asked().await;
                }
            }
        }
    }

    /// Whoever was invited before the line was up, or before the power went, is asked now.
    async fn ask_those_not_asked(&self) {
        for contact in self.voice.receiver.contacts() {
            let waits = contact.state == ContactState::Invited;
            if waits && !self.voice.ways.stance(contact.via, &contact.jid).await.sees {
                self.ask(&contact);
            }
        }
    }

    /// Some changes went by: how things stand is seen to instead.
    async fn look_at_all(&mut self) {
        let now = self.voice.receiver.contacts();
        for contact in missing(&self.known, &now) {
            self.gone(&contact).await;
        }
        for contact in now {
            self.stands(&contact).await;
        }
    }

    async fn stands(&mut self, contact: &Contact) {
        let before = self.known.insert(contact.jid.clone(), contact.clone());
        let before = before.map(|before| before.state);
        if before == Some(contact.state) {
            return;
        }
        tracing::info!(jid = contact.jid, state = %contact.state, via = %contact.via, "an account");
        match contact.state {
            ContactState::Invited => self.ask(contact),
            ContactState::Accepted => self.ask_the_household(contact).await,
            ContactState::Allowed => self.welcome(contact),
            ContactState::Refused => {
                let text = match before {
                    Some(ContactState::Allowed) => format!("{} has left.", contact.jid),
                    _ => format!("{} declined the invitation.", contact.jid),
                };
                self.voice.tell(Role::Member, &text);
                self.voice.ways.end(contact).await;
            }
        }
    }

    /// Sends the request; its answer comes to [`people`]. Without an address to ask from it waits.
    fn ask(&self, contact: &Contact) {
        if self.voice.ways.address(contact.via).is_none() {
            return;
        }
        let request = people::invitation(&self.voice.receiver, contact);
        self.voice.ways.send(contact.via, &contact.jid, request);
    }

    /// Asks everybody who may say yes, once; what is said to those who are away is kept for them.
    async fn ask_the_household(&self, contact: &Contact) {
        let who = describe(contact);
        let plain =
            format!("{who} has accepted the invitation. To let them in say: allow {}", contact.jid);
        let asked = format!(
            "{who} has accepted the invitation of {}. Let them in? Reply YES or NO, or later: allow {}",
            contact.invited_by, contact.jid
        );
        self.voice.notices.keep(&plain);
        let may = |role, tier| permission::allows(role, tier, Command::Invite);
        for device in self.voice.devices(Role::Member).filter(|d| may(d.role, d.tier)) {
            let heard = self.conversation.ask_to_allow(&device.id.to_string(), contact).await;
            self.voice.to_device(&device, if heard { &asked } else { &plain });
        }
        for other in self.voice.contacts(Role::Member).filter(|c| may(c.role, Tier::Full)) {
            let heard = self.conversation.ask_to_allow(&other.jid, contact).await;
            self.voice.to_contact(&other, if heard { &asked } else { &plain });
        }
    }

    fn welcome(&self, contact: &Contact) {
        let name = self.voice.receiver.identity().name();
        let text = format!(
            "The household has let you in. I am {name}: ask me what's on, or tell me what to record. HELP \
             shows more."
        );
        self.voice.to_contact(contact, &text);
        let text = format!(
            "{} may talk to me now, as {}; invited by {}. If that is wrong: revoke {}",
            describe(contact),
            contact.role,
            contact.invited_by,
            contact.jid
        );
        self.voice.notices.keep(&text);
        for device in self.voice.devices(Role::Owner) {
            self.voice.to_device(&device, &text);
        }
        for other in self.voice.contacts(Role::Owner).filter(|other| other.jid != contact.jid) {
            self.voice.to_contact(&other, &text);
        }
    }

    async fn gone(&mut self, contact: &Contact) {
        self.known.remove(&contact.jid);
        tracing::info!(jid = contact.jid, before = %contact.state, "an account is let go");
        match contact.state {
            ContactState::Accepted => {
                self.voice.to_contact(contact, "The household has decided not to let you in.");
            }
            ContactState::Allowed => {
                self.voice.to_contact(contact, "Your access to this receiver has ended.");
                let text = format!("{} may not talk to me any more.", describe(contact));
                self.voice.tell(Role::Owner, &text);
            }
            ContactState::Invited | ContactState::Refused => {}
        }
        self.voice.ways.end(contact).await;
    }

    /// Asks everybody again who knew the receiver under another address: to them it is somebody new.
    pub(in crate::serve) async fn moved(voice: &Voice, from: &str, to: &str) {
        let name = voice.receiver.identity().name();
        let why = format!(
            "{name}, the television receiver you know as {from}, has a new address now: {to}. Please \
             accept it, so that we can go on talking."
        );
        for contact in voice.receiver.contacts() {
            let concerned = match contact.state {
                ContactState::Invited | ContactState::Accepted | ContactState::Allowed => true,
                ContactState::Refused => false,
            };
            if concerned && contact.via == Via::Federation {
                voice.ways.end(&contact).await;
                let request = people::request(&voice.receiver, &why);
                voice.ways.send(contact.via, &contact.jid, request);
            }
        }
    }
}

/// Returns those who are there no more.
fn missing(known: &BTreeMap<String, Contact>, now: &[Contact]) -> Vec<Contact> {
    let is_there = |jid: &str| now.iter().any(|contact| contact.jid == jid);
    known.values().filter(|contact| !is_there(&contact.jid)).cloned().collect()
}

fn describe(contact: &Contact) -> String {
    match &contact.name {
        Some(name) => format!("{} (“{name}”)", contact.jid),
        None => contact.jid.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(jid: &str) -> Contact {
        Contact {
            jid: jid.to_owned(),
            name: None,
            role: Role::Member,
            state: ContactState::Allowed,
            invited_by: "Mum's tablet".to_owned(),
            since: jiff::Timestamp::UNIX_EPOCH,
            via: Via::Federation,
        }
    }

    #[test]
    fn whoever_went_while_nobody_listened_is_missed() {
        let (joe, ann) = (contact("joe@example.org"), contact("ann@example.org"));
        let known = [&joe, &ann].map(|c| (c.jid.clone(), c.clone())).into();
        assert_eq!(missing(&known, std::slice::from_ref(&ann)), [joe]);
        assert!(missing(&BTreeMap::new(), &[ann]).is_empty());
    }
}
