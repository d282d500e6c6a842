//! RFC 6120 sections 4 to 7, the server's side: header, STARTTLS, SASL, resource binding, in that
//! order and no other.
//!
//! One listener serves both kinds of stream; the namespace of the first header decides. A server's
//! stream goes on in `federation`, or is told `unsupported-feature` where there is none. The first
//! byte says whether the stream is inside TLS from the start (XEP-0368).

use std::sync::Arc;

use rustls_pki_types::CertificateDer;
use televisor_xmpp::element::Element;
use televisor_xmpp::jid::{BareJid, Jid};
use televisor_xmpp::parser::{Limits, StreamEvent};
use televisor_xmpp::scram::ChannelBinding;
use televisor_xmpp::stream::{StreamCondition, StreamError, StreamHeader, Version};
use televisor_xmpp::{features, ns, writer};
use tokio::io::AsyncReadExt as _;

use crate::accounts::Peer;
use crate::alias::View;
use crate::authentication::Mechanisms;
use crate::binding::{Bound, Resumed, Seat};
use crate::certificates::ALPN_HTTP;
use crate::direct_tls::{self, HANDSHAKE, Rewound};
use crate::features::caps;
use crate::listener::Door;
use crate::random::token;
use crate::server::Shared;
use crate::stream_management::elements;
use crate::tls_channel::{self, Channel};
use crate::wire::{Fault, Io, Wire, write};
use crate::{sasl2, stream_limits};

/// Failed attempts before the stream is ended (RFC 6120 section 6.4.5: at least two, at most five).
const ATTEMPTS: usize = 5;

/// The language of our streams.
const LANG: &str = "en";

/// Letters of a language tag that is worth repeating with each stanza (RFC 5646 section 4.4.1).
const TAG: usize = 35;

/// A stream on its way to a session.
pub(crate) struct Negotiation {
    pub(crate) shared: Arc<Shared>,
    pub(crate) peer: Peer,
    pub(crate) view: View,
    wire: Wire<Box<dyn Io>>,
    /// What a login can be bound to.
    bindings: Vec<ChannelBinding>,
    header_sent: bool,
    /// Our header, until it goes out together with what follows it.
    header: Vec<u8>,
    /// Whose the stream says it is.
    from: Option<BareJid>,
    /// What language it says it is in, if that is not ours.
    pub(crate) lang: Option<Arc<str>>,
    /// What was proven to be known: others may take its place before there is a session.
    pub(crate) credentials: Option<[u8; 32]>,
    seat: Option<Seat>,
    /// What a server showed in TLS from the first byte.
    certificates: Vec<CertificateDer<'static>>,
}

/// Somebody who has been authenticated, and how the stream goes on.
pub(crate) enum Entered {
    /// With a new header, on which a resource is bound (RFC 6120).
    Restarting(String),
    /// As it is; a resource is to be bound (XEP-0388).
    Open(String),
    /// As it is; a resource has been bound (XEP-0386).
    Bound(Box<Bound>),
    /// As it is, with the session there was (XEP-0198 section 9.2).
    Resumed(Resumed),
}

/// What a connection turned out to be.
pub(crate) enum Negotiated {
    /// A client's, with a bound resource.
    Session(Bound),
    /// A client's that goes on with the session it had.
    Resumed(Resumed),
    /// Another server's, whose header has been read and not answered.
    Server(StreamHeader),
    /// Not a stream at all: HTTP, inside TLS.
    Http,
}

impl Negotiation {
    pub(crate) fn new(shared: Arc<Shared>, io: Box<dyn Io>, peer: Peer) -> Self {
        let limits = Limits { depth: shared.limits.depth, bytes: shared.limits.bytes_before };
        let view = shared.context.aliases().canonical_view();
        let wire = Wire::new(io, limits);
        Self {
            shared,
            peer,
            view,
            wire,
            bindings: Vec::new(),
            header_sent: false,
            header: Vec::new(),
            from: None,
            lang: None,
            credentials: None,
            seat: None,
            certificates: Vec::new(),
        }
    }

