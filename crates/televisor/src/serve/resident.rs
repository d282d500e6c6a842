//! The receiver's own address on its server: chat in, answers out, for paired devices and for people
//! out there alike.

use std::sync::Arc;

use televisor_conversation::Conversation;
use televisor_model::Via;
use televisor_receiver::Receiver;
use televisor_server::{BoxFuture, Command, Handle, Resident, Sender};
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use tokio::sync::OnceCell;

use super::away::people::{Arrival, People, vcard4};
use super::household::HouseholdList;
use super::{presence, talk};

/// The receiver as an entity with an address.
pub(super) struct ReceiverResident {
    pub(super) receiver: Receiver,
    pub(super) conversation: Conversation,
    /// What becomes of what people out there say.
    pub(super) people: Arc<People>,
    /// Whose certificate is whose.
    pub(super) household: HouseholdList,
    /// By which way they come to this address.
    pub(super) via: Via,
    /// The server it lives on, once that is up.
    pub(super) server: Arc<OnceCell<Handle>>,
    pub(super) localpart: String,
    /// Its verbs, with forms.
    pub(super) commands: Vec<Arc<dyn Command>>,
}

impl ReceiverResident {
    /// One of the household's own devices.
    async fn answer(&self, stanza: &Element, sender: &Sender, account: &str) -> Vec<Element> {
        if stanza.is("iq", ns::CLIENT) {
            if let Some(list) = self.household.answer(stanza, account) {
                self.household.listen_to(sender);
                return vec![list];
            }
            return vcard4(&self.receiver, stanza).into_iter().collect();
        }
        let Some(said) = Some(stanza).filter(|s| s.is("message", ns::CLIENT)).and_then(talk::said)
        else {
            return Vec::new();
        };
        let Some(speaker) = talk::device(&self.receiver, account) else { return Vec::new() };
        let typing = |notice| self.show(notice, sender);
        talk::answer(&self.conversation, &speaker, stanza, said, &typing).await
    }

    fn show(&self, mut notice: Element, sender: &Sender) {
        if let Some(server) = self.server.get() {
            notice.set_attr("to", sender.jid.to_string());
            server.send(&self.localpart, notice);
        }
    }
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
            if let Some(account) = &sender.account {
                return self.answer(&stanza, &sender, account).await;
            }
            let typing = |notice| self.show(notice, &sender);
            let (from, stance) = (sender.jid.clone(), sender.subscription.into());
            self.people.receive(Arrival { from, via: self.via, stance, stanza }, &typing).await
        })
    }

    fn presence(&self) -> Element {
        presence::presence(&self.receiver)
    }

    fn vcard(&self) -> Option<Element> {
        Some(presence::vcard(&self.receiver))
    }

    fn features(&self) -> Vec<String> {
        [ns::RECEIPTS, ns::CORRECTION, ns::CHAT_STATES, ns::VCARD4, ns::HOUSEHOLD]
            .map(str::to_owned)
            .to_vec()
    }

    fn commands(&self) -> Vec<Arc<dyn Command>> {
        self.commands.clone()
    }

    fn answers_for_domain(&self) -> bool {
        true
    }
}
