//! The `[federation]` table, and the limits that keep one domain from being everybody's trouble.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

/// Whether and how the server talks to other servers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether it does at all.
    pub enabled: bool,
    /// Addresses to listen on beside those for clients; `[::]` takes IPv4 as well.
    pub listen: Vec<String>,
    /// A PEM file of certificate authorities to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// The DNS server to ask, as `address` or `address:port`; none: the system's.
    pub resolver: Option<String>,
    /// How much it takes.
    #[serde(skip)]
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            enabled: true,
            listen: vec!["[::]:5269".to_owned()],
            ca_file: None,
            resolver: None,
            limits: Limits::default(),
        }
    }
}

/// Bounds on what other servers may take of this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Other domains known at a time.
    pub domains: usize,
    /// Incoming streams of one domain.
    pub streams: usize,
    /// Domain pairs authenticated on one stream.
    pub pairs: usize,
    /// Domains that speak on incoming streams, counted on each stream, all together.
    pub inside: usize,
    /// The same from one address: whoever has any number of domains has few addresses.
    pub inside_per_address: usize,
    /// Claims on one stream that come to nothing before it is ended.
    pub claims: usize,
    /// Stanzas waiting for one domain.
    pub queue: usize,
    /// Bytes waiting for one domain.
    pub queue_bytes: usize,
    /// Stanzas per second of one domain, on average; beyond it the stream is read more slowly.
    pub rate: u32,
    /// Stanzas of one domain at once.
    pub burst: u32,
    /// Streams of servers not yet authenticated, all together.
    pub waiting: usize,
    /// Streams of servers not yet authenticated, from one address.
    pub waiting_per_address: usize,
    /// Verifications of dialback keys that are under way, all together; an eighth from one address.
    pub verifications: usize,
    /// How long a stanza waits for a domain that was never reached.
    pub wait_unknown: Duration,
    /// How long a stanza waits for a domain that was reached before.
    pub wait_known: Duration,
    /// How long connecting and negotiating may take.
    pub negotiation: Duration,
    /// Silence after which a stream is asked whether anybody is there.
    pub ping: Duration,
    /// Time without a stanza after which a stream is closed.
    pub idle: Duration,
    /// How long one write, and the answer to a question, may take.
    pub patience: Duration,
    /// The first pause before a domain that failed is tried again; it doubles.
    pub first_pause: Duration,
    /// The longest such pause.
    pub last_pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            domains: 256,
            streams: 4,
            pairs: 16,
            inside: 128,
            inside_per_address: 32,
            claims: 16,
            queue: 1000,
            queue_bytes: 1024 * 1024,
            rate: 50,
            burst: 500,
            waiting: 64,
            waiting_per_address: 8,
            verifications: 32,
            wait_unknown: Duration::from_secs(120),
            wait_known: Duration::from_secs(300),
            negotiation: Duration::from_secs(45),
            ping: Duration::from_secs(120),
            idle: Duration::from_secs(600),
            patience: Duration::from_secs(30),
            first_pause: Duration::from_secs(1),
            last_pause: Duration::from_secs(300),
        }
    }
}