    /// Takes the stream to a bound resource.
    pub(crate) async fn run(&mut self, door: Door) -> Result<Negotiated, Fault> {
        if self.first_byte(door).await? {
            return Ok(Negotiated::Http);
        }
        if let Some(header) = self.open().await? {
            return Ok(Negotiated::Server(header));
        }
        let account = match self.authenticate().await? {
            Entered::Bound(bound) => return Ok(Negotiated::Session(*bound)),
            Entered::Resumed(resumed) => return Ok(Negotiated::Resumed(resumed)),
            Entered::Open(account) => account,
            Entered::Restarting(account) => {
                self.wire.parser.reset();
                self.raise_limits();
                self.open_client().await?;
                if !self.may_be(&account) {
                    return Err(StreamCondition::InvalidFrom.into());
                }
                self.send(&self.offered_after(true)).await?;
                account
            }
        };
        self.bind(account).await
    }

    /// Returns the features of an authenticated stream, whose resource is to be `bound` or is already.
    pub(crate) fn offered_after(&self, unbound: bool) -> Element {
        let binding = unbound.then(|| [features::bind(), features::session()]);
        let offered = [
            features::roster_versioning(),
            features::pre_approval(),
            elements::feature(),
            features::client_state(),
            stream_limits::after(&self.shared.limits),
        ];
        let caps = caps::of_server(&self.shared.context, self.peer.locality());
        features::features(binding.into_iter().flatten().chain(offered).chain(caps))
    }

    /// Takes what only somebody who is known may send.
    pub(crate) fn raise_limits(&mut self) {
        let limits = &self.shared.limits;
        let after = Limits { depth: limits.depth, bytes: limits.bytes_after };
        self.wire.parser.set_limits(after);
    }

    /// Puts another seat, or none, in the place of the one that is held.
    pub(crate) fn take_seat(&mut self, seat: Option<Seat>) -> Option<Seat> {
        std::mem::replace(&mut self.seat, seat)
    }

    /// Returns whether the stream may be this account's, after what its header says.
    pub(crate) fn may_be(&self, account: &str) -> bool {
        self.from.as_ref().is_none_or(|from| from.localpart() == Some(account))
    }

    pub(crate) fn into_wire(self) -> Wire<Box<dyn Io>> {
        self.wire
    }

    pub(crate) fn wire_mut(&mut self) -> &mut Wire<Box<dyn Io>> {
        &mut self.wire
    }

