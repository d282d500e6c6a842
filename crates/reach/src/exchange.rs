//! Asking a router over UDP: one question, several tries, one answer.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::timeout;

/// The port of NAT-PMP and PCP on a router.
pub(crate) const PORT: u16 = 5351;
/// The port on which routers tell everybody of a restart or another address.
pub(crate) const ANNOUNCEMENTS: u16 = 5350;
/// RFC 6886 asks for 250 ms, doubling, nine times over (two minutes). After five, 7.75 s in all, a
/// router of one's own home will not answer any more.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const TRIES: u32 = 5;
/// No answer of these protocols is longer (RFC 6887, section 7).
const LONGEST: usize = 1100;

/// Nothing came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no answer")]
pub(crate) struct Silence;

/// A socket that only hears one router.
#[derive(Debug)]
pub(crate) struct Exchange {
    socket: UdpSocket,
}

impl Exchange {
    /// From our address `own` to `router`. Being connected, the socket takes nothing from others.
    pub(crate) async fn with(own: IpAddr, router: SocketAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind((own, 0)).await?;
        socket.connect(router).await?;
        Ok(Self { socket })
    }

    /// Sends `questions` again and again until `accept` makes something of an answer.
    pub(crate) async fn ask<T>(
        &self,
        questions: &[&[u8]],
        mut accept: impl FnMut(&[u8]) -> Option<T>,
    ) -> Result<T, Silence> {
        let mut wait = FIRST_WAIT;
        for _ in 0..TRIES {
            for question in questions {
                // A full buffer or a route that is gone for a moment: the next try may do.
                if let Err(error) = self.socket.send(question).await {
                    Self::unless_refused(&error)?;
                }
            }
            match timeout(wait, self.hear(&mut accept)).await {
                Ok(answer) => return answer,
                Err(_) => wait *= 2,
            }
        }
        Err(Silence)
    }

    /// Waits for an answer that `accept` makes something of, for as long as it takes.
    pub(crate) async fn hear<T>(
        &self,
        mut accept: impl FnMut(&[u8]) -> Option<T>,
    ) -> Result<T, Silence> {
        let mut buffer = [0; LONGEST];
        loop {
            match self.socket.recv(&mut buffer).await {
                Ok(length) => {
                    let answer = buffer.get(..length).and_then(&mut accept);
                    if let Some(answer) = answer {
                        return Ok(answer);
                    }
                }
                Err(error) => {
                    Self::unless_refused(&error)?;
                    // Any other error is this machine's; the try runs out by itself.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    /// ICMP "port unreachable": the router is there, and nobody in it listens.
    fn unless_refused(error: &io::Error) -> Result<(), Silence> {
        if error.kind() == io::ErrorKind::ConnectionRefused { Err(Silence) } else { Ok(()) }
    }
}

/// Takes the next `N` bytes off `data`.
pub(crate) fn take<const N: usize>(data: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = data.split_first_chunk()?;
    *data = rest;
    Some(*head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    async fn router() -> (UdpSocket, Exchange) {
        let router = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let own = "127.0.0.1".parse().unwrap();
        let exchange = Exchange::with(own, router.local_addr().unwrap()).await.unwrap();
        (router, exchange)
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_router_is_given_up_after_five_tries_and_eight_seconds() {
        let (router, exchange) = router().await;
        let start = Instant::now();
        assert_eq!(exchange.ask(&[b"?"], |_| Some(())).await, Err(Silence));
        assert_eq!(start.elapsed().as_millis() / 10, 775);
        let mut buffer = [0; 8];
        for _ in 0..TRIES {
            router.try_recv(&mut buffer).unwrap();
        }
        assert!(router.try_recv(&mut buffer).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn where_nobody_listens_nothing_is_waited_for() {
        let (router, exchange) = router().await;
        drop(router);
        let start = Instant::now();
        assert_eq!(exchange.ask(&[b"?"], |_| Some(())).await, Err(Silence));
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_question_is_asked_again_and_nonsense_is_passed_over() {
        let (router, exchange) = router().await;
        let answering = tokio::spawn(async move {
            let mut buffer = [0; 8];
            router.recv_from(&mut buffer).await.unwrap();
            let (_, from) = router.recv_from(&mut buffer).await.unwrap();
            router.send_to(b"nonsense", from).await.unwrap();
            router.send_to(b"!", from).await.unwrap();
        });
        let answer = exchange.ask(&[b"?"], |data| (data == b"!").then_some(1)).await;
        assert_eq!(answer, Ok(1));
        answering.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_from_anybody_else_is_not_heard() {
        let (router, exchange) = router().await;
        let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let lying = tokio::spawn(async move {
            let mut buffer = [0; 8];
            let (_, from) = router.recv_from(&mut buffer).await.unwrap();
            stranger.send_to(b"!", from).await.unwrap();
            router
        });
        assert_eq!(exchange.ask(&[b"?"], |_| Some(())).await, Err(Silence));
        lying.await.unwrap();
    }
}
