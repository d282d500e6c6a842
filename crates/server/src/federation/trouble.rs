//! Why there is no stream to another domain, and what that means for what waits for it.

use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::stream::StreamError;

use crate::wire::Fault;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error(transparent)]
    Dial(#[from] televisor_dial::Error),
    #[error("it offers no TLS")]
    NoTls,
    #[error("the TLS handshake failed: {0}")]
    Handshake(std::io::Error),
    #[error("it is no name that TLS knows")]
    Name,
    #[error("{0}")]
    Stream(StreamError),
    #[error("it closed the stream")]
    Gone,
    #[error("it does not speak XMPP between servers")]
    Protocol,
    #[error("it took too long")]
    Timeout,
    #[error("it could not find out who we are: {0}")]
    Unverified(StanzaError),
    #[error("it does not believe who we are")]
    Refused,
}

impl Trouble {
    /// What to tell those who wait if it is not worth their waiting.
    pub(super) fn hopeless(&self) -> Option<Condition> {
        match self {
            Self::Dial(error) if !error.is_temporary() => Some(Condition::RemoteServerNotFound),
            // XEP-0220 section 2.1.1
            Self::Refused => Some(Condition::InternalServerError),
            Self::Unverified(_) => Some(Condition::RemoteServerTimeout),
            Self::NoTls | Self::Name => Some(Condition::RemoteServerNotFound),
            Self::Dial(_)
            | Self::Handshake(_)
            | Self::Stream(_)
            | Self::Gone
            | Self::Protocol
            | Self::Timeout => None,
        }
    }

    /// What to tell a server whose key could not be verified for it.
    pub(super) fn condition(&self) -> Condition {
        match self {
            Self::Dial(error) if !error.is_temporary() => Condition::RemoteServerNotFound,
            Self::Dial(_)
            | Self::NoTls
            | Self::Name
            | Self::Handshake(_)
            | Self::Stream(_)
            | Self::Gone
            | Self::Protocol
            | Self::Timeout
            | Self::Unverified(_)
            | Self::Refused => Condition::RemoteServerTimeout,
        }
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Gone | Fault::Closed => Self::Gone,
            Fault::Error(_) => Self::Protocol,
        }
    }
}
