//! A resident that says what the conversation has it say, and shows what it was sent.

use std::sync::Arc;

use televisor_server::{BoxFuture, Command, Handle, Resident, Sender};
use televisor_xmpp::element::Element;
use televisor_xmpp::jid::BareJid;
use televisor_xmpp::ns;
use tokio::sync::mpsc;

use crate::greeting::Greeting;

/// The resident on the server.
#[derive(Debug)]
pub(crate) struct Puppet {
    localpart: String,
    heard: mpsc::UnboundedSender<Element>,
}

/// The hand in it.
pub(crate) struct Hand {
    localpart: String,
    server: Handle,
    heard: mpsc::UnboundedReceiver<Element>,
}

/// Makes a resident; the hand comes when the server is up.
pub(crate) fn resident(localpart: &str) -> (Puppet, impl FnOnce(Handle) -> Hand) {
    let (heard, hearing) = mpsc::unbounded_channel();
    let localpart = localpart.to_owned();
    let puppet = Puppet { localpart: localpart.clone(), heard };
    (puppet, move |server| Hand { localpart, server, heard: hearing })
}

impl Hand {
    /// Says each of these; returns when the server has seen to them.
    pub(crate) async fn say(&self, stanzas: Vec<Element>) -> anyhow::Result<()> {
        for stanza in stanzas {
            self.server.send(&self.localpart, stanza);
        }
        // Done after whatever was sent before: there is no such contact.
        self.drop_contact("nobody@nowhere.example").await
    }

    /// Drops a contact.
    pub(crate) async fn drop_contact(&self, contact: &str) -> anyhow::Result<()> {
        let contact: BareJid = contact.parse()?;
        self.server.drop_contact(&self.localpart, &contact).await;
        Ok(())
    }

    /// Waits for the next stanza.
    pub(crate) async fn next(&mut self) -> Option<Element> {
        self.heard.recv().await
    }
}

impl Resident for Puppet {
    fn localpart(&self) -> &str {
        &self.localpart
    }

    fn name(&self) -> String {
        format!("the {}", self.localpart)
    }

    /// Shows how it stands to the sender where that is elsewhere, and leaves the answer open.
    fn receive(&self, mut stanza: Element, sender: Sender) -> BoxFuture<'_, Vec<Element>> {
        if let Some(subscription) = sender.subscription {
            stanza.set_attr("subscription", subscription.as_str());
        }
        // A conversation that has ended listens to nobody.
        drop(self.heard.send(stanza));
        Box::pin(std::future::ready(Vec::new()))
    }

    fn presence(&self) -> Element {
        Element::builder("presence", ns::CLIENT).field("status", "on").build()
    }

    fn vcard(&self) -> Option<Element> {
        Some(Element::builder("vCard", ns::VCARD_TEMP).field("FN", self.name()).build())
    }

    fn commands(&self) -> Vec<Arc<dyn Command>> {
        vec![Arc::new(Greeting)]
    }

    fn answers_for_domain(&self) -> bool {
        true
    }
}
