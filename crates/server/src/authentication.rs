//! RFC 6120 section 6: SASL, the server's side. The same exchanges serve both profiles; `sasl2` has
//! what is peculiar to the other.
//!
//! SCRAM with SHA-256 and SHA-1, bound to the channel where TLS 1.3 makes that possible, and PLAIN
//! inside TLS. An account that does not exist looks, and takes, the same as a wrong password.

use televisor_model::ScramKeys;
use televisor_xmpp::element::Element;
use televisor_xmpp::ht::HtMechanism;
use televisor_xmpp::jid::BareJid;
use televisor_xmpp::ns;
use televisor_xmpp::sasl::{PLAIN, Plain, SaslCondition, SaslReply, SaslRequest};
use televisor_xmpp::sasl2::{Sasl2Reply, Sasl2Request};
use televisor_xmpp::scram::{
    ChannelBinding, Hash, Mechanism, Offer, server as scram, unknown_user_keys, verify_plain,
};
use televisor_xmpp::stream::StreamCondition;

use crate::accounts::{Account, Peer, Refusal};
use crate::fast::Fast;
use crate::negotiation::Negotiation;
use crate::random::token;
use crate::wire::Fault;

/// What accounts that do not exist pretend to have, where no account says otherwise.
const ITERATIONS: u32 = 4096;

/// What one stream is offered.
#[derive(Debug)]
pub(crate) struct Mechanisms {
    /// What this connection can be bound to, strongest first.
    bindings: Vec<ChannelBinding>,
    scram: bool,
    plain: bool,
}

/// Which elements an exchange is wrapped in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// RFC 6120 section 6.
    Sasl,
    /// XEP-0388.
    Sasl2,
}

/// One attempt, and what goes with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exchange<'a> {
    pub(crate) profile: Profile,
    pub(crate) mechanisms: &'a Mechanisms,
    /// What is said of tokens.
    pub(crate) fast: Option<&'a Fast>,
}

/// Somebody who has proven who it is.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    /// The localpart.
    pub(crate) account: String,
    /// What the mechanism has to say beside.
    pub(crate) additional: Option<Vec<u8>>,
    pub(crate) method: Method,
}

/// How it was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// By the account's credentials.
    Password,
    /// By a token; whether it is time for another, of this mechanism.
    Token { due: Option<HtMechanism> },
}

impl Mechanisms {
    /// Everything inside TLS; SCRAM alone in the clear, and that only within this machine.
    pub(crate) fn offered(peer: &Peer, bindings: Vec<ChannelBinding>) -> Self {
        Self { bindings, scram: peer.secure || peer.loopback, plain: peer.secure }
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.scram
    }

    pub(crate) fn bindings(&self) -> &[ChannelBinding] {
        &self.bindings
    }

    pub(crate) fn binding(&self, kind: &str) -> Option<&ChannelBinding> {
        self.bindings.iter().find(|binding| binding.kind() == kind)
    }

    /// The mechanisms for tokens, best first.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = HtMechanism> {
        let has = |kind| self.binding(kind).is_some();
        HtMechanism::ALL.into_iter().filter(move |m| self.scram && m.binding().is_none_or(has))
    }

    /// What both ends should agree was offered (XEP-0474).
    fn offer(&self) -> Offer {
        let mechanisms = self.names().into_iter().map(str::to_owned).collect();
        let bindings = self.bindings.iter().map(|binding| binding.kind().to_owned()).collect();
        Offer { mechanisms, bindings }
    }

    /// Their names, best first.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let scram = Mechanism::ALL.into_iter().filter(|mechanism| self.has(*mechanism));
        scram.map(Mechanism::as_str).chain(self.plain.then_some(PLAIN)).collect()
    }

    fn has(&self, mechanism: Mechanism) -> bool {
        self.scram && (!self.bindings.is_empty() || !mechanism.plus)
    }
}

impl Negotiation {
    /// Runs one attempt, which `auth` began; returns the account. `None`: it has failed, and the
    /// client was told.
    pub(crate) async fn sasl(
        &mut self,
        mechanisms: &Mechanisms,
        auth: &Element,
    ) -> Result<Option<String>, Fault> {
        let exchange = Exchange { profile: Profile::Sasl, mechanisms, fast: None };
        let attempted = match SaslRequest::from_element(auth) {
            Ok(Some(SaslRequest::Auth { mechanism, initial })) => {
                self.attempt(exchange, &mechanism, initial).await?
            }
            Ok(_) => Err(SaslCondition::MalformedRequest),
            Err(condition) => Err(condition),
        };
        let (reply, account) = match attempted {
            Ok(login) => (SaslReply::Success(login.additional), Some(login.account)),
            Err(condition) => {
                tracing::debug!(peer = %self.peer.addr, %condition, "authentication failed");
                (SaslReply::Failure(condition.into()), None)
            }
        };
        self.send(&reply.to_element()).await?;
        Ok(account)
    }

