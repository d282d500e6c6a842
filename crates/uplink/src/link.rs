//! From the account's domain to an encrypted stream with a server that has shown a certificate for
//! that domain (RFC 6120 sections 3 and 5, XEP-0368).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, ProtocolVersion};
use televisor_dial::{
    Connected, Error, Resolver, Service, Target, Trust, connect, connect_targets,
};
use televisor_xmpp::scram::ChannelBinding;
use televisor_xmpp::{Element, ns};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::config::Config;
use crate::failure::Failure;
use crate::stream::{Io, XmppStream};

/// From the name to an open connection, over all addresses.
const CONNECT_DEADLINE: Duration = Duration::from_secs(12);

/// How to get to the server.
pub(crate) struct Way {
    resolver: Resolver,
    /// Shared by all attempts, so that TLS sessions are resumed too (XEP-0198 section 5).
    starttls: Arc<ClientConfig>,
    direct: Arc<ClientConfig>,
    /// Where the settings say the server is.
    host: Option<Target>,
}

/// A stream inside TLS, on which no header has been sent.
pub(crate) struct Link {
    pub(crate) stream: XmppStream,
    pub(crate) binding: Option<ChannelBinding>,
    pub(crate) peer: SocketAddr,
}

impl Way {
    /// Reads the authorities and the settings.
    pub(crate) async fn new(config: &Config) -> Result<Self, Failure> {
        let ca_file = config.ca_file.clone();
        let trust = tokio::task::spawn_blocking(move || Trust::new(ca_file.as_deref()))
            .await
            .map_err(|_| Failure::Stopped)?
            .map_err(refused)?;
        let starttls = trust.strict_client().map_err(refused)?;
        let mut direct = starttls.clone();
        direct.alpn_protocols = vec![b"xmpp-client".to_vec()];
        let host = match &config.host {
            Some(text) => Some(target(text).ok_or_else(|| {
                Failure::Refused(format!("`{text}` in the settings is not host:port"))
            })?),
            None => None,
        };
        Ok(Self {
            resolver: Resolver::new(config.resolver.as_deref()).map_err(refused)?,
            starttls: Arc::new(starttls),
            direct: Arc::new(direct),
            host,
        })
    }

    /// Connects to the server of `domain`: at `elsewhere` if it has sent us there, else where the
    /// settings or DNS say. The certificate is for `domain` in any case (RFC 6120 section 4.9.3.19).
    pub(crate) async fn open(
        &self,
        domain: &str,
        elsewhere: Option<&Target>,
    ) -> Result<Link, Failure> {
        let Connected { socket, target, addr } =
            self.connect(domain, elsewhere.or(self.host.as_ref())).await.map_err(unreachable)?;
        let tls = if target.direct_tls {
            encrypt(Box::new(socket), &self.direct, domain).await?
        } else {
            let socket = ask_for_tls(socket, domain).await?;
            encrypt(socket, &self.starttls, domain).await?
        };
        let binding = binding(&tls);
        Ok(Link { stream: XmppStream::new(Box::new(tls)), binding, peer: addr })
    }

    async fn connect(&self, domain: &str, target: Option<&Target>) -> Result<Connected, Error> {
        let resolver = &self.resolver;
        match target.map(std::slice::from_ref) {
            Some(targets) => connect_targets(resolver, targets, domain, CONNECT_DEADLINE).await,
            None => connect(resolver, domain, Service::XmppClient, CONNECT_DEADLINE).await,
        }
    }
}

async fn encrypt(
    socket: Box<dyn Io>,
    config: &Arc<ClientConfig>,
    domain: &str,
) -> Result<TlsStream<Box<dyn Io>>, Failure> {
    let name = televisor_dial::trust::server_name(domain)
        .map_err(|error| Failure::Refused(error.to_string()))?;
    TlsConnector::from(Arc::clone(config)).connect(name, socket).await.map_err(|error| {
        // Not a refusal: a hotel's portal shows certificates of its own until one has paid.
        Failure::Lost(format!("no encryption with the server of {domain}: {error}"))
    })
}

/// Says that TLS is wanted, and returns the socket when the server agrees.
async fn ask_for_tls(socket: TcpStream, domain: &str) -> Result<Box<dyn Io>, Failure> {
    let mut stream = XmppStream::new(Box::new(socket));
    stream.open(domain, None).await?;
    if !stream.features().await?.has_child("starttls", ns::TLS) {
        return Err(Failure::lost("the server offers no encryption"));
    }
    stream.send(&Element::new("starttls", ns::TLS)).await?;
    if !stream.next().await?.is("proceed", ns::TLS) {
        return Err(Failure::lost("the server refused encryption"));
    }
    Ok(stream.into_io())
}

/// RFC 9266: only TLS 1.3 makes the exporter unique to the connection.
fn binding(tls: &TlsStream<Box<dyn Io>>) -> Option<ChannelBinding> {
    let (_, connection) = tls.get_ref();
    if connection.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
        return None;
    }
    connection
        .export_keying_material(vec![0; 32], ChannelBinding::EXPORTER_LABEL, Some(b""))
        .ok()
        .map(ChannelBinding::tls_exporter)
}

/// Reads `host`, `host:port`, `[address]` or `[address]:port`: the settings' host, `see-other-host` and
/// the location of a session.
pub(crate) fn target(text: &str) -> Option<Target> {
    let text = text.trim();
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            (host, after.strip_prefix(':'))
        }
        // More than one colon and no brackets: an IPv6 address as some servers write it.
        None if text.matches(':').count() > 1 => (text, None),
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let port = match port {
        Some(port) => port.parse().ok().filter(|port| *port != 0)?,
        None => Service::XmppClient.default_port(),
    };
    let usable = !host.is_empty() && host.len() <= 255 && !host.contains(char::is_whitespace);
    usable.then(|| Target { host: host.to_owned(), port, direct_tls: false })
}

fn refused(error: Error) -> Failure {
    Failure::Refused(error.to_string())
}

/// A domain that does not exist now may be a line that is not up yet.
fn unreachable(error: Error) -> Failure {
    Failure::Lost(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(String, u16)> {
        target(text).map(|target| (target.host, target.port))
    }

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_port() {
        assert_eq!(read("example.org"), Some(("example.org".to_owned(), 5222)));
        assert_eq!(read("example.org:9222"), Some(("example.org".to_owned(), 9222)));
        assert_eq!(read("[::1]:9222"), Some(("::1".to_owned(), 9222)));
        assert_eq!(read("[2001:db8::1]"), Some(("2001:db8::1".to_owned(), 5222)));
        assert_eq!(read("2001:db8::1"), Some(("2001:db8::1".to_owned(), 5222)));
        assert_eq!(read("192.0.2.1:1"), Some(("192.0.2.1".to_owned(), 1)));
        for nonsense in ["", ":5222", "a:0", "a:b", "a:70000", "[::1", "a b"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
