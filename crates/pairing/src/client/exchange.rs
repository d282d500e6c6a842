//! What a device sends and what it believes: the protocol without its I/O.

use std::fmt;

use televisor_model::DeviceId;
use uuid::Uuid;

use super::error::Error;
use crate::digest::authorization::Ask;
use crate::digest::{Algorithm, AuthenticationInfo, Authorization, Challenge, Ha1s, hex};
use crate::offer::Offer;
use crate::random;

/// What a person typed. It does not show in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// Reads a code as people type it: spaces and hyphens between the digits do not matter.
    ///
    /// # Errors
    /// [`Error::NotACode`] unless there are four to eight digits and nothing else.
    pub fn read(typed: &str) -> Result<Self, Error> {
        let digits: String = typed
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2013}'))
            .collect();
        let fits = (4..=8).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if fits { Ok(Self(digits)) } else { Err(Error::NotACode) }
    }

    /// Returns the digits, which are the password until the upgrade. They never go into a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

/// A device that both sides call paired.
#[derive(Debug, Clone)]
pub struct Confirmed {
    /// The device's UUID, its user name from here on.
    pub id: DeviceId,
    /// Its password, until the upgrade.
    pub code: Code,
    /// The receiver's UUID.
    pub realm: Uuid,
    /// Who the receiver is and where to go next; `None` from a receiver of 2010. Believe it: it was
    /// signed with the code.
    pub offer: Option<Offer>,
}

/// Returns the best challenge among the values of `WWW-Authenticate`: SHA-256 before MD5.
pub(super) fn choose<'a>(values: impl Iterator<Item = &'a [u8]>) -> Option<Challenge> {
    let all: Vec<_> = values.filter_map(|value| Challenge::parse(value).ok()).flatten().collect();
    let better = all.iter().find(|c| c.algorithm == Algorithm::Sha256);
    better.or_else(|| all.first()).cloned()
}

/// Answers a challenge for the first time.
pub(super) fn answer(
    challenge: &Challenge,
    id: DeviceId,
    method: &str,
    uri: &str,
    password: &str,
) -> Result<(Authorization, Ha1s), Error> {
    let username = id.to_string();
    let ha1s = Ha1s::derive(&username, &challenge.realm, password);
    let cnonce = hex(&random::bytes::<16>()?);
    let ask = Ask { method, uri, username: &username, cnonce: &cnonce, nc: 1 };
    Ok((Authorization::answer(challenge, &ask, &ha1s), ha1s))
}

/// Says whether the receiver has shown that it knows the passcode, and what of its body to believe.
///
/// # Errors
/// [`Error::NotGenuine`] if it has not, or if somebody else signed the offer.
pub(super) fn believe(
    given: &Authorization,
    ha1s: &Ha1s,
    info: Option<&[u8]>,
    body: &[u8],
) -> Result<Option<Offer>, Error> {
    let info = info.and_then(|value| AuthenticationInfo::parse(value).ok());
    let Ok(offer) = serde_json::from_slice::<Offer>(body) else {
        // A receiver of 2010 need not send `rspauth`; there is nothing to believe either.
        return match info {
            Some(info) if !info.is_right(given, ha1s) => Err(Error::NotGenuine),
            _ => Ok(None),
        };
    };
    let knows = info.is_some_and(|info| info.is_right(given, ha1s));
    let same = offer.receiver.uuid.to_string() == given.realm;
    if knows && same && offer.is_genuine(&ha1s.sha256, given) {
        Ok(Some(offer))
    } else {
        Err(Error::NotGenuine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offer::OfferedReceiver;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        assert_eq!(Code::read(" 1234 5678\n").unwrap().expose(), "12345678");
        assert_eq!(Code::read("012-345").unwrap().expose(), "012345");
        for typed in ["", "123", "123456789", "12a4", "１２３４"] {
            assert!(Code::read(typed).is_err(), "{typed}");
        }
        assert!(!format!("{:?}", Code::read("4071").unwrap()).contains("4071"));
    }

    fn exchange() -> (Authorization, Ha1s, Offer) {
        let realm = Uuid::from_u128(7);
        let challenge = Challenge {
            realm: realm.to_string(),
            nonce: "n".to_owned(),
            algorithm: Algorithm::Md5,
            stale: false,
            opaque: None,
        };
        let id = DeviceId(Uuid::from_u128(9));
        let (given, ha1s) = answer(&challenge, id, "GET", "/a", "40718293").unwrap();
        let mut offer = Offer {
            receiver: OfferedReceiver { uuid: realm, name: "TV".to_owned() },
            jid: "a@b".to_owned(),
            xmpp_port: 5222,
            https_port: 8010,
            certificate_sha256: "00".to_owned(),
            proof: String::new(),
        };
        offer.sign(&ha1s.sha256, &given);
        (given, ha1s, offer)
    }

    #[test]
    fn a_genuine_offer_is_believed_and_a_changed_one_is_not() {
        let (given, ha1s, mut offer) = exchange();
        let info = given.acknowledge(&ha1s).to_string();
        let json = |offer: &Offer| serde_json::to_vec(offer).unwrap();
        let info = Some(info.as_bytes());
        assert_eq!(believe(&given, &ha1s, info, &json(&offer)).unwrap(), Some(offer.clone()));
        assert!(believe(&given, &ha1s, None, &json(&offer)).is_err());
        assert!(believe(&given, &ha1s, Some(b"rspauth=\"00\""), &json(&offer)).is_err());
        offer.certificate_sha256 = "01".to_owned();
        assert!(matches!(believe(&given, &ha1s, info, &json(&offer)), Err(Error::NotGenuine)));
    }

    #[test]
    fn a_receiver_of_2010_is_taken_at_its_2xx() {
        let (given, ha1s, _) = exchange();
        assert_eq!(believe(&given, &ha1s, None, b"paired").unwrap(), None);
        let other = Ha1s::derive("a", "b", "c");
        let lie = given.acknowledge(&other).to_string();
        assert!(believe(&given, &ha1s, Some(lie.as_bytes()), b"paired").is_err());
    }
}
