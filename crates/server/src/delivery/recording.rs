//! Messages on their way to the archive (XEP-0313), and those kept for later (XEP-0160), which carry the
//! same id in both.

use bytes::Bytes;
use televisor_store::Error;
use televisor_store::rusqlite::Connection;
use televisor_xmpp::element::Element;
use televisor_xmpp::jid::{FullJid, Jid};
use televisor_xmpp::ns;
use televisor_xmpp::stanza::{Kind, Stanza};

use crate::archive::preferences::Fallback;
use crate::archive::{ArchiveId, Entry, Kept, Side, contact_here, resource_mark, revive};
use crate::context::Context;
use crate::delivery::message::Passage;
use crate::delivery::place::{self, Place};
use crate::delivery::worth::Content;
use crate::outbox::Rendering;
use crate::roster;
use crate::storage::offline::{self, Waiting};
use crate::storage::unacknowledged;
use crate::stream_management::unacknowledged::{Place as SessionPlace, Sent, Unacknowledged};

/// The ids a message got in the archives of both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Recording {
    pub(crate) sender: Option<ArchiveId>,
    pub(crate) recipient: Option<ArchiveId>,
}

/// Whether the accounts of both ends want a message archived (XEP-0441).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    sender: bool,
    recipient: bool,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { sender: true, recipient: true }
    }
}

impl Passage<'_> {
    /// Finds out who wants the message archived.
    pub(crate) async fn ask_preferences(&self) -> Result<Wanted, Error> {
        let mut wanted = Wanted::default();
        if !self.is_archived() {
            return Ok(wanted);
        }
        if let Some(origin) = self.origin {
            let own = Jid::from(origin.jid.bare().clone());
            let contact = self.stanza.to().unwrap_or(&own);
            wanted.sender = is_wanted(self.context, &origin.account, contact).await?;
        }
        if let (Place::Account(account) | Place::Resource(account, _), Some(from)) =
            (&self.place, self.stanza.from())
        {
            wanted.recipient = is_wanted(self.context, account, from).await?;
        }
        Ok(wanted)
    }

    /// Puts the message on its way to the archives it belongs in, and to what waits for an account.
    pub(crate) fn record(&self, waiting: Option<&str>) -> Recording {
        let recipient = self.recipient_side();
        // What one says to oneself is there once.
        let own = recipient.as_ref().map(|side| side.account.clone());
        let sender = self.sender_side();
        let of_sender = sender.is_some();
        let sender = sender.filter(|side| own.as_ref() != Some(&side.account));
        let of_recipient = recipient.is_some();
        let kept = waiting.map(|account| Kept {
            account: account.to_owned(),
            archived: of_recipient,
            id: None,
        });
        if !of_sender && !of_recipient && kept.is_none() {
            return Recording::default();
        }
        let stanza = self.rendered().clone();
        let counted = self.origin.and_then(|o| o.counted.get()?.with_this(&o.account));
        let entry = Entry { stanza, sender, recipient, kept };
        let id = self.context.journal().push_counted(entry, counted);
        Recording {
            sender: Some(id).filter(|_| of_sender),
            recipient: Some(id).filter(|_| of_recipient),
        }
    }

    /// Notes that a session was sent the message and is to acknowledge it.
    pub(crate) fn note_sent(
        &self,
        account: &str,
        id: Option<ArchiveId>,
        jid: &FullJid,
        sent: Sent,
    ) {
        let journal = self.context.journal();
        journal.push_sent(Unacknowledged {
            sent,
            place: SessionPlace::new(account, jid),
            stanza: self.rendered().clone(),
            id: id.unwrap_or_else(|| journal.next_id()),
            archived: id.is_some(),
        });
    }

    /// Whether the message may wait for an account; there is room for it from now on.
    pub(crate) fn reserve(&self, account: &str) -> bool {
        self.context.archive().kept().reserve(account, self.rendered().len())
    }

    /// Keeps a message that nobody took after all; returns whether there was room.
    pub(crate) fn keep(&self, account: &str, recording: Recording) -> bool {
        keep(self.context, account, self.rendered().clone(), recording.recipient)
    }

    /// The archive of whoever says it.
    fn sender_side(&self) -> Option<Side> {
        let origin = self.origin.filter(|_| self.is_archived() && self.wanted.sender)?;
        let own = Jid::from(origin.jid.bare().clone());
        let contact = self.stanza.to().unwrap_or(&own);
        Some(self.side(&origin.account, contact))
    }

    /// Whether the archive of whoever it is for takes the message.
    pub(crate) fn is_archived_there(&self) -> bool {
        self.recipient_side().is_some()
    }

    /// The archive of whoever it is for.
    fn recipient_side(&self) -> Option<Side> {
        let (Place::Account(account) | Place::Resource(account, _)) = &self.place else {
            return None;
        };
        let from = self.stanza.from().filter(|_| self.is_archived() && self.wanted.recipient)?;
        Some(self.side(account, from))
    }

    fn side(&self, account: &str, contact: &Jid) -> Side {
        Side {
            account: account.to_owned(),
            contact: contact_address(self.context, contact),
            resource: resource_mark(contact.resourcepart()),
        }
    }

    fn is_archived(&self) -> bool {
        self.context.archive().is_on() && self.content.is_archived(self.kind)
    }
}

