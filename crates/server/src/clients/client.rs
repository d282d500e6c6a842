//! One program that logs in to an account.

use jiff::{SignedDuration, Timestamp};
use televisor_xmpp::sasl2::UserAgent;

use crate::clients::token::Tokens;

/// Characters kept of what a program says of itself.
const SHOWN: usize = 64;

/// How old the time of the last log-in may be on disk.
const STALE: SignedDuration = SignedDuration::from_hours(1);

/// A program that has logged in, and said which one it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Client {
    /// Stands for it in the list; says nothing of how it names itself.
    pub(crate) id: String,
    pub(crate) software: Option<String>,
    pub(crate) device: Option<String>,
    pub(crate) first_seen: Timestamp,
    pub(crate) last_seen: Timestamp,
    /// Which credentials the account had when it was last here.
    pub(crate) credentials: [u8; 32],
    /// Whether it has proven to know them.
    pub(crate) password: bool,
    pub(crate) tokens: Tokens,
}

impl Client {
    pub(crate) fn new(id: String, credentials: [u8; 32], now: Timestamp) -> Self {
        Self {
            id,
            software: None,
            device: None,
            first_seen: now,
            last_seen: Timestamp::MIN,
            credentials,
            password: false,
            tokens: Tokens::default(),
        }
    }

    /// Notes that it has logged in. Returns whether that is worth a write.
    pub(crate) fn seen(
        &mut self,
        agent: &UserAgent,
        credentials: [u8; 32],
        password: bool,
        now: Timestamp,
    ) -> bool {
        let before = (self.software.clone(), self.device.clone(), self.credentials, self.password);
        if self.credentials != credentials {
            self.renew(credentials);
        }
        self.software = agent.software.as_deref().and_then(plain);
        self.device = agent.device.as_deref().and_then(plain);
        self.password |= password;
        let last = std::mem::replace(&mut self.last_seen, now);
        before != (self.software.clone(), self.device.clone(), self.credentials, self.password)
            || now.duration_since(last) >= STALE
    }

    /// What it had before the account's credentials were replaced is worth nothing.
    fn renew(&mut self, credentials: [u8; 32]) {
        self.credentials = credentials;
        self.password = false;
        self.tokens = Tokens::default();
    }
}

/// A stranger's text, as it may be shown: one line, and not a long one.
fn plain(text: &str) -> Option<String> {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let text: String = text.trim().chars().filter(|c| !hidden(*c)).take(SHOWN).collect();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::token::Token;
    use televisor_xmpp::ht::HtMechanism;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3600).unwrap()
    }

    #[test]
    fn logging_in_again_within_the_hour_is_not_worth_a_write() {
        let mut client = Client::new("x".into(), [1; 32], at(0));
        let agent = UserAgent { software: Some("Dino".into()), ..UserAgent::default() };
        let seen = [at(0), at(0), at(1)].map(|now| client.seen(&agent, [1; 32], true, now));
        assert_eq!(seen, [true, false, true]);
    }

    #[test]
    fn other_credentials_end_what_the_tokens_are_worth() {
        let mut client = Client::new("x".into(), [1; 32], at(0));
        client.tokens.current = Some(Token::new("t".into(), HtMechanism::None, at(0)));
        client.password = true;
        client.seen(&UserAgent::default(), [2; 32], false, at(1));
        assert_eq!((client.tokens, client.password), (Tokens::default(), false));
    }

    #[test]
    fn what_a_program_says_of_itself_is_one_short_line() {
        assert_eq!(plain(" a\n\u{202e}b ").as_deref(), Some("ab"));
        assert_eq!(plain(&"x".repeat(999)).unwrap().len(), SHOWN);
        assert_eq!(plain("\u{7}"), None);
    }
}
