//! RFC 6120 section 6: SASL, the server's side.
//!
//! SCRAM with SHA-256 and SHA-1, bound to the channel where TLS 1.3 makes that possible, and PLAIN
//! inside TLS. An account that does not exist looks, and takes, the same as a wrong password.

use televisor_model::ScramKeys;
use televisor_xmpp::jid::BareJid;
use televisor_xmpp::sasl::{PLAIN, Plain, SaslCondition, SaslReply, SaslRequest};
use televisor_xmpp::scram::{
    ChannelBinding, Hash, Mechanism, server as scram, unknown_user_keys, verify_plain,
};

use televisor_xmpp::element::Element;

use crate::accounts::{Account, Peer, Refusal};
use crate::negotiation::Negotiation;
use crate::random::token;
use crate::wire::Fault;

/// What accounts that do not exist pretend to have, where no account says otherwise.
const ITERATIONS: u32 = 4096;

/// What one stream is offered.
#[derive(Debug)]
pub(crate) struct Mechanisms {
    exporter: Option<ChannelBinding>,
    scram: bool,
    plain: bool,
}

/// How an attempt ended. A failure has been told to the client, which may try again.
#[derive(Debug)]
pub(crate) enum Outcome {
    Success(String),
    Failure,
}

impl Mechanisms {
    /// Everything inside TLS; SCRAM alone in the clear, and that only within this machine.
    pub(crate) fn offered(peer: &Peer, exporter: Option<Vec<u8>>) -> Self {
        Self {
            exporter: exporter.map(ChannelBinding::tls_exporter),
            scram: peer.secure || peer.loopback,
            plain: peer.secure,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.scram
    }

    pub(crate) fn exporter(&self) -> Option<&ChannelBinding> {
        self.exporter.as_ref()
    }

    /// Their names, best first.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let scram = Mechanism::ALL.into_iter().filter(|mechanism| self.has(*mechanism));
        scram.map(Mechanism::as_str).chain(self.plain.then_some(PLAIN)).collect()
    }

    fn has(&self, mechanism: Mechanism) -> bool {
        self.scram && (self.exporter.is_some() || !mechanism.plus)
    }
}

impl Negotiation {
    /// Runs one attempt, which `auth` began.
    pub(crate) async fn sasl(
        &mut self,
        mechanisms: &Mechanisms,
        auth: &Element,
    ) -> Result<Outcome, Fault> {
        let (reply, outcome) = match self.attempt(mechanisms, auth).await? {
            Ok((account, data)) => (SaslReply::Success(data), Outcome::Success(account)),
            Err(condition) => {
                tracing::debug!(peer = %self.peer.addr, %condition, "authentication failed");
                (SaslReply::Failure(condition.into()), Outcome::Failure)
            }
        };
        self.send(&reply.to_element()).await?;
        Ok(outcome)
    }

    async fn attempt(
        &mut self,
        mechanisms: &Mechanisms,
        auth: &Element,
    ) -> Result<Result<Success, SaslCondition>, Fault> {
        let (name, initial) = match SaslRequest::from_element(auth) {
            Ok(Some(SaslRequest::Auth { mechanism, initial })) => (mechanism, initial),
            Ok(_) => return Ok(Err(SaslCondition::MalformedRequest)),
            Err(condition) => return Ok(Err(condition)),
        };
        let scram = name.parse().ok().filter(|mechanism| mechanisms.has(*mechanism));
        let plain = name == PLAIN && mechanisms.plain;
        if scram.is_none() && !plain {
            let clear = name == PLAIN || mechanisms.is_empty();
            return Ok(Err(if clear && !self.peer.secure {
                SaslCondition::EncryptionRequired
            } else {
                SaslCondition::InvalidMechanism
            }));
        }
        let message = match initial {
            Some(message) => message,
            // Section 6.4.2: without an initial response, the challenge is empty.
            None => match self.challenge(Vec::new()).await? {
                Ok(message) => message,
                Err(condition) => return Ok(Err(condition)),
            },
        };
        match scram {
            Some(mechanism) => self.scram(mechanism, mechanisms, &message).await,
            None => Ok(self.plain(&message)),
        }
    }

