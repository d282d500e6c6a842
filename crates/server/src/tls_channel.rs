//! A client's stream inside TLS, and what a login can be bound to there.

use std::io;

use rustls::server::Acceptor;
use rustls::{ProtocolVersion, ServerConnection};
use rustls_pki_types::CertificateDer;
use televisor_xmpp::scram::ChannelBinding;
use tokio_rustls::LazyConfigAcceptor;

use crate::certificates::{Shown, Tls};
use crate::wire::Io;

/// What came of a handshake.
pub(crate) struct Channel {
    pub(crate) io: Box<dyn Io>,
    /// Strongest first.
    pub(crate) bindings: Vec<ChannelBinding>,
    /// What the other end showed.
    pub(crate) certificates: Vec<CertificateDer<'static>>,
    /// What is spoken inside, if that was agreed upon (RFC 7301).
    pub(crate) protocol: Option<Vec<u8>>,
}

/// Does the handshake after STARTTLS; `name` is what the stream was opened to, which decides where
/// the handshake names nothing (an address is never named in it).
///
/// # Errors
/// Whatever goes wrong in it.
pub(crate) async fn accept(io: Box<dyn Io>, tls: &Tls, name: &str) -> io::Result<Channel> {
    let start = LazyConfigAcceptor::new(Acceptor::default(), io).await?;
    let shown = tls.for_client(start.client_hello().server_name().or(Some(name)));
    finish(start, shown).await
}

/// Does the rest of a handshake of which it is known what to show.
///
/// # Errors
/// Whatever goes wrong in it.
pub(crate) async fn finish<T: Io + 'static>(
    start: tokio_rustls::StartHandshake<T>,
    shown: Shown,
) -> io::Result<Channel> {
    let stream = start.into_stream(shown.config).await?;
    let connection = stream.get_ref().1;
    let end_point = shown.end_point.map(ChannelBinding::tls_server_end_point);
    let bindings = exporter(connection).into_iter().chain(end_point).collect();
    let certificates = connection.peer_certificates().unwrap_or_default().to_vec();
    let protocol = connection.alpn_protocol().map(<[u8]>::to_vec);
    Ok(Channel { io: Box::new(stream), bindings, certificates, protocol })
}

/// RFC 9266 section 2: keying material is unique to a connection from TLS 1.3 on only.
fn exporter(tls: &ServerConnection) -> Option<ChannelBinding> {
    if tls.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
        return None;
    }
    let material = tls.export_keying_material([0; 32], ChannelBinding::EXPORTER_LABEL, Some(b""));
    material.ok().map(|material| ChannelBinding::tls_exporter(material.to_vec()))
}