    /// Runs one attempt up to its outcome, which is for the caller to tell.
    pub(crate) async fn attempt(
        &mut self,
        exchange: Exchange<'_>,
        name: &str,
        initial: Option<Vec<u8>>,
    ) -> Result<Result<Login, SaslCondition>, Fault> {
        let Some(chosen) = exchange.choose(name) else {
            let clear = name == PLAIN || exchange.mechanisms.is_empty();
            return Ok(Err(if clear && !self.peer.secure {
                SaslCondition::EncryptionRequired
            } else {
                SaslCondition::InvalidMechanism
            }));
        };
        let message = match initial {
            Some(message) => message,
            // Section 6.4.2: without an initial response, the challenge is empty.
            None => match self.challenge(exchange.profile, Vec::new()).await? {
                Ok(message) => message,
                Err(condition) => return Ok(Err(condition)),
            },
        };
        match chosen {
            Chosen::Scram(mechanism) => self.scram(mechanism, exchange, &message).await,
            Chosen::Plain => Ok(self.plain(&message)),
            Chosen::Token(mechanism, fast) => {
                Ok(self.token(mechanism, exchange.mechanisms, fast, &message).await)
            }
        }
    }

    async fn challenge(
        &mut self,
        profile: Profile,
        data: Vec<u8>,
    ) -> Result<Result<Vec<u8>, SaslCondition>, Fault> {
        let challenge = match profile {
            Profile::Sasl => SaslReply::Challenge(data).to_element(),
            Profile::Sasl2 => Sasl2Reply::Challenge(data).to_element(),
        };
        self.send(&challenge).await?;
        let element = self.element().await?;
        match profile {
            Profile::Sasl => Ok(response(&element)),
            Profile::Sasl2 => response2(&element),
        }
    }

    async fn scram(
        &mut self,
        mechanism: Mechanism,
        exchange: Exchange<'_>,
        message: &[u8],
    ) -> Result<Result<Login, SaslCondition>, Fault> {
        let Exchange { profile, mechanisms, .. } = exchange;
        let started = match scram::start(mechanism, mechanisms.bindings(), message) {
            Ok(started) => started.offering(&mechanisms.offer()),
            Err(error) => return Ok(Err(error.condition())),
        };
        let claimed = self.claimed(started.username());
        let authzid = started.authzid().map(str::to_owned);
        if !self.allows(&claimed) {
            return Ok(Err(SaslCondition::TemporaryAuthFailure));
        }
        let (keys, credentials) = self.keys(&claimed, mechanism.hash);
        let Ok(nonce) = token() else { return Ok(Err(SaslCondition::TemporaryAuthFailure)) };
        let (challenge, challenged) = started.challenge(keys, &nonce);
        let last = match self.challenge(profile, challenge.into_bytes()).await? {
            Ok(message) => message,
            Err(condition) => return Ok(Err(condition)),
        };
        // Others may have failed meanwhile: nobody guesses more often by guessing in parallel.
        if !self.allows(&claimed) {
            return Ok(Err(SaslCondition::TemporaryAuthFailure));
        }
        Ok(match challenged.verify(&last) {
            Ok(proof) => self
                .admitted(&claimed, authzid.as_deref(), credentials)
                .map(|account| Login::by_password(account, Some(proof.into_bytes()))),
            Err(error) => {
                self.failed(&claimed);
                Err(error.condition())
            }
        })
    }

    fn plain(&mut self, message: &[u8]) -> Result<Login, SaslCondition> {
        let plain = Plain::parse(message)?;
        let claimed = self.claimed(&plain.authcid);
        if !self.allows(&claimed) {
            return Err(SaslCondition::TemporaryAuthFailure);
        }
        let (keys, credentials) = self.keys(&claimed, Hash::Sha256);
        if !verify_plain(&plain.password, &keys) {
            self.failed(&claimed);
            return Err(SaslCondition::NotAuthorized);
        }
        let account = self.admitted(&claimed, plain.authzid.as_deref(), credentials)?;
        Ok(Login::by_password(account, None))
    }

    /// Returns the localpart that a user name claims, in its prepared form.
    ///
    /// COMPAT(clients that log in with their whole address): `name@host` means `name`.
    pub(crate) fn claimed(&self, username: &str) -> String {
        let aliases = self.shared.context.aliases();
        let local = match username.split_once('@') {
            Some((local, host)) if aliases.is_ours(host) => local,
            _ => username,
        };
        let address = format!("{local}@{}", aliases.canonical()).parse::<BareJid>().ok();
        let prepared = address.and_then(|address| address.localpart().map(str::to_owned));
        prepared.unwrap_or_else(|| username.to_owned())
    }

    fn account(&self, claimed: &str) -> Option<Account> {
        self.shared.context.accounts().account(claimed)
    }

