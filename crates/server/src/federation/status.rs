//! What there is to tell about other servers.

/// Streams and queues at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FederationStatus {
    /// The name other servers know this one by, if it has one.
    pub public_name: Option<String>,
    /// Authenticated streams that other servers opened.
    pub inbound: usize,
    /// Authenticated streams to other servers.
    pub outbound: usize,
    /// Stanzas that wait for other servers.
    pub queued: usize,
    /// Whether the component is connected; `None` if none is configured.
    pub component: Option<bool>,
}