    /// Returns what the other end showed in TLS from the first byte.
    pub(crate) fn certificates(&self) -> Vec<CertificateDer<'static>> {
        self.certificates.clone()
    }

    pub(crate) fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Sends our header if the current stream has none yet.
    pub(crate) async fn ensure_header(&mut self) -> Result<(), Fault> {
        if !self.header_sent {
            self.put_header(ns::CLIENT, None)?;
        }
        self.write(Vec::new()).await
    }

    pub(crate) async fn send(&mut self, element: &Element) -> Result<(), Fault> {
        self.write(element.to_bytes(ns::CLIENT).into()).await
    }

    /// Sends several in one go.
    pub(crate) async fn send_all(&mut self, elements: &[Element]) -> Result<(), Fault> {
        let bytes: Vec<_> = elements.iter().map(|element| element.to_bytes(ns::CLIENT)).collect();
        self.write(bytes.concat()).await
    }

    /// Writes our header, if that is still to go out, and these bytes.
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), Fault> {
        let mut text = std::mem::take(&mut self.header);
        text.extend_from_slice(&bytes);
        if text.is_empty() { Ok(()) } else { write(&mut self.wire.io, &text).await }
    }

    pub(crate) async fn element(&mut self) -> Result<Element, Fault> {
        self.wire.element().await
    }

    /// Streams before authentication: in the clear, then inside TLS.
    async fn authenticate(&mut self) -> Result<Entered, Fault> {
        self.offer().await?;
        let mut failures = 0;
        while failures < ATTEMPTS {
            let element = self.element().await?;
            if element.is("starttls", ns::TLS) && !self.peer.secure {
                self.encrypt().await?;
                self.open_client().await?;
                self.offer().await?;
            } else if element.is("auth", ns::SASL) {
                let mechanisms = self.mechanisms();
                if let Some(account) = self.sasl(&mechanisms, &element).await? {
                    return Ok(Entered::Restarting(account));
                }
                failures += 1;
            } else if element.is("authenticate", ns::SASL2) {
                let mechanisms = self.mechanisms();
                if let Some(entered) = Box::pin(self.sasl2(&mechanisms, &element)).await? {
                    return Ok(entered);
                }
                failures += 1;
            } else {
                // RFC 6120 section 4.9.3.12: nothing else has a meaning yet.
                return Err(StreamCondition::NotAuthorized.into());
            }
        }
        Err(StreamCondition::PolicyViolation.into())
    }

    async fn offer(&mut self) -> Result<(), Fault> {
        let mut offered = Vec::new();
        if !self.peer.secure && self.shared.tls.is_there(self.view.spelling()) {
            offered.push(features::starttls(!self.peer.loopback));
        }
        let mechanisms = self.mechanisms();
        if !mechanisms.is_empty() {
            offered.push(features::mechanisms(mechanisms.names()));
            offered.push(sasl2::feature(&mechanisms));
            if !mechanisms.bindings().is_empty() {
                let kinds = mechanisms.bindings().iter().map(ChannelBinding::kind);
                offered.push(features::channel_bindings(kinds));
            }
        }
        offered.push(stream_limits::before(&self.shared.limits));
        self.send(&features::features(offered)).await
    }

    fn mechanisms(&self) -> Mechanisms {
        Mechanisms::offered(&self.peer, self.bindings.clone())
    }

    /// Looks at the first byte, and does the handshake if that is what begins. Returns whether HTTP was
    /// agreed upon in it.
    async fn first_byte(&mut self, door: Door) -> Result<bool, Fault> {
        let first = self.wire.io.read_u8().await.map_err(|_| Fault::Gone)?;
        if first != HANDSHAKE {
            self.wire.parser.push(&[first]);
            return Ok(false);
        }
        let http = door == Door::Clients && self.shared.http.get().is_some();
        let plain = std::mem::replace(&mut self.wire.io, Box::new(tokio::io::empty()));
        let accepted =
            direct_tls::accept(plain, &self.shared.tls, door == Door::Servers, http).await;
        let channel = accepted.map_err(|error| self.handshake_failed(&error))?;
        let protocol = channel.protocol.clone();
        self.go_on_inside(channel);
        match protocol {
            None if http => self.sniff().await,
            protocol => Ok(protocol.as_deref() == Some(ALPN_HTTP)),
        }
    }

    /// Tells HTTP from XML where the handshake did not say: a method is in capitals (RFC 9110 section
    /// 9.1), and XML begins with `<`.
    async fn sniff(&mut self) -> Result<bool, Fault> {
        let first = self.wire.io.read_u8().await.map_err(|_| Fault::Gone)?;
        if first.is_ascii_uppercase() {
            let io = std::mem::replace(&mut self.wire.io, Box::new(tokio::io::empty()));
            self.wire.io = Box::new(Rewound::new(first, io));
            return Ok(true);
        }
        self.wire.parser.push(&[first]);
        Ok(false)
    }

    fn go_on_inside(&mut self, channel: Channel) {
        self.bindings = channel.bindings;
        self.certificates = channel.certificates;
        self.wire.io = channel.io;
        self.peer.secure = true;
    }

    /// The header of a stream that must go on to be a client's.
    async fn open_client(&mut self) -> Result<(), Fault> {
        match self.open().await? {
            None => Ok(()),
            Some(_) => Err(StreamCondition::InvalidNamespace.into()),
        }
    }

    /// Reads a header and answers it (RFC 6120 section 4.7), unless it is a server's: that is
    /// returned.
    async fn open(&mut self) -> Result<Option<StreamHeader>, Fault> {
        self.header_sent = false;
        let StreamEvent::Open(header) = self.wire.event().await? else {
            return Err(StreamCondition::BadFormat.into());
        };
        let known = match header.to.as_deref() {
            None => Some(self.shared.context.aliases().canonical_view()),
            Some(host) => self.shared.context.aliases().view(host),
        };
        let host_known = known.is_some();
        let from = header.from.as_deref().filter(|from| !from.is_empty());
        if let Some(view) = known {
            self.view = view;
        }
        let server = header.namespace == ns::SERVER;
        let federation = self.shared.context.federation();
        if server && federation.is_some_and(|federation| federation.component().is_none()) {
            return Ok(Some(header));
        }
        let namespace = if server { ns::SERVER } else { ns::CLIENT };
        // Section 4.7.2: to the bare address.
        let to = header.from.as_deref().and_then(|from| from.split('/').next());
        self.put_header(namespace, to)?;
        if server {
            let error = StreamError::new(StreamCondition::UnsupportedFeature);
            return Err(Fault::Error(error.with_text("federation is not available here")));
        }
        if header.namespace != ns::CLIENT {
            return Err(StreamCondition::InvalidNamespace.into());
        }
        if header.version.is_none_or(|version| version < Version::V1_0) {
            return Err(StreamCondition::UnsupportedVersion.into());
        }
        if !host_known {
            return Err(StreamCondition::HostUnknown.into());
        }
        self.from = from.map(|from| self.client_of_ours(from)).transpose()?;
        self.lang = header.lang.as_deref().and_then(foreign);
        Ok(None)
    }

    /// XEP-0388 section 3.1: a client's stream is from an account of the host that it is to.
    fn client_of_ours(&self, from: &str) -> Result<BareJid, Fault> {
        let inward = self.shared.context.aliases().inward_address(from);
        let address = inward.parse::<Jid>().ok().map(Jid::into_bare);
        let ours = address
            .filter(|address| self.shared.context.aliases().is_ours(address.domainpart().as_str()));
        ours.ok_or_else(|| StreamCondition::InvalidFrom.into())
    }

    fn put_header(&mut self, namespace: &str, to: Option<&str>) -> Result<(), Fault> {
        let header = StreamHeader {
            namespace: namespace.to_owned(),
            to: to.map(str::to_owned),
            from: Some(self.view.spelling().to_owned()),
            id: Some(token().map_err(|_| StreamCondition::InternalServerError)?),
            version: Some(Version::V1_0),
            lang: Some(LANG.to_owned()),
        };
        let mut text = String::new();
        writer::write_stream_header(&header, &mut text);
        self.header_sent = true;
        self.header = text.into_bytes();
        Ok(())
    }

    /// RFC 6120 section 5.4.2.3: what came after `<starttls/>` in the clear is thrown away.
    async fn encrypt(&mut self) -> Result<(), Fault> {
        if !self.shared.tls.is_there(self.view.spelling()) {
            // Section 5.4.2.2: then the stream ends.
            self.send(&Element::new("failure", ns::TLS)).await?;
            return Err(Fault::Closed);
        }
        self.send(&Element::new("proceed", ns::TLS)).await?;
        if self.wire.parser.discard() {
            tracing::debug!(peer = %self.peer.addr, "bytes after starttls in the clear: discarded");
        }
        let plain = std::mem::replace(&mut self.wire.io, Box::new(tokio::io::empty()));
        let name = self.view.spelling();
        let accepted = tls_channel::accept(plain, &self.shared.tls, name).await;
        let channel = accepted.map_err(|error| self.handshake_failed(&error))?;
        self.go_on_inside(channel);
        Ok(())
    }

    fn handshake_failed(&self, error: &std::io::Error) -> Fault {
        tracing::debug!(peer = %self.peer.addr, %error, "the TLS handshake failed");
        Fault::Gone
    }
}

/// RFC 6120 section 4.7.4: returns the language of a client's stream, if others would not assume it.
fn foreign(lang: &str) -> Option<Arc<str>> {
    let is_tag = lang.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_short = (1..=TAG).contains(&lang.len());
    (is_tag && is_short && !lang.eq_ignore_ascii_case(LANG)).then(|| lang.into())
}
