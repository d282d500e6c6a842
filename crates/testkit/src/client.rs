//! One named client: a stream of its own, and what has come on it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use televisor_xmpp::element::Element;
use televisor_xmpp::ht::{HtMechanism, Initiator};
use televisor_xmpp::ns;
use televisor_xmpp::parser::{Limits, StreamEvent, StreamParser};
use televisor_xmpp::sasl::{SaslReply, SaslRequest};
use televisor_xmpp::sasl2::{Sasl2Reply, Sasl2Request, UserAgent};
use televisor_xmpp::scram::Mechanism;
use televisor_xmpp::scram::client::{self as scram, Binding};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::house::{DOMAIN, PASSWORD};

/// How long anything that must come may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a client sends may be answered with this much.
const LIMITS: Limits = Limits { depth: 100, bytes: 1 << 20 };

/// A client.
pub(crate) struct Client {
    io: TcpStream,
    parser: StreamParser,
    inbox: VecDeque<Element>,
    bound: bool,
    barriers: u32,
    /// Whose stream it is.
    account: String,
    /// What it was given to log in with.
    token: Option<String>,
}

impl Client {
    /// Logs in, up to the features of the stream on which a resource is bound.
    pub(crate) async fn log_in(address: SocketAddr, account: &str) -> anyhow::Result<Self> {
        let mut client = Self::connect(address, account).await?;
        client.open().await?;
        client.authenticate(account).await.context("SCRAM")?;
        client.parser = StreamParser::new(LIMITS);
        client.open().await?;
        Ok(client)
    }

    async fn connect(address: SocketAddr, account: &str) -> anyhow::Result<Self> {
        let io = TcpStream::connect(address).await?;
        io.set_nodelay(true)?;
        Ok(Self {
            io,
            parser: StreamParser::new(LIMITS),
            inbox: VecDeque::new(),
            bound: false,
            barriers: 0,
            account: account.to_owned(),
            token: None,
        })
    }

    /// Opens a stream that says whose it is; the features are the first thing to receive.
    pub(crate) async fn open_stream(address: SocketAddr, account: &str) -> anyhow::Result<Self> {
        let mut client = Self::connect(address, account).await?;
        client
            .send(&format!(
                "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
                 xmlns:stream='http://etherx.jabber.org/streams' \
                 from='{account}@{DOMAIN}' to='{DOMAIN}' version='1.0'>"
            ))
            .await?;
        Ok(client)
    }

    /// Authenticates by SCRAM (XEP-0388), with this inside the request; what comes of it is to be
    /// received.
    pub(crate) async fn authenticate2(&mut self, with: &str) -> anyhow::Result<()> {
        let mechanism: Mechanism = "SCRAM-SHA-256".parse()?;
        let nonce = "fyko+d2lbbFgONRv9qkxdawL";
        let (first, started) =
            scram::start(mechanism, &self.account, PASSWORD, Binding::Unsupported, nonce)?;
        self.begin_authentication(mechanism.as_str(), first.as_bytes(), with).await?;
        let reply = self.next().await?.context("the stream ended")?;
        let reply = match reply.is("features", ns::STREAMS) {
            true => self.next().await?.context("the stream ended")?,
            false => reply,
        };
        let Ok(Some(Sasl2Reply::Challenge(challenge))) = Sasl2Reply::from_element(&reply) else {
            bail!("no challenge but {}", reply.to_xml());
        };
        let (last, _) = started.respond(&challenge)?;
        let response = Sasl2Request::Response(last.into_bytes());
        self.send(&response.to_element().to_xml()).await
    }

    /// The same with a token.
    pub(crate) async fn authenticate_by_token(
        &mut self,
        token: &str,
        with: &str,
    ) -> anyhow::Result<()> {
        let initiator = Initiator::new(&self.account, token, None);
        self.begin_authentication(HtMechanism::None.as_str(), &initiator.to_bytes(), with).await
    }

    async fn begin_authentication(
        &mut self,
        mechanism: &str,
        first: &[u8],
        with: &str,
    ) -> anyhow::Result<()> {
        let request = Sasl2Request::Authenticate {
            mechanism: mechanism.to_owned(),
            initial: Some(first.to_vec()),
            user_agent: UserAgent::default(),
        };
        let text = request.to_element().to_xml();
        self.send(&text.replace("</authenticate>", &format!("{with}</authenticate>"))).await
    }

    /// Returns the token that came last, once.
    pub(crate) const fn take_token(&mut self) -> Option<String> {
        self.token.take()
    }

    /// Binds a resource.
    pub(crate) async fn bind(&mut self, resource: &str) -> anyhow::Result<()> {
        let bind = Element::builder("bind", ns::BIND).field("resource", resource);
        let iq = Element::builder("iq", ns::CLIENT)
            .attr("type", "set")
            .attr("id", "bind")
            .child(bind)
            .build();
        self.send(&iq.to_xml()).await?;
        let reply = self.read().await?.context("the stream ended at the bind")?;
        if reply.attr("type") != Some("result") {
            bail!("the resource was not bound: {}", reply.to_xml());
        }
        self.bound = true;
        Ok(())
    }