    /// Returns what a password is checked against, and which credentials of the account that is.
    fn keys(&self, claimed: &str, hash: Hash) -> (ScramKeys, Option<[u8; 32]>) {
        let of = |account: Account| match hash {
            Hash::Sha1 => account.scram_sha1,
            Hash::Sha256 => account.scram_sha256,
        };
        if let Some(account) = self.account(claimed) {
            let credentials = account.credentials();
            return (of(account), Some(credentials));
        }
        let others = self.shared.context.accounts().accounts();
        let iterations = others.into_iter().next().map_or(ITERATIONS, |a| of(a).iterations);
        (unknown_user_keys(&self.shared.secret, claimed, iterations, hash), None)
    }

    /// Whether the account still has the credentials that were proven to be known.
    pub(crate) fn is_current(&self, account: &Account) -> bool {
        self.credentials == Some(account.credentials())
    }

    /// These credentials were right: whether this account may come in, from here, as whom it says.
    pub(crate) fn admitted(
        &mut self,
        claimed: &str,
        authzid: Option<&str>,
        credentials: Option<[u8; 32]>,
    ) -> Result<String, SaslCondition> {
        self.credentials = credentials;
        // Whoever knows what was good when the exchange began, and is no longer, knows nothing.
        let admitted = match self.account(claimed).filter(|account| self.is_current(account)) {
            Some(_) => self.shared.context.accounts().admit(claimed, &self.peer),
            None => Err(Refusal::Unknown),
        };
        if let Err(refusal) = admitted {
            tracing::info!(account = claimed, peer = %self.peer.addr, %refusal, "not let in");
            return Err(match refusal {
                Refusal::Unknown | Refusal::Elsewhere => {
                    // As a wrong password, down to the count.
                    self.failed(claimed);
                    SaslCondition::NotAuthorized
                }
                Refusal::Disabled => SaslCondition::AccountDisabled,
                Refusal::Expired => SaslCondition::CredentialsExpired,
                Refusal::Later => SaslCondition::TemporaryAuthFailure,
            });
        }
        // Section 6.3.8: nobody acts for anybody else here. XEP-0388 section 3.3: nor for another
        // than the stream says it is from.
        let own = self.shared.context.address(claimed);
        let stranger = |id: &str| {
            let id = self.shared.context.aliases().inward_address(id).parse::<BareJid>();
            id.map_or(true, |id| id.to_string() != own) || !self.may_be(claimed)
        };
        if authzid.is_some_and(stranger) {
            return Err(SaslCondition::InvalidAuthzid);
        }
        let Peer { addr, on_link, .. } = self.peer;
        self.shared.throttle.succeeded(claimed, addr.ip(), on_link);
        Ok(claimed.to_owned())
    }

    pub(crate) fn allows(&self, claimed: &str) -> bool {
        let Peer { addr, on_link, .. } = self.peer;
        self.shared.throttle.allows(claimed, addr.ip(), on_link)
    }

    pub(crate) fn failed(&self, claimed: &str) {
        let Peer { addr, on_link, .. } = self.peer;
        let exists = self.shared.context.accounts().exists(claimed);
        self.shared.throttle.failed(claimed, addr.ip(), on_link, exists);
    }
}

impl Login {
    fn by_password(account: String, additional: Option<Vec<u8>>) -> Self {
        Self { account, additional, method: Method::Password }
    }
}

/// A mechanism that is offered.
enum Chosen<'a> {
    Scram(Mechanism),
    Plain,
    Token(HtMechanism, &'a Fast),
}

impl<'a> Exchange<'a> {
    fn choose(self, name: &str) -> Option<Chosen<'a>> {
        if let Some(mechanism) = name.parse().ok().filter(|m| self.mechanisms.has(*m)) {
            return Some(Chosen::Scram(mechanism));
        }
        if name == PLAIN && self.mechanisms.plain {
            return Some(Chosen::Plain);
        }
        // XEP-0484 section 4.4: whoever has a token says so.
        let fast = self.fast.filter(|fast| fast.token)?;
        let mechanism = self.mechanisms.tokens().find(|mechanism| mechanism.as_str() == name)?;
        Some(Chosen::Token(mechanism, fast))
    }
}

fn response(element: &Element) -> Result<Vec<u8>, SaslCondition> {
    match SaslRequest::from_element(element)? {
        Some(SaslRequest::Response(data)) => Ok(data),
        Some(SaslRequest::Abort) => Err(SaslCondition::Aborted),
        _ => Err(SaslCondition::MalformedRequest),
    }
}

/// XEP-0388 section 3.4: whoever sends anything else now is disconnected.
fn response2(element: &Element) -> Result<Result<Vec<u8>, SaslCondition>, Fault> {
    if !element.is("response", ns::SASL2) && !element.is("abort", ns::SASL2) {
        return Err(StreamCondition::NotAuthorized.into());
    }
    Ok(match Sasl2Request::from_element(element) {
        Ok(Some(Sasl2Request::Response(data))) => Ok(data),
        Ok(Some(Sasl2Request::Abort)) => Err(SaslCondition::Aborted),
        Ok(Some(Sasl2Request::Authenticate { .. }) | None) => Err(SaslCondition::MalformedRequest),
        Err(condition) => Err(condition),
    })
}
