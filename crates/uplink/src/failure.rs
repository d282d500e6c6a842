//! Why there is no session, or none any more.

use televisor_xmpp::{StreamCondition, StreamError};

/// What ended an attempt or a session. `Display` is fit for a person.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Trying again soon is pointless: the account, the password or the settings are wrong.
    #[error("{0}")]
    Refused(String),
    /// The connection failed or was lost.
    #[error("{0}")]
    Lost(String),
    /// RFC 6120 section 4.9.3.19: the server wants us elsewhere.
    #[error("the server refers to {0}")]
    Elsewhere(String),
    /// RFC 6120 section 4.9.3.3: another session has taken our resource.
    #[error("another session took this one's place")]
    Conflict,
    /// We were asked to stop.
    #[error("stopped")]
    Stopped,
}

impl Failure {
    pub(crate) fn lost(why: impl Into<String>) -> Self {
        Self::Lost(why.into())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Lost(format!("the connection failed: {error}"))
    }
}

impl From<StreamError> for Failure {
    fn from(error: StreamError) -> Self {
        match (error.condition, error.other_host) {
            (StreamCondition::SeeOtherHost, Some(host)) => Self::Elsewhere(host),
            (StreamCondition::Conflict, _) => Self::Conflict,
            (StreamCondition::HostUnknown | StreamCondition::HostGone, _) => {
                Self::Refused("the server does not know the account's domain".to_owned())
            }
            (StreamCondition::NotAuthorized, _) => {
                Self::Refused("the server says that the login does not count".to_owned())
            }
            (condition, _) => Self::Lost(format!("the server closed the stream ({condition})")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_error_says_what_to_do_next() {
        let mut elsewhere = StreamError::new(StreamCondition::SeeOtherHost);
        elsewhere.other_host = Some("other.example".to_owned());
        assert!(
            matches!(Failure::from(elsewhere), Failure::Elsewhere(host) if host == "other.example")
        );
        let conflict = StreamError::new(StreamCondition::Conflict);
        assert!(matches!(Failure::from(conflict), Failure::Conflict));
        let shutdown = StreamError::new(StreamCondition::SystemShutdown);
        assert!(matches!(Failure::from(shutdown), Failure::Lost(_)));
        let unknown = StreamError::new(StreamCondition::HostUnknown);
        assert!(matches!(Failure::from(unknown), Failure::Refused(_)));
    }
}