    /// Sends text as it stands, and waits until the server has seen to it.
    pub(crate) async fn say(&mut self, text: &str) -> anyhow::Result<()> {
        self.send(text).await?;
        self.barrier().await
    }

    /// Returns once the server has seen to everything sent so far, and all that had come for this
    /// client before is in the inbox. A stream that has ended is no trouble.
    pub(crate) async fn barrier(&mut self) -> anyhow::Result<()> {
        if !self.bound {
            return Ok(());
        }
        self.barriers = self.barriers.saturating_add(1);
        let id = format!("barrier-{}", self.barriers);
        let ping = Element::builder("iq", ns::CLIENT)
            .attr("type", "get")
            .attr("id", id.as_str())
            .attr("to", DOMAIN)
            .child(Element::new("ping", ns::PING))
            .build();
        if self.send(&ping.to_xml()).await.is_err() {
            return Ok(());
        }
        while let Some(element) = self.read().await? {
            if element.name() == "iq" && element.attr("id") == Some(id.as_str()) {
                return Ok(());
            }
            self.inbox.push_back(element);
        }
        Ok(())
    }

    /// Returns the next stanza; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Element>> {
        let next = match self.inbox.pop_front() {
            Some(element) => Some(element),
            None => self.read().await?,
        };
        if let Some(element) = &next {
            self.bound |= element.name() == "iq" && element.has_child("bind", ns::BIND);
            self.bound |= element.has_child("bound", ns::BIND2);
            let token = element.child("token", ns::FAST).and_then(|token| token.attr("token"));
            self.token = token.map(str::to_owned).or(self.token.take());
        }
        Ok(next)
    }

    /// Takes what is in the inbox.
    pub(crate) fn take_inbox(&mut self) -> VecDeque<Element> {
        std::mem::take(&mut self.inbox)
    }

    /// Closes the stream and waits until the server has, too.
    pub(crate) async fn close(mut self) -> anyhow::Result<()> {
        self.send("</stream:stream>").await?;
        while self.read().await?.is_some() {}
        Ok(())
    }

    async fn send(&mut self, text: &str) -> anyhow::Result<()> {
        Ok(self.io.write_all(text.as_bytes()).await?)
    }

    async fn open(&mut self) -> anyhow::Result<()> {
        self.send(&format!(
            "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
             xmlns:stream='http://etherx.jabber.org/streams' to='{DOMAIN}' version='1.0'>"
        ))
        .await?;
        self.read().await?.context("no stream features").map(drop)
    }

    async fn authenticate(&mut self, account: &str) -> anyhow::Result<()> {
        let mechanism: Mechanism = "SCRAM-SHA-256".parse()?;
        let nonce = "fyko+d2lbbFgONRv9qkxdawL";
        let (first, started) =
            scram::start(mechanism, account, PASSWORD, Binding::Unsupported, nonce)?;
        let initial = Some(first.into_bytes());
        let auth = SaslRequest::Auth { mechanism: mechanism.to_string(), initial };
        let SaslReply::Challenge(challenge) = self.ask(auth).await? else { bail!("no challenge") };
        let (last, responded) = started.respond(&challenge)?;
        match self.ask(SaslRequest::Response(last.into_bytes())).await? {
            SaslReply::Success(Some(proof)) => Ok(responded.verify(&proof)?),
            other => bail!("refused: {other:?}"),
        }
    }

    async fn ask(&mut self, request: SaslRequest) -> anyhow::Result<SaslReply> {
        self.send(&request.to_element().to_xml()).await?;
        let reply = self.read().await?.context("the stream ended")?;
        match SaslReply::from_element(&reply) {
            Ok(Some(reply)) => Ok(reply),
            other => bail!("no answer of SASL: {other:?}"),
        }
    }

    /// Reads the next element; `None` at the end of the stream.
    async fn read(&mut self) -> anyhow::Result<Option<Element>> {
        timeout(PATIENCE, self.read_on()).await.context("nothing came")?
    }

    async fn read_on(&mut self) -> anyhow::Result<Option<Element>> {
        let mut chunk = vec![0; 8192];
        loop {
            match self.parser.next_event()? {
                Some(StreamEvent::Stanza(element)) => return Ok(Some(element)),
                Some(StreamEvent::Open(_)) => continue,
                Some(StreamEvent::Close) => return Ok(None),
                None => {}
            }
            let length = self.io.read(&mut chunk).await.unwrap_or(0);
            if length == 0 {
                return Ok(None);
            }
            self.parser.push(chunk.get(..length).unwrap_or_default());
        }
    }
}
