//! A service to announce, and the service types that Televisor uses.

/// The XMPP server of the receiver (the 2010 page's own type; RFC 6120 section 14.4).
pub const XMPP_SERVER: &str = "_xmpp-server._tcp";
/// The same listener, for clients.
pub const XMPP_CLIENT: &str = "_xmpp-client._tcp";
/// The receiver's pages.
pub const HTTP: &str = "_http._tcp";
/// Serverless messaging between peers (XEP-0174).
pub const PRESENCE: &str = "_presence._tcp";
/// Pairing, only while it is open (draft-mcroberts-remote-pairing section 3.1).
pub const REMOTE_PAIRING: &str = "_remote-pairing._tcp";

/// One service of the receiver. Its instance name and host come from the announcer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The service type without a domain, such as `_xmpp-server._tcp`.
    pub kind: String,
    /// The TCP port.
    pub port: u16,
    /// The TXT record's strings, in this order, as key and value.
    pub txt: Vec<(String, String)>,
}

impl Service {
    /// Describes a service without TXT strings.
    #[must_use]
    pub fn new(kind: &str, port: u16) -> Self {
        Self { kind: kind.to_owned(), port, txt: Vec::new() }
    }

    /// Adds a TXT string after those there are.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.txt.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Describes the pairing service: TXT exactly `txtvers=1`, `uuid` and `path`, in that order
    /// and with nothing else (draft-mcroberts-remote-pairing section 3.1).
    #[must_use]
    pub fn remote_pairing(port: u16, receiver_uuid: &str, path: &str) -> Self {
        Self::new(REMOTE_PAIRING, port)
            .with("txtvers", "1")
            .with("uuid", receiver_uuid)
            .with("path", path.trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pairing_record_has_three_strings_in_order_and_no_trailing_slash() {
        let service = Service::remote_pairing(8010, "30146e8b", "/pairing/");
        let strings: Vec<_> = service.txt.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(strings, ["txtvers=1", "uuid=30146e8b", "path=/pairing"]);
    }
}
