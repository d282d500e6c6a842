//! What can go wrong between the receiver and the DNS server of its name, in words that say what to
//! do about it.

use std::path::PathBuf;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::rdata::tsig::TsigError;

/// Why the records are not what they should be. Begins in lower case and ends without a stop: it
/// stands in a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// The configuration cannot be followed.
    #[error("{0}")]
    Configuration(String),
    /// There is no usable key.
    #[error("the key in {file} cannot be used: {why}", file = file.display())]
    Key {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Nobody answers there.
    #[error("the DNS server {server} cannot be reached ({why})")]
    Unreachable {
        /// As configured.
        server: String,
        /// What the system says.
        why: String,
    },
    /// An answer did not come in time.
    #[error("the DNS server {server} did not answer in time")]
    Silence {
        /// As configured.
        server: String,
    },
    /// What came is not an answer to what was asked.
    #[error("the DNS server {server} gave an answer that makes no sense ({why})")]
    Nonsense {
        /// As configured.
        server: String,
        /// What is wrong with it.
        why: String,
    },
    /// The change was confirmed, but not by one who has the key.
    #[error(
        "the answer does not bear the signature of the key {key}: somebody other than the DNS server {server} may have given it"
    )]
    Forged {
        /// As configured.
        server: String,
        /// The name of the key.
        key: String,
    },
    /// The server says no.
    #[error("{0}")]
    Refused(String),
    /// The server says yes and does not do it.
    #[error(
        "the DNS server accepted the change and still answers otherwise for {what}; is there a CNAME, or is another program changing it?"
    )]
    Unchanged {
        /// Name and type.
        what: String,
    },
}

/// What this answer to an update means: nothing if it was done.
pub(super) fn refusal(
    code: ResponseCode,
    tsig: Option<TsigError>,
    key: &str,
    zone: &str,
) -> Option<Failure> {
    let (key, zone) = (key.trim_end_matches('.'), zone.trim_end_matches('.'));
    let words = match (code, tsig) {
        (ResponseCode::NoError, None) => return None,
        (_, Some(TsigError::BadKey)) => format!(
            "the DNS server does not know the key {key}, or lets it change nothing here (BADKEY); name and algorithm must be the same on both sides"
        ),
        (_, Some(TsigError::BadSig | TsigError::BadTrunc)) => {
            format!("the secret of the key {key} is not the one the DNS server has (BADSIG)")
        }
        (_, Some(TsigError::BadTime)) => {
            "the receiver's clock and the DNS server's are more than five minutes apart (BADTIME)"
                .to_owned()
        }
        (ResponseCode::NotAuth, _) => format!(
            "the DNS server is not the primary one of {zone}, or does not take the key {key} (NOTAUTH)"
        ),
        (ResponseCode::Refused, _) => format!(
            "the DNS server does not let the key {key} change these records of {zone} (REFUSED)"
        ),
        (ResponseCode::NotZone, _) => format!("the name does not lie in the zone {zone} (NOTZONE)"),
        (ResponseCode::NotImp, _) => "the DNS server takes no updates (NOTIMP)".to_owned(),
        (ResponseCode::ServFail, _) => {
            "the DNS server failed (SERVFAIL); its log says why".to_owned()
        }
        (ResponseCode::FormErr, _) => {
            "the DNS server did not understand the update (FORMERR)".to_owned()
        }
        (other, _) => format!("the DNS server refused the change ({other})"),
    };
    Some(Failure::Refused(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(code: ResponseCode, tsig: Option<TsigError>) -> String {
        refusal(code, tsig, "televisor", "example.org").unwrap().to_string()
    }

    #[test]
    fn wrong_keys_and_clocks_are_told_apart() {
        assert!(words(ResponseCode::NotAuth, Some(TsigError::BadKey)).contains("does not know"));
        assert!(words(ResponseCode::NotAuth, Some(TsigError::BadSig)).contains("secret"));
        assert!(words(ResponseCode::NotAuth, Some(TsigError::BadTime)).contains("clock"));
        assert!(words(ResponseCode::NotAuth, None).contains("not the primary"));
        assert!(words(ResponseCode::Refused, None).contains("REFUSED"));
    }

    #[test]
    fn a_change_that_was_made_is_no_refusal() {
        assert_eq!(refusal(ResponseCode::NoError, None, "televisor", "example.org"), None);
    }
}
