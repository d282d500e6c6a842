//! Who is there: both protocols of the router's port are greeted at once, and what answers is used.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use tokio::time::timeout;

use crate::exchange::{Exchange, Silence};
use crate::{nat_pmp, pcp};

/// How long after one answer the other is waited for.
const GRACE: Duration = Duration::from_millis(400);

/// What was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Heard {
    /// The epoch of PCP, if that is spoken.
    pub(crate) pcp: Option<u32>,
    /// The epoch of NAT-PMP and the outside address (`None`: it has none now), if that is spoken.
    pub(crate) nat_pmp: Option<(u32, Option<Ipv4Addr>)>,
    /// It said that it does not speak the one or the other.
    not_pcp: bool,
    not_nat_pmp: bool,
}

/// Greets the router. NAT-PMP has no IPv6.
pub(crate) async fn hello(exchange: &Exchange, own: IpAddr) -> Result<Heard, Silence> {
    let announce = pcp::codec::ask_announce(own);
    let mut questions: Vec<&[u8]> = vec![&announce];
    let mut heard = Heard { not_nat_pmp: own.is_ipv6(), ..Heard::default() };
    if own.is_ipv4() {
        questions.push(&nat_pmp::codec::ASK_ADDRESS);
    }
    exchange.ask(&questions, |data| heard.note(data)).await?;
    if !heard.is_complete() {
        let rest = exchange.hear(|data| heard.note(data).filter(|()| heard.is_complete()));
        // One of the two may well be all there is.
        drop(timeout(GRACE, rest).await);
    }
    Ok(heard)
}

impl Heard {
    fn note(&mut self, data: &[u8]) -> Option<()> {
        if let Some(answer) = pcp::codec::Answer::read(data) {
            // Our NAT-PMP question, understood as a PCP one of a version it does not know.
            let misread = pcp::codec::Refusal::Version;
            match answer.said {
                pcp::codec::Said::No { because, .. } if because == misread => {
                    self.not_nat_pmp = true;
                }
                // A refusal is an answer, too.
                pcp::codec::Said::Here
                | pcp::codec::Said::Mapped { .. }
                | pcp::codec::Said::No { .. } => self.pcp = Some(answer.epoch),
            }
            return Some(());
        }
        let answer = nat_pmp::codec::Answer::read(data)?;
        self.note_nat_pmp(&answer);
        Some(())
    }

    fn note_nat_pmp(&mut self, answer: &nat_pmp::codec::Answer) {
        use nat_pmp::codec::{Refusal, Said};
        match answer.said {
            Said::Address(address) => self.nat_pmp = Some((answer.epoch, Some(address))),
            // Our PCP question: NAT-PMP is all that is spoken (RFC 6887, section 9).
            Said::No { because: Refusal::Version, .. } => self.not_pcp = true,
            Said::Mapped { .. } | Said::No { .. } => self.nat_pmp = Some((answer.epoch, None)),
        }
    }

    const fn is_complete(&self) -> bool {
        (self.pcp.is_some() || self.not_pcp) && (self.nat_pmp.is_some() || self.not_nat_pmp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::UdpSocket;
    use tokio::time::Instant;

    const ADDRESS: [u8; 12] = [0, 128, 0, 0, 0, 0, 0, 7, 11, 22, 33, 1];
    const NO_SUCH_VERSION: [u8; 8] = [0, 128, 0, 1, 0, 0, 0, 7];

    /// A router that answers the greeting of PCP with the one, that of NAT-PMP with the other.
    async fn greeted(pcp: &'static [u8], nat_pmp: &'static [u8]) -> Result<Heard, Silence> {
        let router = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let own = "127.0.0.1".parse().unwrap();
        let exchange = Exchange::with(own, router.local_addr().unwrap()).await.unwrap();
        let answering = tokio::spawn(async move {
            let mut buffer = [0; 64];
            loop {
                let (_, from) = router.recv_from(&mut buffer).await.unwrap();
                let answer = if buffer[0] == 2 { pcp } else { nat_pmp };
                if !answer.is_empty() {
                    router.send_to(answer, from).await.unwrap();
                }
            }
        });
        let heard = hello(&exchange, own).await;
        answering.abort();
        heard
    }

    fn here() -> &'static [u8] {
        &[2, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    }

    #[tokio::test(start_paused = true)]
    async fn a_router_that_speaks_both_is_heard_at_once() {
        let start = Instant::now();
        let heard = greeted(here(), &ADDRESS).await.unwrap();
        assert_eq!(heard.pcp, Some(9));
        assert_eq!(heard.nat_pmp, Some((7, Some(Ipv4Addr::new(11, 22, 33, 1)))));
        assert!(start.elapsed() < Duration::from_millis(100));
    }

    #[tokio::test(start_paused = true)]
    async fn a_router_of_nat_pmp_says_so_in_eight_bytes() {
        let heard = greeted(&NO_SUCH_VERSION, &ADDRESS).await.unwrap();
        assert_eq!(heard.pcp, None);
        assert!(heard.nat_pmp.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_router_that_passes_over_one_of_them_is_not_waited_for_long() {
        let start = Instant::now();
        let heard = greeted(here(), &[]).await.unwrap();
        assert_eq!((heard.pcp, heard.nat_pmp), (Some(9), None));
        let heard = greeted(&[], &ADDRESS).await.unwrap();
        assert!(heard.pcp.is_none() && heard.nat_pmp.is_some());
        assert!(start.elapsed() < Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_router_without_an_address_speaks_all_the_same() {
        let heard = greeted(&NO_SUCH_VERSION, &[0, 128, 0, 3, 0, 0, 0, 7]).await.unwrap();
        assert_eq!(heard.nat_pmp, Some((7, None)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_router_of_pcp_alone_says_so() {
        const OTHER: [u8; 24] =
            [2, 128, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let heard = greeted(here(), &OTHER).await.unwrap();
        assert_eq!((heard.pcp, heard.nat_pmp), (Some(9), None));
        assert!(heard.is_complete());
    }
}
