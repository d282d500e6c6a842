//! Asking by NAT-PMP, and watching the epoch.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::codec::{ASK_ADDRESS, Answer, Question, Refusal, Said, ask_mapping};
use crate::epoch::{Epoch, Rule};
use crate::exchange::Exchange;
use crate::lease::{LEASE, Mapping, Service, Trouble};

/// A router that speaks NAT-PMP.
#[derive(Debug)]
pub(crate) struct Client {
    exchange: Exchange,
    epoch: Epoch,
    began_anew: bool,
}

impl Client {
    pub(crate) const fn new(exchange: Exchange) -> Self {
        Self { exchange, epoch: Epoch::new(Rule::NatPmp), began_anew: false }
    }

    /// Returns whether the router was seen to have begun anew (its mappings are lost), once.
    pub(crate) const fn take_began_anew(&mut self) -> bool {
        std::mem::replace(&mut self.began_anew, false)
    }

    /// Asks for the router's outside address.
    pub(crate) async fn address(&mut self) -> Result<Ipv4Addr, Trouble> {
        let answer = self
            .ask(&ASK_ADDRESS, |said| match said {
                Said::Address(address) => Some(Ok(address)),
                Said::No { to: Question::Address, because } => Some(Err(because)),
                Said::Mapped { .. } | Said::No { .. } => None,
            })
            .await?;
        answer.map_err(trouble)
    }

    /// Asks for `service`'s port. Another port than its own is given back unless `any_port` will do.
    pub(crate) async fn map(
        &mut self,
        service: Service,
        any_port: bool,
    ) -> Result<Mapping, Trouble> {
        let seconds = u32::try_from(LEASE.as_secs()).unwrap_or(u32::MAX);
        let (outside, lifetime) = self.request(service.ours, service.port, seconds).await?;
        if outside != service.port && !any_port {
            self.unmap(service.ours).await;
            return Err(Trouble::Taken { got: Some(outside) });
        }
        let lifetime = Duration::from_secs(lifetime.into());
        Ok(Mapping { service, outside, address: None, lifetime })
    }

    /// Gives the port back.
    pub(crate) async fn unmap(&mut self, ours: u16) {
        if let Err(error) = self.request(ours, 0, 0).await {
            tracing::debug!(ours, %error, "the mapping could not be taken back");
        }
    }

    async fn request(
        &mut self,
        ours: u16,
        outside: u16,
        lifetime: u32,
    ) -> Result<(u16, u32), Trouble> {
        let question = ask_mapping(ours, outside, lifetime);
        let answer = self
            .ask(&question, |said| match said {
                Said::Mapped { ours: about, outside, lifetime } => {
                    (about == ours).then_some(Ok((outside, lifetime)))
                }
                Said::No { to: Question::Mapping, because } => Some(Err(because)),
                Said::Address(_) | Said::No { .. } => None,
            })
            .await?;
        answer.map_err(trouble)
    }

    async fn ask<T>(
        &mut self,
        question: &[u8],
        accept: impl Fn(Said) -> Option<T>,
    ) -> Result<T, Trouble> {
        let (epoch, value) = self
            .exchange
            .ask(&[question], |data| {
                let answer = Answer::read(data)?;
                Some((answer.epoch, accept(answer.said)?))
            })
            .await?;
        self.began_anew |= self.epoch.has_begun_anew(epoch);
        Ok(value)
    }
}

fn trouble(refusal: Refusal) -> Trouble {
    match refusal {
        Refusal::NetworkFailure => Trouble::NotConnected,
        Refusal::Version
        | Refusal::NotAuthorized
        | Refusal::OutOfResources
        | Refusal::Opcode
        | Refusal::Other(_) => {
            Trouble::Refused { what: format!("NAT-PMP: {refusal}"), holds: None }
        }
    }
}
