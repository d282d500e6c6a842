//! The way to another XMPP server: SRV records, addresses, connections, trust.
