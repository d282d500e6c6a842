//! A stream that another server opens: RFC 6120 between servers, the receiving side, up to the point
//! where the other end begins to prove who it is.
//!
//! A stranger learns the stream features and nothing else: TLS first, then SASL EXTERNAL if its
//! certificate is good for the domain it names, and Server Dialback.

use rustls_pki_types::CertificateDer;
use televisor_xmpp::element::Element;
use televisor_xmpp::jid::Domain;
use televisor_xmpp::parser::StreamEvent;
use televisor_xmpp::sasl::{SaslCondition, SaslReply, SaslRequest};
use televisor_xmpp::stream::{StreamCondition, StreamError, StreamHeader, Version};
use televisor_xmpp::{features, ns, writer};
use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;

use super::Federation;
use super::outgoing::{EXTERNAL, chain};
use super::stream::{Stream, Vouched};
use crate::accounts::Peer;
use crate::alias::View;
use crate::context::Context;
use crate::gate::Pass;
use crate::random::token;
use crate::stream_management::elements;
use crate::wire::{Fault, GOODBYE, Io, Wire, goodbye, write};

/// Attempts at SASL before the stream is ended (RFC 6120 section 6.4.5).
const ATTEMPTS: usize = 3;

/// A stream on its way in.
pub(crate) struct Incoming {
    pub(super) hub: Federation,
    pub(super) context: Context,
    pub(super) wire: Wire<Box<dyn Io>>,
    pub(super) peer: Peer,
    /// What the other end showed in TLS.
    pub(super) certificates: Vec<CertificateDer<'static>>,
    /// How it calls us.
    pub(super) view: View,
    /// Who it says it is.
    pub(super) from: Option<String>,
    pub(super) id: String,
    pub(super) bidi: bool,
    header_sent: bool,
}

/// How negotiation ended.
enum Opened {
    /// By SASL: the domain may speak.
    Authenticated(String),
    /// With the first element of dialback.
    Dialback(Element),
}

/// What the connection has when it turns out to be another server's.
pub(crate) struct Arrival {
    pub(crate) wire: Wire<Box<dyn Io>>,
    pub(crate) peer: Peer,
    pub(crate) certificates: Vec<CertificateDer<'static>>,
    pub(crate) header: StreamHeader,
    pub(crate) pass: Pass,
}

/// Serves a stream whose first header has been read.
pub(crate) async fn serve(hub: Federation, context: Context, arrival: Arrival) {
    let Arrival { wire, peer, certificates, header, pass } = arrival;
    let deadline = Instant::now() + hub.limits().negotiation;
    let view = context.aliases().canonical_view();
    let (down, evicted) = (hub.down().clone(), pass.evicted());
    let mut incoming = Incoming {
        hub,
        context,
        wire,
        peer,
        certificates,
        view,
        from: None,
        id: String::new(),
        bidi: false,
        header_sent: false,
    };
    incoming.wire.parser.set_limits(incoming.hub.before());
    let opened = tokio::select! {
        () = down.cancelled() => Err(StreamCondition::SystemShutdown.into()),
        () = evicted.cancelled() => Err(StreamCondition::ResourceConstraint.into()),
        opened = timeout_at(deadline, incoming.negotiate(header)) => {
            opened.unwrap_or_else(|_| Err(StreamCondition::ConnectionTimeout.into()))
        }
    };
    match opened {
        Ok(opened) => go_on(incoming, opened, pass).await,
        Err(fault) => incoming.end(fault).await,
    }
}

async fn go_on(incoming: Incoming, opened: Opened, pass: Pass) {
    let (domain, first) = match opened {
        Opened::Authenticated(domain) => (Some(domain), None),
        Opened::Dialback(first) => (None, Some(first)),
    };
    let mut stream = Stream::received(incoming, pass);
    if let Some(domain) = domain {
        // Where there is no room for one more domain, the stream will be ended as idle.
        stream.admit(&domain, Vouched::Certificate);
    }
    Box::pin(stream.run(first)).await;
}

impl Incoming {
    async fn negotiate(&mut self, header: StreamHeader) -> Result<Opened, Fault> {
        self.answer(header).await?;
        if !self.peer.secure {
            self.send(&features::features([features::starttls(true)])).await?;
            if !self.wire.element().await?.is("starttls", ns::TLS) {
                let error = StreamError::new(StreamCondition::PolicyViolation);
                return Err(Fault::Error(error.with_text("TLS is required here")));
            }
            self.encrypt().await?;
            self.open().await?;
        }
        self.offer(false).await?;
        let mut failures = 0;
        while failures < ATTEMPTS {
            let element = self.wire.element().await?;
            if element.is("bidi", ns::BIDI) {
                self.bidi = true;
            } else if element.is("auth", ns::SASL) {
                match self.sasl(&element).await? {
                    Some(domain) => return Ok(Opened::Authenticated(domain)),
                    None => failures += 1,
                }
            } else if element.namespace() == ns::DIALBACK {
                return Ok(Opened::Dialback(element));
            } else {
                return Err(StreamCondition::NotAuthorized.into());
            }
        }
        Err(StreamCondition::PolicyViolation.into())
    }

    /// Reads a header and answers it.
    async fn open(&mut self) -> Result<(), Fault> {
        self.header_sent = false;
        match self.wire.event().await? {
            StreamEvent::Open(header) => self.answer(header).await,
            _ => Err(StreamCondition::BadFormat.into()),
        }
    }

