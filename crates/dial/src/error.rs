//! Why there is no way to a domain, or no trust in who is found there.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why there is no connection to a domain.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum Error {
    /// A name of the local network (`.local`, a single label) or no name at all: DNS was not asked.
    #[error("{domain} is not a name that public DNS knows")]
    NotPublic {
        /// The domain as it was given.
        domain: String,
    },
    /// DNS answered, and there is neither a service nor an address under this name.
    #[error("there is no domain {domain}")]
    NoSuchDomain {
        /// The domain, or the host that an SRV record names.
        domain: String,
    },
    /// No DNS server answered in time.
    #[error("DNS does not answer for {domain}")]
    DnsTimeout {
        /// The domain, or the host that an SRV record names.
        domain: String,
    },
    /// A DNS server answered with an error of its own (SERVFAIL, REFUSED), or none can be reached.
    #[error("DNS fails for {domain}: {reason}")]
    DnsFailure {
        /// The domain, or the host that an SRV record names.
        domain: String,
        /// What the resolver said.
        reason: String,
    },
    /// The domain's SRV record says that it does not offer the service (target ".", RFC 2782).
    #[error("{domain} offers no such service")]
    Refused {
        /// The domain.
        domain: String,
    },
    /// There are addresses, and none of them took a connection.
    #[error("nobody answers at {domain}: {reason}")]
    Unreachable {
        /// The domain.
        domain: String,
        /// What became of the last attempt.
        reason: String,
    },
    /// The configured DNS server is not `address` or `address:port`.
    #[error(
        "{server:?} is not the address of a DNS server (such as 192.0.2.1 or [2001:db8::1]:53)"
    )]
    Server {
        /// The setting as it was given.
        server: String,
    },
    /// The file of certificate authorities cannot be read.
    #[error("cannot read the certificate authorities in {path}: {reason}")]
    Authorities {
        /// The PEM file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {reason}")]
    Tls {
        /// What rustls said.
        reason: String,
    },
}

impl Error {
    /// Whether trying again soon can help: silence and failures pass, a refusal or a missing domain
    /// does not (within minutes).
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::DnsTimeout { .. } | Self::DnsFailure { .. } | Self::Unreachable { .. } => true,
            Self::NotPublic { .. }
            | Self::NoSuchDomain { .. }
            | Self::Refused { .. }
            | Self::Server { .. }
            | Self::Authorities { .. }
            | Self::Tls { .. } => false,
        }
    }

    pub(crate) fn unreachable(domain: &str, reason: &io::Error) -> Self {
        Self::Unreachable { domain: domain.to_owned(), reason: reason.to_string() }
    }
}

/// Why a certificate is not good for a domain.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum Distrust {
    /// No certificate was presented.
    #[error("no certificate was presented")]
    Missing,
    /// The domain is neither a DNS name nor an address, so no certificate can be for it.
    #[error("no certificate can be for {domain:?}")]
    Name {
        /// The domain as it was given.
        domain: String,
    },
    /// The system has no certificate authorities, and none are configured.
    #[error("there are no certificate authorities on this system")]
    NoAuthorities,
    /// Path, name or time do not hold (RFC 5280, RFC 6125); the text says which.
    #[error("the certificate does not hold: {reason}")]
    Invalid {
        /// What rustls said.
        reason: String,
    },
}
