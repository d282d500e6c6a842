//! A stream that we open: RFC 6120 between servers, the initiating side, up to the point where
//! stanzas may be sent.
//!
//! TLS is required, any certificate is taken: whom we reach is who DNS says it is, exactly as with
//! dialback. SASL EXTERNAL (XEP-0178) where it is offered, dialback (XEP-0220) otherwise. Left out:
//! more than one domain on a stream that we open.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use rustls_pki_types::CertificateDer;
use televisor_dial::trust::server_name;
use televisor_dial::{Resolver, Service, connect};
use televisor_xmpp::element::Element;
use televisor_xmpp::features::offered_mechanisms;
use televisor_xmpp::parser::StreamEvent;
use televisor_xmpp::sasl::{SaslReply, SaslRequest};
use televisor_xmpp::stream::{StreamError, StreamHeader, Version};
use televisor_xmpp::{ns, writer};
use tokio_rustls::TlsConnector;

use super::Federation;
use super::dialback::{Dialback, Pair, Verdict};
use super::trouble::Trouble;
use crate::alias::View;
use crate::wire::{Io, Wire, write};

/// How long finding and connecting may take, of the time for everything.
const CONNECT: Duration = Duration::from_secs(20);

/// The one mechanism of servers.
pub(super) const EXTERNAL: &str = "EXTERNAL";

/// A stream inside TLS whose features have been read.
pub(super) struct Outgoing {
    pub(super) wire: Wire<Box<dyn Io>>,
    /// The other domain.
    pub(super) domain: String,
    /// How we are called on it.
    pub(super) view: View,
    pub(super) addr: SocketAddr,
    /// The stream's id, which the other end chose.
    pub(super) id: String,
    pub(super) features: Element,
    /// Whether the other end may send on it too (XEP-0288).
    pub(super) bidi: bool,
    /// Whether SASL was tried, right or wrong.
    pub(super) tried_external: bool,
}

impl Outgoing {
    /// Connects to where `resolver` says, and goes as far as the features inside TLS.
    pub(super) async fn open(
        hub: &Federation,
        resolver: &Resolver,
        view: View,
        domain: &str,
    ) -> Result<Self, Trouble> {
        let found = connect(resolver, domain, Service::XmppServer, CONNECT).boxed().await?;
        let io: Box<dyn Io> = Box::new(found.socket);
        let mut stream = Self {
            wire: Wire::new(io, hub.before()),
            domain: domain.to_owned(),
            view,
            addr: found.addr,
            id: String::new(),
            features: Element::new("features", ns::STREAMS),
            bidi: false,
            tried_external: false,
        };
        if found.target.direct_tls {
            stream.encrypt(hub, true).await?;
        } else {
            stream.header().await?;
            if !stream.features.has_child("starttls", ns::TLS) {
                return Err(Trouble::NoTls);
            }
            stream.send(&Element::new("starttls", ns::TLS)).await?;
            if !stream.element().await?.is("proceed", ns::TLS) {
                return Err(Trouble::NoTls);
            }
            stream.wire.parser.discard();
            stream.encrypt(hub, false).await?;
        }
        stream.header().await?;
        Ok(stream)
    }

    /// Proves who we are.
    pub(super) async fn authenticate(
        &mut self,
        hub: &Federation,
        external: bool,
    ) -> Result<(), Trouble> {
        if self.features.has_child("bidi", ns::BIDI_FEATURE) {
            // XEP-0288 section 2.2: before authentication.
            self.send(&Element::new("bidi", ns::BIDI)).await?;
            self.bidi = true;
        }
        let offered = offered_mechanisms(&self.features).iter().any(|name| name == EXTERNAL);
        if offered && external && self.external().await? {
            return Ok(());
        }
        self.dialback(hub).await
    }

    pub(super) async fn send(&mut self, element: &Element) -> Result<(), Trouble> {
        Ok(write(&mut self.wire.io, &element.to_bytes(ns::SERVER)).await?)
    }

    /// Waits for the next element that is no stream error.
    pub(super) async fn element(&mut self) -> Result<Element, Trouble> {
        let element = self.wire.element().await?;
        match StreamError::from_element(&element) {
            Some(error) => Err(Trouble::Stream(error)),
            None => Ok(element),
        }
    }