    async fn answer(&mut self, header: StreamHeader) -> Result<(), Fault> {
        let known = header.to.as_deref().and_then(|to| self.context.aliases().view(to));
        let host_known = known.is_some();
        if let Some(view) = known {
            self.view = view;
        }
        self.from = header.from;
        self.send_header().await?;
        if header.namespace != ns::SERVER {
            return Err(StreamCondition::InvalidNamespace.into());
        }
        if header.version.is_none_or(|version| version < Version::V1_0) {
            // It knows no features, hence no TLS.
            return Err(StreamCondition::UnsupportedVersion.into());
        }
        if host_known { Ok(()) } else { Err(StreamCondition::HostUnknown.into()) }
    }

    async fn send_header(&mut self) -> Result<(), Fault> {
        self.id = token().map_err(|_| StreamCondition::InternalServerError)?;
        let header = StreamHeader {
            namespace: ns::SERVER.to_owned(),
            to: self.from.clone(),
            from: Some(self.view.spelling().to_owned()),
            id: Some(self.id.clone()),
            version: Some(Version::V1_0),
            lang: Some("en".to_owned()),
        };
        let mut text = String::new();
        writer::write_stream_header(&header, &mut text);
        self.header_sent = true;
        write(&mut self.wire.io, text.as_bytes()).await
    }

    async fn encrypt(&mut self) -> Result<(), Fault> {
        self.send(&Element::new("proceed", ns::TLS)).await?;
        self.wire.parser.discard();
        let config = self.hub.tls().for_server(Some(self.view.spelling()));
        let plain = std::mem::replace(&mut self.wire.io, Box::new(tokio::io::empty()));
        let tls = TlsAcceptor::from(config).accept(plain).await.map_err(|error| {
            tracing::debug!(peer = %self.peer.addr, %error, "the TLS handshake failed");
            Fault::Gone
        })?;
        self.certificates = chain(tls.get_ref().1).to_vec();
        self.wire.io = Box::new(tls);
        self.peer.secure = true;
        Ok(())
    }

    /// The domain that the other end names, if its certificate is good for it.
    fn vouched(&self) -> Option<String> {
        let domain: Domain = self.from.as_deref()?.parse().ok()?;
        if self.context.aliases().is_ours(domain.as_str()) {
            return None;
        }
        match self.hub.trust().judge(&self.certificates, domain.as_str()) {
            Ok(()) => Some(domain.as_str().to_owned()),
            Err(distrust) => {
                tracing::debug!(domain = domain.as_str(), %distrust, "dialback, then");
                None
            }
        }
    }

    async fn offer(&mut self, authenticated: bool) -> Result<(), Fault> {
        let dialback = Element::builder("dialback", ns::DIALBACK_FEATURE)
            .child(Element::new("errors", ns::DIALBACK_FEATURE))
            .build();
        let mut offered = vec![dialback];
        if !authenticated && self.vouched().is_some() {
            offered.push(features::mechanisms([EXTERNAL]));
        } else {
            // Dialback has no second header, so this is said before; it is granted after.
            offered.push(elements::feature());
        }
        if !authenticated {
            offered.push(Element::new("bidi", ns::BIDI_FEATURE));
        }
        self.send(&features::features(offered)).await
    }

    /// XEP-0178 section 3: the certificate was judged already.
    async fn sasl(&mut self, auth: &Element) -> Result<Option<String>, Fault> {
        let reply = match self.external(auth) {
            Ok(domain) => {
                self.send(&SaslReply::Success(None).to_element()).await?;
                self.wire.parser.reset();
                let from = self.from.take();
                self.open().await?;
                if self.from.is_some() && self.from != from {
                    return Err(StreamCondition::InvalidFrom.into());
                }
                self.offer(true).await?;
                return Ok(Some(domain));
            }
            Err(condition) => SaslReply::Failure(condition.into()),
        };
        self.send(&reply.to_element()).await?;
        Ok(None)
    }

    fn external(&self, auth: &Element) -> Result<String, SaslCondition> {
        let Some(SaslRequest::Auth { mechanism, initial }) = SaslRequest::from_element(auth)?
        else {
            return Err(SaslCondition::MalformedRequest);
        };
        if mechanism != EXTERNAL {
            return Err(SaslCondition::InvalidMechanism);
        }
        let domain = self.vouched().ok_or(SaslCondition::NotAuthorized)?;
        let authzid = initial.filter(|authzid| !authzid.is_empty());
        let claimed = match authzid {
            None => return Ok(domain),
            Some(authzid) => String::from_utf8(authzid).ok().and_then(|a| a.parse::<Domain>().ok()),
        };
        let same = claimed.is_some_and(|claimed| claimed.as_str() == domain);
        if same { Ok(domain) } else { Err(SaslCondition::InvalidAuthzid) }
    }

    async fn send(&mut self, element: &Element) -> Result<(), Fault> {
        write(&mut self.wire.io, &element.to_bytes(ns::SERVER)).await
    }

    async fn end(mut self, fault: Fault) {
        let error = match fault {
            Fault::Gone => return,
            Fault::Closed => None,
            Fault::Error(error) => Some(error),
        };
        if let Some(error) = &error {
            tracing::debug!(peer = %self.peer.addr, %error, "server stream ended in negotiation");
        }
        let tell = async {
            if !self.header_sent {
                self.send_header().await?;
            }
            write(&mut self.wire.io, &goodbye(error.as_ref())).await?;
            self.wire.io.shutdown().await.map_err(|_| Fault::Gone)
        };
        if matches!(timeout(GOODBYE, tell).await, Ok(Ok(()))) {
            self.wire.linger().await;
        }
    }
}
