//! Asking by PCP, and watching the epoch.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::Nonces;
use super::codec::{Answer, AskMapping, Refusal, Said};
use crate::epoch::{Epoch, Rule};
use crate::exchange::{Exchange, Silence};
use crate::hello::{Heard, hello};
use crate::lease::{LEASE, Mapping, Service, Trouble};

/// The outside port, the outside address, and the lifetime; or the refusal, and how long it holds.
type Granted = Result<(u16, IpAddr, u32), (Refusal, u32)>;

/// A router that speaks PCP.
#[derive(Debug)]
pub(crate) struct Client {
    exchange: Exchange,
    gateway: IpAddr,
    own: IpAddr,
    nonces: Nonces,
    epoch: Epoch,
    began_anew: bool,
}

impl Client {
    /// Over `exchange`, which goes from our address `own` to `gateway`.
    pub(crate) const fn new(
        exchange: Exchange,
        gateway: IpAddr,
        own: IpAddr,
        nonces: Nonces,
    ) -> Self {
        let epoch = Epoch::new(Rule::Pcp);
        Self { exchange, gateway, own, nonces, epoch, began_anew: false }
    }

    /// Returns whether the router was seen to have begun anew (its mappings are lost), once.
    pub(crate) const fn take_began_anew(&mut self) -> bool {
        std::mem::replace(&mut self.began_anew, false)
    }

    /// Takes note of an epoch heard elsewhere.
    pub(crate) fn note(&mut self, epoch: u32) {
        self.began_anew |= self.epoch.has_begun_anew(epoch);
    }

    /// Greets the router.
    pub(crate) async fn hello(&self) -> Result<Heard, Silence> {
        hello(&self.exchange, self.own).await
    }

    /// Asks for `service`'s port. Another port than its own is refused or given back unless
    /// `any_port` will do.
    pub(crate) async fn map(
        &mut self,
        service: Service,
        any_port: bool,
    ) -> Result<Mapping, Trouble> {
        let mut question = self.question(service);
        question.exactly = !any_port;
        let answer = match self.ask(&question).await? {
            // Then we see for ourselves which port it is.
            Err((Refusal::Option | Refusal::MalformedOption, _)) => {
                question.exactly = false;
                self.ask(&question).await?
            }
            answer => answer,
        };
        let (outside, address, lifetime) = answer.map_err(trouble)?;
        if outside != service.port && !any_port {
            self.unmap(service).await;
            return Err(Trouble::Taken { got: Some(outside) });
        }
        let lifetime = Duration::from_secs(lifetime.into());
        Ok(Mapping { service, outside, address: Some(address), lifetime })
    }

    /// Gives the port back.
    pub(crate) async fn unmap(&mut self, service: Service) {
        let question = AskMapping { lifetime: 0, outside: 0, ..self.question(service) };
        match self.ask(&question).await {
            Ok(Ok(_)) => {}
            Ok(Err((why, _))) => {
                tracing::debug!(?service, %why, "the mapping could not be taken back")
            }
            Err(why) => tracing::debug!(?service, %why, "the mapping could not be taken back"),
        }
    }

    fn question(&self, service: Service) -> AskMapping {
        AskMapping {
            own: self.own,
            nonce: self.nonces.nonce(self.gateway, service.ours),
            ours: service.ours,
            outside: service.port,
            // IPv6 is not translated: a pinhole is for the address we have.
            address: if self.own.is_ipv6() { self.own } else { Ipv4Addr::UNSPECIFIED.into() },
            lifetime: u32::try_from(LEASE.as_secs()).unwrap_or(u32::MAX),
            exactly: false,
        }
    }

    async fn ask(&mut self, question: &AskMapping) -> Result<Granted, Trouble> {
        let (epoch, answer) = self
            .exchange
            .ask(&[&question.write()], |data| {
                let answer = Answer::read(data)?;
                let said = match answer.said {
                    Said::Mapped { nonce, ours, outside, address } => (nonce == question.nonce
                        && ours == question.ours)
                        .then_some(Ok((outside, address, answer.lifetime))),
                    Said::No { nonce, because } => nonce
                        .is_none_or(|nonce| nonce == question.nonce)
                        .then_some(Err((because, answer.lifetime))),
                    Said::Here => None,
                };
                Some((answer.epoch, said?))
            })
            .await?;
        self.began_anew |= self.epoch.has_begun_anew(epoch);
        Ok(answer)
    }
}

fn trouble((refusal, seconds): (Refusal, u32)) -> Trouble {
    match refusal {
        Refusal::CannotProvideExternal => Trouble::Taken { got: None },
        Refusal::NetworkFailure => Trouble::NotConnected,
        Refusal::Version
        | Refusal::NotAuthorized
        | Refusal::MalformedRequest
        | Refusal::Opcode
        | Refusal::Option
        | Refusal::MalformedOption
        | Refusal::NoResources
        | Refusal::Protocol
        | Refusal::Quota
        | Refusal::AddressMismatch
        | Refusal::ExcessiveRemotePeers
        | Refusal::Other(_) => {
            let holds = Some(Duration::from_secs(seconds.into()));
            Trouble::Refused { what: format!("PCP: {refusal}"), holds }
        }
    }
}