/// Keeps a message for an account whose client was sent it and never acknowledged it, if it is worth
/// keeping; returns whether there was room. It waits under the id that it has in the archive.
pub(super) fn keep_unacknowledged(context: &Context, account: &str, mut stanza: Stanza) -> bool {
    let Kind::Message(kind) = stanza.kind() else { return true };
    // Whoever was un-paired leaves nothing behind.
    let is_gone = context.accounts().account(account).is_none();
    if is_gone || !Content::of(&stanza).is_kept(kind) {
        return true;
    }
    let own = context.address(account);
    let is_own = |c: &Element| c.is("stanza-id", ns::STANZA_ID) && c.attr("by") == Some(&own);
    let names = context.journal().names();
    let name = stanza.element().children().find(|c| is_own(c)).and_then(|c| c.attr("id"));
    let id = name.and_then(|name| names.id(account, name));
    stanza.edit(|element| element.retain_children(|child| !is_own(child)));
    keep(context, account, stanza.element().to_bytes(ns::CLIENT), id)
}

/// Puts a message to what waits for an account, under the id that it has in the archive, if it is there;
/// returns whether there was room.
fn keep(context: &Context, account: &str, stanza: Bytes, id: Option<ArchiveId>) -> bool {
    let room = context.archive().kept().reserve(account, stanza.len());
    if room {
        let kept = Kept { account: account.to_owned(), archived: id.is_some(), id };
        let entry = Entry { stanza, sender: None, recipient: None, kept: Some(kept) };
        context.journal().push(entry);
    }
    room
}

/// Whether an account wants messages with an address archived.
async fn is_wanted(context: &Context, account: &str, contact: &Jid) -> Result<bool, Error> {
    match context.archive().preferences().decide(account, contact) {
        Fallback::Always => Ok(true),
        Fallback::Never => Ok(false),
        Fallback::Roster => {
            let bare = contact.bare().to_string();
            if roster::is_fixed(context, &bare) {
                return Ok(true);
            }
            let held = context.memory().standings.of(context.store(), account, &bare).await?;
            Ok(held.is_some_and(|held| held.wanted))
        }
    }
}

/// Returns the address under which the archive numbers a contact.
pub(crate) fn contact_address(context: &Context, contact: &Jid) -> String {
    let bare = contact.bare().to_string();
    match place::localpart_here(context, &bare) {
        Some(localpart) => contact_here(localpart),
        None => bare,
    }
}

/// Makes the element of XEP-0359 section 3.1.
pub(crate) fn stanza_id(context: &Context, account: &str, id: ArchiveId) -> Element {
    Element::builder("stanza-id", ns::STANZA_ID)
        .attr("by", context.address(account))
        .attr("id", context.journal().names().name(account, id))
        .build()
}

