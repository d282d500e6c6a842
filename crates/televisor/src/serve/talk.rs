//! Chat in, answers out, for whoever is talking: receipts (XEP-0184), corrections (XEP-0308) and a
//! typing notice (XEP-0085) when an answer takes a moment.

use std::time::Duration;

use televisor_conversation::{Conversation, Said, Speaker};
use televisor_model::{Actor, Who};
use televisor_receiver::Receiver;
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;

use super::accounts::device_id;

/// After this long without an answer a person is shown that one is coming.
const TYPING_AFTER: Duration = Duration::from_millis(600);
/// Texts longer than this are no requests to a television.
const TEXT_LIMIT: usize = 4096;

/// Shows a person that an answer is coming.
pub(super) type Typing<'a> = &'a (dyn Fn(Element) + Send + Sync);

/// Returns the paired device with this account as a speaker: the same by every way it comes.
pub(super) fn device(receiver: &Receiver, account: &str) -> Option<Speaker> {
    let device = receiver.household().device(device_id(account)?)?;
    let actor = Actor {
        who: Who::Device(device.id),
        name: device.name,
        role: device.role,
        tier: device.tier,
    };
    Some(Speaker { key: device.id.to_string(), actor })
}

/// Reads what was said; receipts, typing notices and the like say nothing.
pub(super) fn said(message: &Element) -> Option<Said> {
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

/// Does what was said; returns the receipt, where one was asked for, and the answer.
pub(super) async fn answer(
    conversation: &Conversation,
    speaker: &Speaker,
    message: &Element,
    said: Said,
    typing: Typing<'_>,
) -> Vec<Element> {
    let mut out: Vec<Element> = receipt(message).into_iter().collect();
    let talk = conversation.say(speaker, said);
    tokio::pin!(talk);
    let answer = tokio::select! {
        answer = &mut talk => answer,
        () = tokio::time::sleep(TYPING_AFTER) => {
            typing(composing());
            talk.await
        }
    };
    let mut reply = chat(&answer.text);
    reply.push(Element::builder("active", ns::CHAT_STATES).build());
    // RFC 6121 section 5.2.5: an answer stays in the thread it belongs to.
    if let Some(thread) = message.child("thread", ns::CLIENT) {
        reply.push(thread.clone());
    }
    out.push(reply);
    out
}

/// A chat message without addresses.
pub(super) fn chat(text: &str) -> Element {
    Element::builder("message", ns::CLIENT)
        .attr("type", "chat")
        .attr("id", uuid::Uuid::new_v4().to_string())
        .field("body", text)
        .build()
}

fn composing() -> Element {
    let composing = Element::builder("composing", ns::CHAT_STATES).build();
    Element::builder("message", ns::CLIENT).attr("type", "chat").child(composing).build()
}

/// XEP-0184: acknowledges a message that asks for it and can be named.
fn receipt(message: &Element) -> Option<Element> {
    let id = message.attr("id").filter(|_| message.has_child("request", ns::RECEIPTS))?;
    let received = Element::builder("received", ns::RECEIPTS).attr("id", id).build();
    Some(Element::builder("message", ns::CLIENT).child(received).build())
}
