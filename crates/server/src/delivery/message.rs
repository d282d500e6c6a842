//! RFC 6121 sections 5 and 8.5: what becomes of a message. Delivered, archived, kept for later, copied
//! for other sessions, each in its own module; here is who does what, and in which order.
//!
//! A message is put on its way to the archive first, since the id it gets there goes with it.

use std::sync::OnceLock;

use bytes::Bytes;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;
use televisor_xmpp::jid::{FullJid, Jid};
use televisor_xmpp::ns;
use televisor_xmpp::stanza::{Kind, MessageType, Stanza};

use crate::archive::ArchiveId;
use crate::context::Context;
use crate::delivery::place::Place;
use crate::delivery::recording::{Recording, Wanted, stanza_id};
use crate::delivery::rules::{Decision, decide};
use crate::delivery::worth::{Content, Direction};
use crate::delivery::{carbons, failed, outside, refuse};
use crate::outbox::{Extended, Rendering};
use crate::push;
use crate::resident::Sender;
use crate::router::Origin;
use crate::stream_management::unacknowledged::Sent;

/// A message on its way, and what is known of it.
pub(crate) struct Passage<'a> {
    pub(crate) context: &'a Context,
    /// As it was said, without ids that only this server may give.
    pub(crate) stanza: Stanza,
    pub(crate) kind: MessageType,
    pub(crate) content: Content,
    pub(crate) place: Place,
    /// The session that said it, if it was one of here.
    pub(crate) origin: Option<&'a Origin>,
    /// Whether the accounts of both ends want it archived.
    pub(crate) wanted: Wanted,
    rendered: OnceLock<Bytes>,
}

/// Takes a message of a session; returns the one reply to it.
pub(crate) async fn from_session(
    context: &Context,
    origin: &Origin,
    stanza: Stanza,
) -> Option<Element> {
    let mut passage = Passage::new(context, stanza, Some(origin))?.without_forged_delays();
    let reply = passage.route(Some(sender(origin))).await;
    if let Some(reply) = &reply {
        passage.copy_refusal(origin, reply);
    }
    reply
}

/// Routes a message of a resident, or of somebody on another server; returns the error for its sender,
/// if there is one. `sender` is what residents are told of it: without one they are not told.
pub(crate) async fn route(
    context: &Context,
    stanza: Stanza,
    sender: Option<Sender>,
) -> Option<Element> {
    let passage = Passage::new(context, stanza, None)?;
    // Only of residents there is no sender: what they say is the receiver's own.
    let mut passage = if sender.is_some() { passage.without_forged_delays() } else { passage };
    passage.route(sender).await
}

impl<'a> Passage<'a> {
    fn new(context: &'a Context, mut stanza: Stanza, origin: Option<&'a Origin>) -> Option<Self> {
        let Kind::Message(kind) = stanza.kind() else { return None };
        let content = Content::of(&stanza);
        if content.has_stanza_id() {
            remove_spoofed_ids(context, &mut stanza);
        }
        let own = origin.map(|origin| origin.account.as_str());
        let place = Place::of(context, stanza.to(), own);
        let rendered = OnceLock::new();
        let wanted = Wanted::default();
        Some(Self { context, stanza, kind, content, place, origin, wanted, rendered })
    }

    /// XEP-0203 section 5: that this server, or the account addressed, delayed a message is for nobody
    /// else to say.
    fn without_forged_delays(mut self) -> Self {
        if !self.content.has_delay() {
            return self;
        }
        let context = self.context;
        let account = match &self.place {
            Place::Account(account) | Place::Resource(account, _) => Some(account.as_str()),
            Place::Server | Place::Resident(_) | Place::Nobody | Place::Elsewhere => None,
        };
        let is_forged = |from: &Jid| {
            let ours = from.localpart().is_none() || from.localpart() == account;
            ours && from.resourcepart().is_none() && is_ours(context, from)
        };
        self.stanza.edit(|element| {
            element.retain_children(|child| {
                let from = child.attr("from").and_then(|from| from.parse().ok());
                !child.is("delay", ns::DELAY) || !from.is_some_and(|from| is_forged(&from))
            });
        });
        self
    }

