//! XEP-0484: tokens, and the two slots of its section 5.1.
//!
//! A token is kept as it is: whoever checks its proof must know what the client knows. It is worth
//! one program's access to one account, for weeks, and is gone when the account's credentials are.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use televisor_xmpp::ht::{HtMechanism, Initiator, responder};
use televisor_xmpp::scram::ChannelBinding;

/// How long a token is good for: longer than a summer holiday.
const LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A token that is used when it is older than this is replaced.
const ROTATION: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A secret that a client was given to log in with.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) secret: String,
    /// The one it may be used with.
    pub(crate) mechanism: HtMechanism,
    pub(crate) issued: Timestamp,
    pub(crate) expires: Timestamp,
    /// The highest count it was used with.
    pub(crate) count: Option<u32>,
}

/// The tokens of one client.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Tokens {
    /// The one it used last.
    pub(crate) current: Option<Token>,
    /// The one it was given since.
    pub(crate) new: Option<Token>,
}

/// A token that a client has proven to hold.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Proof {
    pub(crate) secret: String,
    /// Whether it has run out.
    pub(crate) expired: bool,
    /// Whether it is time for another.
    pub(crate) due: bool,
    /// What proves it to the client.
    pub(crate) responder: Vec<u8>,
}

impl Token {
    pub(crate) fn new(secret: String, mechanism: HtMechanism, now: Timestamp) -> Self {
        let expires = now.saturating_add(LIFETIME).unwrap_or(Timestamp::MAX);
        Self { secret, mechanism, issued: now, expires, count: None }
    }

    fn is_fresh(&self, count: u32) -> bool {
        self.count.is_none_or(|last| count > last)
    }
}

impl Tokens {
    /// Finds the token that is proven; the newer one is looked at first.
    pub(crate) fn proven(
        &self,
        mechanism: HtMechanism,
        initiator: &Initiator,
        binding: Option<&ChannelBinding>,
        now: Timestamp,
    ) -> Option<Proof> {
        let usable = self.new.iter().chain(&self.current).filter(|t| t.mechanism == mechanism);
        // Both are compared, whichever fits.
        let proven: Vec<&Token> =
            usable.filter(|token| initiator.proves(&token.secret, binding)).collect();
        let token = proven.first()?;
        Some(Proof {
            secret: token.secret.clone(),
            expired: now >= token.expires,
            due: now.duration_since(token.issued) >= ROTATION,
            responder: responder(&token.secret, binding),
        })
    }

    /// Notes that a token was used. It takes the place of the older one, which is good no longer.
    /// Returns whether it is still there, and `count` was never used with it before.
    pub(crate) fn used(&mut self, secret: &str, count: Option<u32>) -> bool {
        let is = |token: &&mut Token| token.secret == secret;
        let fresh = |token: &Token| count.is_none_or(|count| token.is_fresh(count));
        let newer = self.new.as_mut().filter(is).is_some();
        let slot = if newer { &mut self.new } else { &mut self.current };
        let Some(token) = slot.as_mut().filter(is).filter(|token| fresh(token)) else {
            return false;
        };
        token.count = count.or(token.count);
        if newer {
            self.current = self.new.take();
        }
        true
    }

    /// Whether any of them can be used now.
    pub(crate) fn are_live(&self, now: Timestamp) -> bool {
        self.new.iter().chain(&self.current).any(|token| now < token.expires)
    }
}

/// Hides the secret.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mechanism, expires, .. } = self;
        f.debug_struct("Token")
            .field("mechanism", mechanism)
            .field("expires", expires)
            .finish_non_exhaustive()
    }
}

/// Hides the secret.
impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proof").field("expired", &self.expired).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: HtMechanism = HtMechanism::None;

    fn token(secret: &str) -> Token {
        Token::new(secret.to_owned(), NONE, Timestamp::UNIX_EPOCH)
    }

    fn proven(tokens: &Tokens, secret: &str, mechanism: HtMechanism, day: i64) -> Option<Proof> {
        let initiator = Initiator::new("joe", secret, None);
        let now = Timestamp::from_second(day * 86_400).unwrap();
        tokens.proven(mechanism, &initiator, None, now)
    }

    #[test]
    fn the_older_token_is_good_until_the_newer_was_used() {
        let mut tokens = Tokens { current: Some(token("old")), new: Some(token("new")) };
        assert!(proven(&tokens, "old", NONE, 1).is_some());
        assert!(tokens.used("old", None));
        assert!(tokens.new.is_some());
        assert!(tokens.used("new", None));
        assert_eq!(tokens, Tokens { current: Some(token("new")), new: None });
        assert!(proven(&tokens, "old", NONE, 1).is_none());
        assert!(!tokens.used("old", None));
    }

    #[test]
    fn a_token_is_good_for_its_mechanism_only() {
        let tokens = Tokens { current: Some(token("secret")), new: None };
        assert!(proven(&tokens, "secret", HtMechanism::EndPoint, 1).is_none());
    }

    #[test]
    fn a_token_is_due_after_a_week_and_expired_after_a_month() {
        let tokens = Tokens { current: Some(token("secret")), new: None };
        let at = |day| {
            let proof = proven(&tokens, "secret", NONE, day).unwrap();
            (proof.due, proof.expired)
        };
        assert_eq!((at(6), at(7), at(30)), ((false, false), (true, false), (true, true)));
        assert!(tokens.are_live(Timestamp::UNIX_EPOCH));
        assert!(!tokens.are_live(tokens.current.clone().unwrap().expires));
    }

    #[test]
    fn a_count_may_only_rise() {
        let mut tokens = Tokens { current: Some(token("secret")), new: None };
        let used = [Some(1), Some(1), Some(7), Some(6), None, Some(8)]
            .map(|count| tokens.used("secret", count));
        assert_eq!(used, [true, false, true, false, true, true]);
    }
}
