//! From a byte stream to a bound session: STARTTLS with the pinned certificate, SASL, bind
//! (RFC 6120 sections 5, 6 and 7).

use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ProtocolVersion};
use televisor_xmpp::scram::ChannelBinding;
use televisor_xmpp::{Element, IqType, Stanza, ns};
use tokio_rustls::TlsConnector;

use crate::connect::Io;
use crate::error::Error;
use crate::sasl;
use crate::stream::XmppStream;

/// Who logs in.
pub(crate) struct Credentials {
    pub(crate) localpart: String,
    pub(crate) domain: String,
    pub(crate) password: String,
    pub(crate) resource: String,
}

/// A session ready for stanzas.
pub(crate) struct Bound {
    pub(crate) stream: XmppStream,
    pub(crate) jid: String,
}

/// Negotiates everything. Without `tls` the stream stays in the clear, which the caller permits on
/// loopback only.
pub(crate) async fn log_in(
    io: Box<dyn Io>,
    tls: Option<Arc<ClientConfig>>,
    credentials: &Credentials,
) -> Result<Bound, Error> {
    let mut stream = XmppStream::new(io);
    stream.open(&credentials.domain).await?;
    let mut offered = features(&mut stream).await?;
    let mut binding = None;
    if let Some(tls) = tls {
        (stream, binding) = start_tls(stream, &offered, tls).await?;
        stream.open(&credentials.domain).await?;
        offered = features(&mut stream).await?;
    }
    let Credentials { localpart, password, .. } = credentials;
    sasl::authenticate(&mut stream, &offered, binding, localpart, password).await?;
    stream.restart();
    stream.open(&credentials.domain).await?;
    let offered = features(&mut stream).await?;
    if !offered.has_child("bind", ns::BIND) {
        return Err(Error::Stream("no resource binding offered".to_owned()));
    }
    let jid = bind(&mut stream, &credentials.resource).await?;
    Ok(Bound { stream, jid })
}

async fn features(stream: &mut XmppStream) -> Result<Element, Error> {
    let element = stream.next().await?;
    if element.is("features", ns::STREAMS) {
        Ok(element)
    } else {
        Err(Error::Stream(format!("{} instead of stream features", element.name())))
    }
}

async fn start_tls(
    mut stream: XmppStream,
    offered: &Element,
    config: Arc<ClientConfig>,
) -> Result<(XmppStream, Option<ChannelBinding>), Error> {
    // A pinned certificate and no STARTTLS: somebody is in between, or this is not our receiver.
    if !offered.has_child("starttls", ns::TLS) {
        return Err(Error::NoLogin("no encryption"));
    }
    stream.send(&Element::new("starttls", ns::TLS)).await?;
    if !stream.next().await?.is("proceed", ns::TLS) {
        return Err(Error::Stream("TLS was refused".to_owned()));
    }
    // The name is not checked, the certificate is; and none is sent, since ours are not public.
    let name = ServerName::try_from("televisor.invalid")
        .map_err(|_| Error::NoLogin("no usable server name"))?;
    let tls =
        TlsConnector::from(config).connect(name, stream.into_io()).await.map_err(|error| {
            if is_pin_failure(&error) { Error::WrongCertificate } else { error.into() }
        })?;
    let (_, connection) = tls.get_ref();
    // RFC 9266: only TLS 1.3 makes the exporter unique to the connection.
    let binding = if connection.protocol_version() == Some(ProtocolVersion::TLSv1_3) {
        connection
            .export_keying_material(vec![0; 32], ChannelBinding::EXPORTER_LABEL, Some(b""))
            .ok()
            .map(ChannelBinding::tls_exporter)
    } else {
        None
    };
    Ok((XmppStream::new(Box::new(tls)), binding))
}

fn is_pin_failure(error: &std::io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(inner, Some(rustls::Error::InvalidCertificate(_)))
}

async fn bind(stream: &mut XmppStream, resource: &str) -> Result<String, Error> {
    let wanted = Element::builder("resource", ns::BIND).text(resource);
    let payload = Element::builder("bind", ns::BIND).child(wanted).build();
    let iq = Stanza::iq(IqType::Set, "bind", payload);
    stream.send(iq.element()).await?;
    loop {
        let answer = stream.next().await?;
        if answer.name() != "iq" || answer.attr("id") != Some("bind") {
            continue;
        }
        return answer
            .child("bind", ns::BIND)
            .and_then(|bind| bind.child("jid", ns::BIND))
            .map(Element::text)
            .ok_or_else(|| Error::Stream("the resource was not bound".to_owned()));
    }
}