    /// Returns the message as it is kept.
    pub(crate) fn rendered(&self) -> &Bytes {
        self.rendered.get_or_init(|| self.stanza.element().to_bytes(ns::CLIENT))
    }

    async fn route(&mut self, sender: Option<Sender>) -> Option<Element> {
        if self.context.journal().room().await.is_err() {
            return refuse(&self.stanza, Condition::ResourceConstraint);
        }
        match self.ask_preferences().await {
            Ok(wanted) => self.wanted = wanted,
            Err(error) => return failed(&self.stanza, &error),
        }
        match &self.place {
            Place::Elsewhere => self.to_elsewhere(),
            Place::Server => {
                let resident = self.context.resident_for_domain();
                self.to_resident(sender, resident.map(|r| r.localpart().to_owned()).as_deref())
            }
            Place::Resident(localpart) => self.to_resident(sender, Some(localpart)),
            Place::Nobody => self.to_account("").await,
            Place::Account(account) | Place::Resource(account, _) => self.to_account(account).await,
        }
    }

    fn to_elsewhere(&self) -> Option<Element> {
        if let Err(condition) = outside::send(self.context, &self.stanza) {
            return refuse(&self.stanza, condition);
        }
        self.said(self.record(None), &[]);
        None
    }

    fn to_resident(&self, sender: Option<Sender>, localpart: Option<&str>) -> Option<Element> {
        let (Some(localpart), Some(sender)) = (localpart, sender) else {
            return refuse(&self.stanza, Condition::ServiceUnavailable);
        };
        // The answer may come at once, and is not to overtake it, in the archive or on other screens.
        let said = || self.said(self.record(None), &[]);
        let stanza = self.stanza.element().clone();
        if !self.context.to_resident_after(localpart, stanza, sender, said) {
            return refuse(&self.stanza, Condition::ResourceConstraint);
        }
        None
    }

    async fn to_account(&self, account: &str) -> Option<Element> {
        let (addressed, resources) = self.place.sum_up(self.context);
        let to = match decide(self.stanza.kind(), addressed, resources) {
            Decision::Ignore | Decision::Handle => {
                self.heard(account, None, &[]);
                return None;
            }
            Decision::Refuse(condition) => return refuse(&self.stanza, condition),
            Decision::Store => Vec::new(),
            Decision::Exactly => exactly(&self.place),
            Decision::Willing => self.place.available(self.context, 0),
            Decision::Available => self.place.available(self.context, i8::MIN),
        };
        let is_kept = self.content.is_kept(self.kind);
        let nobody = to.is_empty() && is_kept;
        let waits = nobody && self.reserve(account);
        if nobody && !waits && !self.is_archived_there() {
            // XEP-0160 section 3: a full store is told as an unavailable service.
            return refuse(&self.stanza, Condition::ServiceUnavailable);
        }
        let recording = self.record(Some(account).filter(|_| waits));
        let taken = self.send(account, recording.recipient, is_kept, &to);
        if self.origin.is_some_and(|origin| origin.account == account) {
            self.said(recording, &to);
        } else {
            self.said(recording, &[]);
            self.heard(account, recording.recipient, &to);
        }
        // Whoever does not read counts as gone.
        let kept = waits || (!taken && is_kept && self.keep(account, recording));
        // What does not fit with what waits is in the archive, and not lost to whoever reads that.
        let kept = kept || (is_kept && !taken && recording.recipient.is_some());
        if kept {
            push::notify(self.context, account, self.stanza.element(), None);
        }
        for jid in to.iter().filter(|jid| self.context.router().is_parked(jid)) {
            let asleep = Some(jid.resourcepart());
            push::notify(self.context, account, self.stanza.element(), asleep);
        }
        if taken || kept || !is_kept {
            return None;
        }
        refuse(&self.stanza, Condition::ServiceUnavailable)
    }