    /// Sends our header; reads the other one, and the features.
    async fn header(&mut self) -> Result<(), Trouble> {
        let header = StreamHeader {
            namespace: ns::SERVER.to_owned(),
            to: Some(self.domain.clone()),
            from: Some(self.view.spelling().to_owned()),
            id: None,
            version: Some(Version::V1_0),
            lang: Some("en".to_owned()),
        };
        let mut text = String::new();
        writer::write_stream_header(&header, &mut text);
        write(&mut self.wire.io, text.as_bytes()).await?;
        let StreamEvent::Open(header) = self.wire.event().await? else {
            return Err(Trouble::Protocol);
        };
        if header.namespace != ns::SERVER {
            return Err(Trouble::Protocol);
        }
        self.id = header.id.unwrap_or_default();
        if header.version.is_none_or(|version| version < Version::V1_0) {
            // It has no features, hence no TLS. Its error, if it sends one, says more.
            return Err(self.element().await.err().unwrap_or(Trouble::NoTls));
        }
        self.features = self.element().await?;
        let known = self.features.is("features", ns::STREAMS);
        if known { Ok(()) } else { Err(Trouble::Protocol) }
    }

    async fn encrypt(&mut self, hub: &Federation, direct: bool) -> Result<(), Trouble> {
        let name = server_name(&self.domain).map_err(|_| Trouble::Name)?;
        let config = hub.tls().client(hub.trust(), self.view.spelling(), direct)?;
        let plain = std::mem::replace(&mut self.wire.io, Box::new(tokio::io::empty()));
        let connector = TlsConnector::from(Arc::new(config));
        let tls = connector.connect(name, plain).await.map_err(Trouble::Handshake)?;
        if let Err(distrust) = hub.trust().judge(chain(tls.get_ref().1), &self.domain) {
            tracing::debug!(domain = self.domain, %distrust, "its certificate proves nothing");
        }
        self.wire.io = Box::new(tls);
        Ok(())
    }

    /// XEP-0178 section 3. `false`: it did not take the certificate.
    async fn external(&mut self) -> Result<bool, Trouble> {
        self.tried_external = true;
        let initial = Some(self.view.spelling().as_bytes().to_vec());
        let auth = SaslRequest::Auth { mechanism: EXTERNAL.to_owned(), initial };
        self.send(&auth.to_element()).await?;
        let reply = SaslReply::from_element(&self.element().await?);
        match reply {
            Ok(Some(SaslReply::Success(_))) => {
                self.wire.parser.reset();
                self.header().await?;
                Ok(true)
            }
            Ok(Some(SaslReply::Failure(failure))) => {
                let condition = failure.condition;
                tracing::debug!(domain = self.domain, %condition, "it refuses our certificate");
                Ok(false)
            }
            Ok(Some(SaslReply::Challenge(_)) | None) | Err(_) => Err(Trouble::Protocol),
        }
    }

    /// XEP-0220 section 2.1.1.
    async fn dialback(&mut self, hub: &Federation) -> Result<(), Trouble> {
        let key = hub.secret().key(&self.domain, self.view.spelling(), &self.id);
        let pair = Pair::new(self.view.spelling(), self.domain.as_str());
        let expected = pair.clone().reversed();
        self.send(&Dialback::Key { pair, key }.to_element()).await?;
        loop {
            let element = self.element().await?;
            match Dialback::from_element(&element) {
                Some(Dialback::Outcome { pair, verdict }) if pair == expected => {
                    return match verdict {
                        Verdict::Valid => Ok(()),
                        Verdict::Invalid => Err(Trouble::Refused),
                        Verdict::Error(error) => Err(Trouble::Unverified(error)),
                    };
                }
                // Nothing else has a meaning yet.
                _ => tracing::debug!(domain = self.domain, name = element.name(), "too early"),
            }
        }
    }
}

/// Returns the certificates that the other end showed.
pub(super) fn chain(tls: &rustls::CommonState) -> &[CertificateDer<'static>] {
    tls.peer_certificates().unwrap_or_default()
}