    async fn challenge(&mut self, data: Vec<u8>) -> Result<Result<Vec<u8>, SaslCondition>, Fault> {
        self.send(&SaslReply::Challenge(data).to_element()).await?;
        let element = self.element().await?;
        Ok(match SaslRequest::from_element(&element) {
            Ok(Some(SaslRequest::Response(data))) => Ok(data),
            Ok(Some(SaslRequest::Abort)) => Err(SaslCondition::Aborted),
            Ok(_) => Err(SaslCondition::MalformedRequest),
            Err(condition) => Err(condition),
        })
    }

    async fn scram(
        &mut self,
        mechanism: Mechanism,
        mechanisms: &Mechanisms,
        message: &[u8],
    ) -> Result<Result<Success, SaslCondition>, Fault> {
        let started = match scram::start(mechanism, mechanisms.exporter(), message) {
            Ok(started) => started,
            Err(error) => return Ok(Err(error.condition())),
        };
        let claimed = self.claimed(started.username());
        let authzid = started.authzid().map(str::to_owned);
        if !self.allows(&claimed) {
            return Ok(Err(SaslCondition::TemporaryAuthFailure));
        }
        let keys = self.keys(&claimed, mechanism.hash);
        let Ok(nonce) = token() else { return Ok(Err(SaslCondition::TemporaryAuthFailure)) };
        let (challenge, challenged) = started.challenge(keys, &nonce);
        let last = match self.challenge(challenge.into_bytes()).await? {
            Ok(message) => message,
            Err(condition) => return Ok(Err(condition)),
        };
        // Others may have failed meanwhile: nobody guesses more often by guessing in parallel.
        if !self.allows(&claimed) {
            return Ok(Err(SaslCondition::TemporaryAuthFailure));
        }
        Ok(match challenged.verify(&last) {
            Ok(proof) => self
                .admitted(&claimed, authzid.as_deref())
                .map(|account| (account, Some(proof.into_bytes()))),
            Err(error) => {
                self.failed(&claimed);
                Err(error.condition())
            }
        })
    }

    fn plain(&self, message: &[u8]) -> Result<Success, SaslCondition> {
        let plain = Plain::parse(message)?;
        let claimed = self.claimed(&plain.authcid);
        if !self.allows(&claimed) {
            return Err(SaslCondition::TemporaryAuthFailure);
        }
        if !verify_plain(&plain.password, &self.keys(&claimed, Hash::Sha256)) {
            self.failed(&claimed);
            return Err(SaslCondition::NotAuthorized);
        }
        let account = self.admitted(&claimed, plain.authzid.as_deref())?;
        Ok((account, None))
    }

    /// Returns the localpart that a user name claims, in its prepared form.
    ///
    /// COMPAT(clients that log in with their whole address): `name@host` means `name`.
    fn claimed(&self, username: &str) -> String {
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

    fn keys(&self, claimed: &str, hash: Hash) -> ScramKeys {
        let of = |account: Account| match hash {
            Hash::Sha1 => account.scram_sha1,
            Hash::Sha256 => account.scram_sha256,
        };
        self.account(claimed).map(of).unwrap_or_else(|| {
            let others = self.shared.context.accounts().accounts();
            let iterations = others.into_iter().next().map_or(ITERATIONS, |a| of(a).iterations);
            unknown_user_keys(&self.shared.secret, claimed, iterations, hash)
        })
    }

    /// The credentials were right: whether this account may come in, from here, as whom it says.
    fn admitted(&self, claimed: &str, authzid: Option<&str>) -> Result<String, SaslCondition> {
        let admitted = match self.account(claimed) {
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
        // Section 6.3.8: nobody acts for anybody else here.
        let own = self.shared.context.address(claimed);
        let stranger = |id: &str| self.shared.context.aliases().inward_address(id) != own;
        if authzid.is_some_and(stranger) {
            return Err(SaslCondition::InvalidAuthzid);
        }
        let Peer { addr, on_link, .. } = self.peer;
        self.shared.throttle.succeeded(claimed, addr.ip(), on_link);
        Ok(claimed.to_owned())
    }

    fn allows(&self, claimed: &str) -> bool {
        let Peer { addr, on_link, .. } = self.peer;
        self.shared.throttle.allows(claimed, addr.ip(), on_link)
    }

    fn failed(&self, claimed: &str) {
        let Peer { addr, on_link, .. } = self.peer;
        self.shared.throttle.failed(claimed, addr.ip(), on_link);
    }
}

/// The account, and what the mechanism has to say beside.
type Success = (String, Option<Vec<u8>>);
