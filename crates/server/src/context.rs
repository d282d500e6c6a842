//! What a feature or a delivery rule may ask and do. Cheap to clone.

use std::fmt;
use std::sync::Arc;

use televisor_clock::Clock;
use televisor_store::Database;
use televisor_xmpp::element::Element;

use crate::accounts::{Accounts, BoxFuture};
use crate::alias::Aliases;
use crate::archive::{Archive, Journal};
use crate::blocklists::Blocklists;
use crate::client_certificates::ClientCertificates;
use crate::clients::Clients;
use crate::delivery::memory::Memory;
use crate::feature::{Feature, Kind};
use crate::federation::Federation;
use crate::neighbour::Neighbours;
use crate::registry::Registry;
use crate::resident::{Resident, Sender};
use crate::resident_lane::Lanes;
use crate::router::Router;
use crate::stream_management::resumption::Resumptions;
use crate::stream_management::unacknowledged::Leftovers;

/// The running server, as its features see it.
#[derive(Clone)]
pub struct Context {
    parts: Arc<Parts>,
}

pub(crate) struct Parts {
    pub(crate) accounts: Arc<dyn Accounts>,
    pub(crate) residents: Vec<Arc<dyn Resident>>,
    pub(crate) store: Database,
    pub(crate) certificates: ClientCertificates,
    pub(crate) clients: Clients,
    pub(crate) clock: Clock,
    pub(crate) router: Router,
    pub(crate) registry: Registry,
    pub(crate) aliases: Aliases,
    pub(crate) contact_addresses: Vec<String>,
    pub(crate) lanes: Lanes,
    pub(crate) federation: Option<Federation>,
    pub(crate) neighbours: Neighbours,
    pub(crate) memory: Memory,
    pub(crate) archive: Archive,
    pub(crate) resumptions: Resumptions,
    pub(crate) leftovers: Leftovers,
    pub(crate) blocklists: Blocklists,
}

impl Context {
    pub(crate) fn new(parts: Parts) -> Self {
        Self { parts: Arc::new(parts) }
    }

    /// Returns the sessions.
    #[must_use]
    pub fn router(&self) -> &Router {
        &self.parts.router
    }

    /// Returns the household's accounts.
    #[must_use]
    pub fn accounts(&self) -> &dyn Accounts {
        &*self.parts.accounts
    }

    /// Returns the residents.
    #[must_use]
    pub fn residents(&self) -> &[Arc<dyn Resident>] {
        &self.parts.residents
    }

    /// Returns the resident with this localpart.
    #[must_use]
    pub fn resident(&self, localpart: &str) -> Option<&Arc<dyn Resident>> {
        self.parts.residents.iter().find(|resident| resident.localpart() == localpart)
    }

    /// Returns the resident that answers what is addressed to the bare domain.
    #[must_use]
    pub fn resident_for_domain(&self) -> Option<&Arc<dyn Resident>> {
        self.parts.residents.iter().find(|resident| resident.answers_for_domain())
    }

    /// Returns the database.
    #[must_use]
    pub fn store(&self) -> &Database {
        &self.parts.store
    }

    /// Returns the certificates that accounts have registered.
    #[must_use]
    pub fn client_certificates(&self) -> &ClientCertificates {
        &self.parts.certificates
    }

    /// Returns the way to the archive, and when what went there is on disk.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        self.parts.archive.journal()
    }

    /// Returns the programs that log in to accounts.
    pub(crate) fn clients(&self) -> &Clients {
        &self.parts.clients
    }

    /// Returns the clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.parts.clock
    }

    /// Returns the canonical domain.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.parts.aliases.canonical()
    }

    /// Returns the URIs of whoever looks after the server (XEP-0157).
    #[must_use]
    pub fn contact_addresses(&self) -> &[String] {
        &self.parts.contact_addresses
    }

    /// Returns the bare address of a localpart here, as text.
    #[must_use]
    pub fn address(&self, localpart: &str) -> String {
        format!("{localpart}@{}", self.domain())
    }

    /// Returns the feature that answers a payload.
    #[must_use]
    pub fn feature(&self, name: &str, namespace: &str, kind: Kind) -> Option<&dyn Feature> {
        self.parts.registry.find(name, namespace, kind)
    }

    /// Returns every feature.
    pub fn features(&self) -> impl Iterator<Item = &dyn Feature> {
        self.parts.registry.all()
    }

    /// Puts a stanza before a resident, in order per sender, without waiting for it: what it
    /// answers goes through `delivery::resident::said`. Returns whether there was room and such a
    /// resident.
    #[must_use]
    pub fn to_resident(&self, localpart: &str, stanza: Element, sender: Sender) -> bool {
        self.to_resident_after(localpart, stanza, sender, || {})
    }

    /// Does the same, and `before` if there is room, before the resident can answer.
    pub(crate) fn to_resident_after(
        &self,
        localpart: &str,
        stanza: Element,
        sender: Sender,
        before: impl FnOnce(),
    ) -> bool {
        self.resident(localpart)
            .is_some_and(|resident| self.parts.lanes.push(self, resident, stanza, sender, before))
    }

    /// Returns the way to other servers, if there is one.
    pub(crate) fn federation(&self) -> Option<&Federation> {
        self.parts.federation.as_ref()
    }

    pub(crate) fn neighbours(&self) -> &Neighbours {
        &self.parts.neighbours
    }

    pub(crate) fn memory(&self) -> &Memory {
        &self.parts.memory
    }

    /// Returns whom accounts have blocked.
    pub(crate) fn blocklists(&self) -> &Blocklists {
        &self.parts.blocklists
    }

    /// Returns the archive of what accounts say and hear.
    pub(crate) fn archive(&self) -> &Archive {
        &self.parts.archive
    }

    /// Returns the sessions that can be resumed.
    pub(crate) fn resumptions(&self) -> &Resumptions {
        &self.parts.resumptions
    }

    /// Returns what was under way when the server ended.
    pub(crate) fn leftovers(&self) -> &Leftovers {
        &self.parts.leftovers
    }

    /// Returns the wait for everything that was handled so far to be on disk; none if it is.
    pub(crate) fn durable(&self) -> Option<BoxFuture<'static, ()>> {
        let journal = self.journal();
        if journal.durable() >= journal.last() {
            return None;
        }
        let context = self.clone();
        Some(Box::pin(async move { context.journal().flush().await }))
    }

    pub(crate) fn aliases(&self) -> &Aliases {
        &self.parts.aliases
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("domain", &self.domain()).finish_non_exhaustive()
    }
}
