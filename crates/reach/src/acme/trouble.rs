//! What can go wrong on the way to a certificate, in words that say what to do about it.

use instant_acme::{Error as Acme, Problem};

/// Why there is no (new) certificate. Begins in lower case and ends without a stop: it stands in a
/// sentence.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The configuration cannot be followed.
    #[error("{0}")]
    Configuration(String),
    /// The proof could not be put into DNS; the authority was not troubled with it.
    #[error("{0}")]
    Dns(#[from] crate::dns::Failure),
    /// What was had cannot be kept or used.
    #[error("{0}")]
    Keep(#[from] crate::Error),
    /// The authority cannot be reached, or not understood.
    #[error("the authority cannot be reached ({0})")]
    Unreachable(String),
    /// The authority no longer knows our account.
    #[error("the authority does not know the account it has just made")]
    AccountGone,
    /// The authority says no.
    #[error("the authority says: {0}")]
    Refused(String),
    /// It all took too long.
    #[error("the authority took too long")]
    TooLong,
}

impl Trouble {
    /// Whether the authority has counted this as a failed attempt: then the next has to wait
    /// longer.
    pub(super) const fn counts(&self) -> bool {
        match self {
            Self::Refused(_) | Self::TooLong | Self::Keep(_) => true,
            Self::Configuration(_) | Self::Dns(_) | Self::Unreachable(_) | Self::AccountGone => {
                false
            }
        }
    }
}

impl From<Acme> for Trouble {
    fn from(error: Acme) -> Self {
        match error {
            Acme::Api(problem) if is_account_gone(&problem) => Self::AccountGone,
            Acme::Api(problem) => Self::Refused(words(&problem)),
            Acme::Timeout(_) => Self::TooLong,
            other => Self::Unreachable(with_causes(&other)),
        }
    }
}

fn is_account_gone(problem: &Problem) -> bool {
    problem.r#type.as_deref() == Some("urn:ietf:params:acme:error:accountDoesNotExist")
}

/// What a problem document says, without a stop at its end.
pub(super) fn words(problem: &Problem) -> String {
    let kind = problem.r#type.as_deref().and_then(|kind| kind.rsplit(':').next());
    let detail = problem.detail.as_deref().map(|detail| detail.trim_end_matches('.'));
    match (detail, kind) {
        (Some(detail), Some(kind)) => format!("{detail} ({kind})"),
        (Some(words), None) | (None, Some(words)) => words.to_owned(),
        (None, None) => "no, without a reason".to_owned(),
    }
}

/// An error and what it came from: "client error (Connect)" alone helps nobody.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = error.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> Trouble {
        Trouble::from(Acme::Api(serde_json::from_str(text).unwrap()))
    }

    #[test]
    fn what_the_authority_says_is_passed_on() {
        let trouble = problem(
            r#"{"type": "urn:ietf:params:acme:error:dns", "detail": "No TXT record found."}"#,
        );
        assert_eq!(trouble.to_string(), "the authority says: No TXT record found (dns)");
        assert!(trouble.counts());
    }

    #[test]
    fn an_account_that_is_gone_is_not_a_failed_attempt() {
        let trouble = problem(r#"{"type": "urn:ietf:params:acme:error:accountDoesNotExist"}"#);
        assert!(matches!(trouble, Trouble::AccountGone) && !trouble.counts());
    }
}