    /// Sends the message to sessions of an account, with the id in its archive; returns whether one of
    /// them took it. If it is worth keeping, it is on disk until they acknowledge it.
    fn send(&self, account: &str, id: Option<ArchiveId>, is_kept: bool, to: &[FullJid]) -> bool {
        let (router, stanza) = (self.context.router(), self.stanza.element());
        let note = |jid: &FullJid, sent: Sent| {
            if is_kept {
                self.note_sent(account, id, jid, sent);
            }
        };
        let taken = match id {
            None => router.send_counted(to, &mut Rendering::new(stanza), note),
            Some(id) => {
                let id = stanza_id(self.context, account, id);
                router.send_counted(to, &mut Extended::new(stanza, self.rendered(), id), note)
            }
        };
        taken > 0
    }

    /// Returns the message as an account has it: with the id in its archive.
    fn with_id(&self, account: &str, id: Option<ArchiveId>) -> Element {
        let mut message = self.stanza.element().clone();
        if let Some(id) = id {
            message.push(stanza_id(self.context, account, id));
        }
        message
    }

    /// Copies what an account hears for its sessions that did not get it.
    fn heard(&self, account: &str, id: Option<ArchiveId>, had: &[FullJid]) {
        let to_full = matches!(self.place, Place::Resource(..));
        if self.is_copied(Direction::Received, to_full) {
            let heard = || self.with_id(account, id);
            let had = |jid: &FullJid| had.contains(jid);
            carbons::copy(self.context, account, Direction::Received, heard, had);
        }
    }

    /// Copies what a session says for the account's other sessions, but those that heard it.
    fn said(&self, recording: Recording, had: &[FullJid]) {
        let Some(origin) = self.origin else { return };
        if !self.is_copied(Direction::Sent, false) {
            return;
        }
        let said = || self.with_id(&origin.account, recording.sender);
        let had = |jid: &FullJid| *jid == origin.jid || had.contains(jid);
        if carbons::copy(self.context, &origin.account, Direction::Sent, said, had) {
            self.context.memory().copied.note(self.stanza.element());
        }
    }

    fn is_copied(&self, direction: Direction, to_full: bool) -> bool {
        if self.kind == MessageType::Error {
            return direction == Direction::Received
                && self.context.memory().copied.is_answered_by(self.stanza.element());
        }
        self.content.is_copied(self.kind, direction, to_full)
    }

    /// The account's other sessions see what was said, and that it was refused.
    fn copy_refusal(&self, origin: &Origin, reply: &Element) {
        if self.is_copied(Direction::Sent, false) {
            self.said(Recording::default(), &[]);
            let had = |jid: &FullJid| *jid == origin.jid;
            let reply = || reply.clone();
            carbons::copy(self.context, &origin.account, Direction::Received, reply, had);
        }
    }
}

/// XEP-0359 section 3: an id that says to be by an address of ours, and is not, is taken out.
fn remove_spoofed_ids(context: &Context, stanza: &mut Stanza) {
    let is_ours = |by: &str| by.parse().is_ok_and(|by| is_ours(context, &by));
    stanza.edit(|element| {
        element.retain_children(|child| {
            let spoofed =
                child.is("stanza-id", ns::STANZA_ID) && child.attr("by").is_none_or(is_ours);
            !spoofed
        });
    });
}

fn is_ours(context: &Context, address: &Jid) -> bool {
    context.aliases().is_ours(address.domainpart().as_str())
}

fn exactly(place: &Place) -> Vec<FullJid> {
    match place {
        Place::Resource(_, full) => vec![full.clone()],
        Place::Server
        | Place::Account(_)
        | Place::Resident(_)
        | Place::Nobody
        | Place::Elsewhere => Vec::new(),
    }
}

/// Describes a session to a resident.
pub(crate) fn sender(origin: &Origin) -> Sender {
    Sender {
        jid: origin.jid.clone().into(),
        account: Some(origin.account.clone()),
        on_link: origin.peer.on_link || origin.peer.loopback,
        subscription: None,
    }
}
