//! Questions to one DNS server over one TCP connection, each with a deadline.
//!
//! TCP (RFC 7766) and not UDP: home routers like to answer UDP port 53 themselves, updates are
//! longer than some of them pass on, and an answer then comes from the address that was asked.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, Query, ResponseCode};
use hickory_proto::rr::{Record, TSigner};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Failure;
use super::failure::refusal;
use super::records::query;

/// How long connecting, or one question and its answer, may take.
const DEADLINE: Duration = Duration::from_secs(5);
const PORT: u16 = 53;
/// More records than any answer to us has: an answer with more is not read.
const MOST_RECORDS: usize = 500;

/// A connection to a DNS server.
#[derive(Debug)]
pub(super) struct Exchange {
    server: String,
    stream: TcpStream,
}

impl Exchange {
    /// Connects to `server`: `host`, `host:port`, `address`, `[address]:port`.
    pub(super) async fn open(server: &str) -> Result<Self, Failure> {
        let unreachable = |why: String| Failure::Unreachable { server: server.to_owned(), why };
        let mut why = "it has no address".to_owned();
        for address in addresses(server).await.map_err(|e| unreachable(e.to_string()))? {
            match timeout(DEADLINE, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(Self { server: server.to_owned(), stream }),
                Ok(Err(error)) => why = error.to_string(),
                Err(_) => "no answer".clone_into(&mut why),
            }
        }
        Err(unreachable(why))
    }

    /// Asks what the server has under a name and type.
    pub(super) async fn ask(&mut self, question: Query) -> Result<Vec<Record>, Failure> {
        let (answer, _) = self.send(&query(question)).await?;
        // NXDOMAIN is the answer "none" too.
        match answer.response_code {
            ResponseCode::NoError | ResponseCode::NXDomain => Ok(answer.answers),
            other => {
                Err(Failure::Refused(format!("the DNS server answers no questions ({other})")))
            }
        }
    }

    /// Sends a signed update of `zone`, and sees that the confirmation is signed too.
    pub(super) async fn update(
        &mut self,
        mut update: Message,
        signer: &TSigner,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let zone = update.queries.first().map(|zone| zone.name().to_string()).unwrap_or_default();
        let key = signer.signer_name().to_string();
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        let verifier = update.finalize(signer, seconds).map_err(|e| self.nonsense(e))?;
        let (answer, bytes) = self.send(&update).await?;
        let tsig = answer.signature.as_ref().and_then(|record| record.data.error);
        if let Some(refusal) = refusal(answer.response_code, tsig, &key, &zone) {
            return Err(refusal);
        }
        let signed = verifier.is_some_and(|mut verifier| verifier.verify(&bytes).is_ok());
        if !signed {
            return Err(Failure::Forged { server: self.server.clone(), key });
        }
        Ok(())
    }

    async fn send(&mut self, message: &Message) -> Result<(Message, Vec<u8>), Failure> {
        let bytes = message.to_vec().map_err(|e| self.nonsense(e))?;
        let silence = Failure::Silence { server: self.server.clone() };
        let answer = timeout(DEADLINE, exchange(&mut self.stream, &bytes))
            .await
            .map_err(|_| silence)?
            .map_err(|error| Failure::Unreachable {
                server: self.server.clone(),
                why: error.to_string(),
            })?;
        let records = |at: usize| {
            let bytes = answer.get(at..at + 2).and_then(|b| <[u8; 2]>::try_from(b).ok());
            bytes.map_or(0, |bytes| usize::from(u16::from_be_bytes(bytes)))
        };
        if records(6) + records(8) + records(10) > MOST_RECORDS {
            return Err(self.nonsense("too many records"));
        }
        let read = Message::from_vec(&answer).map_err(|e| self.nonsense(e))?;
        if read.id != message.id || read.message_type != MessageType::Response {
            return Err(self.nonsense("it answers another question"));
        }
        Ok((read, answer))
    }

    fn nonsense(&self, why: impl ToString) -> Failure {
        Failure::Nonsense { server: self.server.clone(), why: why.to_string() }
    }
}

/// One message there, one back, each after its length (RFC 1035, section 4.2.2).
async fn exchange(stream: &mut TcpStream, message: &[u8]) -> std::io::Result<Vec<u8>> {
    let length = u16::try_from(message.len()).map_err(std::io::Error::other)?;
    let mut framed = length.to_be_bytes().to_vec();
    framed.extend_from_slice(message);
    stream.write_all(&framed).await?;
    let mut answer = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

async fn addresses(server: &str) -> std::io::Result<Vec<SocketAddr>> {
    if let Ok(address) = server.parse::<SocketAddr>() {
        return Ok(vec![address]);
    }
    if let Ok(address) = server.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, PORT)]);
    }
    let (host, port) = match server.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().map_err(std::io::Error::other)?),
        None => (server, PORT),
    };
    let found = timeout(DEADLINE, tokio::net::lookup_host((host, port)))
        .await
        .map_err(|_| std::io::Error::other("its address could not be found in time"))?;
    Ok(found?.take(8).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn servers_are_written_in_the_usual_ways() {
        for (text, address) in [
            ("192.0.2.1", "192.0.2.1:53"),
            ("192.0.2.1:5300", "192.0.2.1:5300"),
            ("::1", "[::1]:53"),
            ("[::1]", "[::1]:53"),
            ("[::1]:5300", "[::1]:5300"),
        ] {
            assert_eq!(addresses(text).await.unwrap(), [address.parse().unwrap()], "{text}");
        }
        assert!(addresses("host:many").await.is_err());
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_named() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let failure = Exchange::open(&address).await.unwrap_err();
        assert!(failure.to_string().contains(&address), "{failure}");
    }
}
