//! XEP-0484: logging in with a token, in one round trip (SASL HT with SHA-256).
//!
//! A token belongs to one program of one account, by the id that program gives itself; it is bound
//! to one mechanism. Left out: early data of TLS (0-RTT), which is not taken here at all. The count
//! is looked at all the same where a client sends one.

use televisor_xmpp::element::Element;
use televisor_xmpp::ht::{HtMechanism, Initiator};
use televisor_xmpp::ns;
use televisor_xmpp::sasl::SaslCondition;

use crate::authentication::{Login, Mechanisms, Method};
use crate::clients::token::Token;
use crate::negotiation::Negotiation;

/// What a client asks for with `<fast/>` and `<request-token/>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Fast {
    /// Whether it logs in with a token.
    pub(crate) token: bool,
    pub(crate) count: Option<u32>,
    /// Whether that token is to be good no longer.
    invalidate: bool,
    /// The mechanism it wants a token for.
    wanted: Option<HtMechanism>,
    /// What the program calls itself.
    agent: Option<String>,
}

impl Fast {
    pub(crate) fn from_element(
        authenticate: &Element,
        agent: Option<String>,
    ) -> Result<Self, SaslCondition> {
        let fast = authenticate.child("fast", ns::FAST);
        let count = fast.and_then(|fast| fast.attr("count")).map(str::parse).transpose();
        let wanted = authenticate.child("request-token", ns::FAST);
        Ok(Self {
            token: fast.is_some(),
            count: count.map_err(|_| SaslCondition::MalformedRequest)?,
            invalidate: fast
                .and_then(|fast| fast.attr("invalidate"))
                .is_some_and(|value| matches!(value, "1" | "true")),
            wanted: wanted.and_then(|wanted| wanted.attr("mechanism")?.parse().ok()),
            agent,
        })
    }
}

/// Makes what a token is handed over in.
pub(crate) fn token(token: &Token) -> Element {
    Element::builder("token", ns::FAST)
        .attr("token", &token.secret)
        .attr("expiry", token.expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .build()
}

/// Makes the offer, as something to ask for inside `<authenticate/>`.
pub(crate) fn feature(mechanisms: &Mechanisms) -> Element {
    let names = mechanisms.tokens().map(HtMechanism::as_str);
    names.fold(Element::builder("fast", ns::FAST), |l, name| l.field("mechanism", name)).build()
}

impl Negotiation {
    /// Checks the one message of a client that logs in with a token.
    pub(crate) async fn token(
        &mut self,
        mechanism: HtMechanism,
        mechanisms: &Mechanisms,
        fast: &Fast,
        message: &[u8],
    ) -> Result<Login, SaslCondition> {
        let initiator = Initiator::parse(message)?;
        let claimed = self.claimed(&initiator.authcid);
        if !self.allows(&claimed) {
            return Err(SaslCondition::TemporaryAuthFailure);
        }
        let binding = mechanism.binding().and_then(|kind| mechanisms.binding(kind));
        let clients = self.shared.context.clients().clone();
        let agent = fast.agent.as_deref().unwrap_or_default();
        let proof = clients.proven(&claimed, agent, mechanism, &initiator, binding);
        // The stream may say from the start whose it is (section 4.1); then it is that.
        let proof = proof.filter(|_| self.may_be(&claimed));
        let Some((proof, credentials)) = proof else {
            self.failed(&claimed);
            return Err(SaslCondition::NotAuthorized);
        };
        if proof.expired {
            return Err(SaslCondition::CredentialsExpired);
        }
        let account = self.admitted(&claimed, None, Some(credentials))?;
        if !clients.used(&account, agent, &proof, fast.count).await {
            self.failed(&claimed);
            return Err(SaslCondition::NotAuthorized);
        }
        let method = Method::Token { due: proof.due.then_some(mechanism) };
        Ok(Login { account, additional: Some(proof.responder), method })
    }

    /// Takes back, and gives, what tokens a client that has logged in should lose and get.
    pub(crate) async fn tokens(
        &mut self,
        login: &Login,
        client: Option<&str>,
        mechanisms: &Mechanisms,
        fast: &Fast,
    ) -> Option<Token> {
        let clients = self.shared.context.clients().clone();
        let (account, client) = (&login.account, client?);
        let due = match login.method {
            Method::Token { .. } if fast.invalidate => {
                clients.invalidate(account, client).await;
                None
            }
            Method::Token { due } => due,
            Method::Password => None,
        };
        let wanted = fast.wanted.filter(|wanted| mechanisms.tokens().any(|has| has == *wanted));
        clients.issue(account, client, self.credentials?, wanted.or(due)?).await
    }
}
