//! The receiver's own address on its server: chat in, answers out.
//!
//! RFC 6121 chat, with receipts (XEP-0184), corrections (XEP-0308) and a typing notice (XEP-0085) when
//! an answer takes a moment.

use std::sync::Arc;
use std::time::Duration;

use televisor_conversation::{Conversation, Said, Speaker};
use televisor_model::{Actor, Who};
use televisor_receiver::Receiver;
use televisor_server::{BoxFuture, Handle, Resident, Sender};
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use tokio::sync::OnceCell;

use super::accounts::device_id;
use super::presence;

/// After this long without an answer a person is shown that one is coming.
const TYPING_AFTER: Duration = Duration::from_millis(600);
/// Texts longer than this are no requests to a television.
const TEXT_LIMIT: usize = 4096;

/// The receiver as an entity with an address.
pub(super) struct ReceiverResident {
    pub(super) receiver: Receiver,
    pub(super) conversation: Conversation,
    /// The server it lives on, once that is up.
    pub(super) server: Arc<OnceCell<Handle>>,
    pub(super) localpart: String,
}

impl ReceiverResident {
    fn speaker(&self, sender: &Sender) -> Option<Speaker> {
        let account = sender.account.as_deref()?;
        let device = self.receiver.household().device(device_id(account)?)?;
        let actor = Actor {
            who: Who::Device(device.id),
            name: device.name,
            role: device.role,
            tier: device.tier,
        };
        Some(Speaker { key: account.to_owned(), actor })
    }

    async fn answer(&self, message: &Element, sender: &Sender) -> Vec<Element> {
        let Some(said) = said(message) else { return Vec::new() };
        let Some(speaker) = self.speaker(sender) else { return Vec::new() };
        let mut out: Vec<Element> = receipt(message).into_iter().collect();
        let talk = self.conversation.say(&speaker, said);
        tokio::pin!(talk);
        let answer = tokio::select! {
            answer = &mut talk => answer,
            () = tokio::time::sleep(TYPING_AFTER) => {
                self.show_typing(sender);
                talk.await
            }
        };
        out.push(chat(message, &answer.text));
        out
    }

    fn show_typing(&self, sender: &Sender) {
        if let Some(server) = self.server.get() {
            let composing = Element::builder("composing", ns::CHAT_STATES).build();
            let message = Element::builder("message", ns::CLIENT)
                .attr("type", "chat")
                .attr("to", sender.jid.to_string())
                .child(composing)
                .build();
            server.send(&self.localpart, message);
        }
    }
}

/// Reads what was said; receipts, typing notices and the like say nothing.
fn said(message: &Element) -> Option<Said> {
    if matches!(message.attr("type"), Some("error" | "groupchat" | "headline")) {
        return None;
    }
    let body = message.child("body", ns::CLIENT)?.text();
    let text: String = body.chars().take(TEXT_LIMIT).collect();
    let replaces = message.child("replace", ns::CORRECTION).and_then(|r| r.attr("id"));
    Some(Said {
        text,
        id: message.attr("id").map(str::to_owned),
        replaces: replaces.map(str::to_owned),
    })
}

/// XEP-0184: acknowledges a message that asks for it and can be named.
fn receipt(message: &Element) -> Option<Element> {
    let id = message.attr("id").filter(|_| message.has_child("request", ns::RECEIPTS))?;
    let received = Element::builder("received", ns::RECEIPTS).attr("id", id).build();
    Some(Element::builder("message", ns::CLIENT).child(received).build())
}

/// RFC 6121 section 5.2.5: an answer stays in the thread it belongs to.
fn chat(request: &Element, text: &str) -> Element {
    let id = uuid::Uuid::new_v4().to_string();
    let mut message = Element::builder("message", ns::CLIENT)
        .attr("type", "chat")
        .attr("id", id)
        .field("body", text)
        .child(Element::builder("active", ns::CHAT_STATES).build())
        .build();
    if let Some(thread) = request.child("thread", ns::CLIENT) {
        message.push(thread.clone());
    }
    message
}

impl Resident for ReceiverResident {
    fn localpart(&self) -> &str {
        &self.localpart
    }

    fn name(&self) -> String {
        self.receiver.identity().name()
    }

    fn receive(&self, stanza: Element, sender: Sender) -> BoxFuture<'_, Vec<Element>> {
        Box::pin(async move {
            if stanza.is("message", ns::CLIENT) {
                self.answer(&stanza, &sender).await
            } else {
                Vec::new()
            }
        })
    }

    fn presence(&self) -> Element {
        presence::presence(&self.receiver)
    }

    fn vcard(&self) -> Option<Element> {
        Some(presence::vcard(&self.receiver))
    }

    fn features(&self) -> Vec<String> {
        [ns::RECEIPTS, ns::CORRECTION, ns::CHAT_STATES].map(str::to_owned).to_vec()
    }

    fn answers_for_domain(&self) -> bool {
        true
    }
}
