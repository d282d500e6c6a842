//! The `[xmpp]` table, and the limits that keep one peer from being everybody's trouble.

use std::time::Duration;

use serde::Deserialize;

use crate::archive::ArchiveConfig;
use crate::federation;

/// What the server is called, where it listens, and how much it takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Addresses to listen on; `[::]` takes IPv4 as well.
    pub listen: Vec<String>,
    /// The canonical domain: an LDH host name. Empty: the embedding program fills it in.
    pub domain: String,
    /// Other names and addresses of the same host, as clients may spell them.
    #[serde(skip)]
    pub aliases: Vec<String>,
    /// URIs of whoever looks after it (XEP-0157), beside the resident that answers for the domain.
    #[serde(skip)]
    pub contact_addresses: Vec<String>,
    /// Streams to and from other servers; `None`: there are none.
    #[serde(skip)]
    pub federation: Option<federation::Config>,
    /// A place on a server that exists, which then talks to all others for this one.
    #[serde(skip)]
    pub component: Option<federation::ComponentConfig>,
    /// What is archived of what accounts say and hear.
    #[serde(skip)]
    pub archive: ArchiveConfig,
    /// How much it takes.
    #[serde(skip)]
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: vec!["[::]:5222".to_owned()],
            domain: String::new(),
            aliases: Vec::new(),
            contact_addresses: Vec::new(),
            federation: None,
            component: None,
            archive: ArchiveConfig::default(),
            limits: Limits::default(),
        }
    }
}

/// Bounds on what a peer may take of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one stanza before authentication: SASL needs no more.
    pub bytes_before: usize,
    /// Bytes of one stanza afterwards: an avatar in a vCard fits.
    pub bytes_after: usize,
    /// Depth of nested elements.
    pub depth: usize,
    /// Time from the connection to the bound resource.
    pub negotiation: Duration,
    /// Streams not yet authenticated, all together.
    pub waiting: usize,
    /// Streams not yet authenticated, from one address. On the link half of [`waiting`](Self::waiting)
    /// may be if that is more: when the power is back, everybody behind one extender comes at once.
    pub waiting_per_address: usize,
    /// Resources of one account at a time.
    pub resources: usize,
    /// Stanzas waiting for one session's reader; one more, and it is disconnected.
    pub outbox: usize,
    /// Stanzas that one session's client has not acknowledged; one more, and it is disconnected.
    pub unacknowledged: usize,
    /// How long a client may be gone and find its session as it was (XEP-0198 section 5).
    pub resumption: Duration,
    /// Silence after which the server asks whether anybody is there.
    pub idle: Duration,
    /// How long one write may take, and how long a question is waited upon.
    pub patience: Duration,
}

impl Limits {
    pub(crate) fn waiting_per_address_on_link(&self) -> usize {
        self.waiting_per_address.max(self.waiting / 2)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes_before: 10 * 1024,
            bytes_after: 256 * 1024,
            depth: 64,
            negotiation: Duration::from_secs(30),
            waiting: 128,
            waiting_per_address: 16,
            resources: 10,
            outbox: 512,
            unacknowledged: 1000,
            resumption: Duration::from_secs(10 * 60),
            idle: Duration::from_secs(180),
            patience: Duration::from_secs(30),
        }
    }
}
