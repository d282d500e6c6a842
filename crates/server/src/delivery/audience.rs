//! Who sees an account's presence: resources here, and contacts on other servers, whose own servers
//! find their resources (RFC 6121 section 4.4.2).

use televisor_xmpp::element::Element;
use televisor_xmpp::jid::{FullJid, Jid};

use crate::context::Context;
use crate::delivery::place::{self, Place};
use crate::delivery::{blocked, outside};
use crate::outbox::{Addressed, Outbox};
use crate::roster::Roster;

/// Whom to tell.
#[derive(Debug, Default)]
pub(crate) struct Audience {
    /// Resources of this server, by full address.
    here: Vec<(String, Outbox)>,
    /// Bare addresses, or those that directed presence went to, on other servers.
    elsewhere: Vec<String>,
}

impl Audience {
    /// Returns the available resources of an account itself and of every contact that sees it, and
    /// the contacts on other servers that do.
    pub(crate) fn of(context: &Context, account: &str, roster: &Roster) -> Self {
        let here = context.router().available(account, i8::MIN);
        let mut audience = Self { here, elsewhere: Vec::new() };
        for contact in roster.watchers() {
            audience.add(context, contact);
        }
        audience
    }

    /// Returns one contact, or one address that directed presence went to.
    pub(crate) fn one(context: &Context, address: &str) -> Self {
        let mut audience = Self::default();
        audience.add(context, address);
        audience
    }

    /// Returns those on other servers only.
    pub(crate) fn elsewhere(context: &Context, roster: &Roster) -> Self {
        let contacts = roster.watchers().filter(|contact| place::is_elsewhere(context, contact));
        Self { here: Vec::new(), elsewhere: contacts.map(str::to_owned).collect() }
    }

    fn add(&mut self, context: &Context, address: &str) {
        // The bare address of somebody here, as nearly all are: residents have no sessions.
        if let Some(localpart) = place::localpart_here(context, address)
            && !localpart.contains('/')
        {
            self.here.extend(context.router().available(localpart, i8::MIN));
            return;
        }
        let Ok(jid) = address.parse::<Jid>() else { return };
        match Place::of(context, Some(&jid), None) {
            Place::Elsewhere => self.elsewhere.push(address.to_owned()),
            Place::Resource(_, full) => {
                let outbox = context.router().outbox(&full);
                self.here.extend(outbox.map(|outbox| (full.to_string(), outbox)));
            }
            Place::Account(_) | Place::Server | Place::Resident(_) | Place::Nobody => {}
        }
    }

    /// Leaves out whoever is in `other`, too.
    pub(crate) fn without(mut self, other: &Self) -> Self {
        self.here.retain(|(address, _)| !other.here.iter().any(|(told, _)| told == address));
        self.elsewhere.retain(|address| {
            let bare = address.split_once('/').map_or(address.as_str(), |(bare, _)| bare);
            !other.elsewhere.iter().any(|told| told == address || told == bare)
        });
        self
    }

    /// Takes in whoever is in `other`.
    pub(crate) fn join(&mut self, other: Self) {
        self.here.extend(other.here);
        self.elsewhere.extend(other.elsewhere);
    }

    /// Shows a presence to each, addressed to it.
    pub(crate) fn show(&self, context: &Context, presence: &Element) {
        let mut rendering = Addressed::new(presence);
        for (to, outbox) in &self.here {
            if !blocked::is_withheld_from(context, presence, to) {
                outbox.offer(rendering.to(to));
            }
        }
        for to in &self.elsewhere {
            outside::show(context, presence, to);
        }
    }
}

/// Shows a presence to one resource here.
pub(crate) fn show(context: &Context, presence: &Element, to: &FullJid) {
    if blocked::is_withheld(context, presence, &to.clone().into()) {
        return;
    }
    if let Some(outbox) = context.router().outbox(to) {
        outbox.offer(Addressed::new(presence).to(&to.to_string()));
    }
}