/// Hands these resources of an account the messages kept for it.
pub(crate) async fn deliver_kept(
    context: &Context,
    account: &str,
    to: Vec<FullJid>,
) -> Result<(), Error> {
    if to.is_empty() || !context.archive().kept().has_any(account) {
        return Ok(());
    }
    // What is still on its way to the disk comes, too.
    context.journal().flush().await;
    // A client that counts gets nothing before it is on disk that it has it: power that goes in between
    // would deliver it twice. One that does not may get it twice, rather than not at all.
    let corks = |jid| context.router().outbox(jid).and_then(|outbox| outbox.cork());
    let _corks: Vec<_> = to.iter().filter_map(corks).collect();
    let hands = Hands { context: context.clone(), account: account.to_owned(), to };
    let taken = offline::drain(context.store(), account, move |conn, waiting| {
        // What cannot be read is dropped as if it were delivered: nobody ever could.
        let stanza = as_delivered(&hands.context, &hands.account, waiting);
        stanza.is_none_or(|stanza| hands.give(conn, waiting, &stanza))
    });
    context.archive().kept().taken(account, taken.await?);
    Ok(())
}

/// Those who are handed what was kept for an account.
struct Hands {
    context: Context,
    account: String,
    to: Vec<FullJid>,
}

impl Hands {
    /// Sends them a message; where they count, it stays on disk until it is acknowledged. Returns
    /// whether anybody took it.
    fn give(&self, conn: &Connection, waiting: &Waiting, stanza: &Element) -> bool {
        let note = |jid: &FullJid, sent: Sent| {
            let Some(id) = waiting.id else { return };
            let message = Unacknowledged {
                sent,
                place: SessionPlace::new(&self.account, jid),
                stanza: waiting.stanza.clone().into(),
                id,
                archived: waiting.archived,
            };
            if let Err(error) = unacknowledged::write(conn, &message) {
                tracing::error!(%error, "a message is on its way, and nowhere else");
            }
        };
        self.context.router().send_counted(&self.to, &mut Rendering::new(stanza), note) > 0
    }
}

/// Is told that a client gets from the archive what has come for its account: what is there waits no
/// longer (XEP-0386 section 3.2).
pub(crate) async fn archive_is_read(context: &Context, account: &str) {
    if !context.archive().is_on() {
        return;
    }
    context.leftovers().archived(context, account).await;
    let kept = context.archive().kept();
    if !kept.has_any(account) {
        return;
    }
    context.journal().flush().await;
    match offline::remove_archived(context.store(), account).await {
        Ok(taken) => kept.taken(account, taken),
        Err(error) => tracing::error!(%error, "messages wait that are in the archive"),
    }
}

/// Is told that the archive has handed out these messages: they wait no longer.
pub(crate) async fn handed_out(context: &Context, account: &str, ids: &[ArchiveId]) {
    let kept = context.archive().kept();
    if ids.is_empty() || !kept.has_any(account) {
        return;
    }
    match offline::remove(context.store(), account, ids.to_vec()).await {
        Ok(taken) => kept.taken(account, taken),
        Err(error) => tracing::error!(%error, "messages wait that have been handed out"),
    }
}

/// Returns a message that was kept as it is delivered, with its id and the time it waited since.
fn as_delivered(context: &Context, account: &str, waiting: &Waiting) -> Option<Element> {
    let text = waiting.stanza.as_bytes();
    let Some(id) = waiting.id else {
        // Kept by an earlier version, which put the time in.
        return Element::parse(text).ok();
    };
    let mut stanza = revive(text)?;
    if waiting.archived {
        stanza.push(stanza_id(context, account, id));
    }
    let delay = Element::builder("delay", ns::DELAY)
        .attr("from", context.domain())
        .attr("stamp", id.stamp());
    stanza.push(delay.build());
    Some(stanza)
}
