//! The first TCP connection to a domain that comes about.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;

use crate::error::Error;
use crate::eyeballs;
use crate::resolver::Resolver;
use crate::target::{Service, Target};

/// How long one address is tried alone before the next is tried beside it (RFC 8305 section 5).
const ADDRESS_DELAY: Duration = Duration::from_millis(250);

/// How long one target is tried alone before the next is tried beside it. Longer than for addresses: a
/// target of lower preference is for when the preferred one is not there, not for when it is far away.
const TARGET_DELAY: Duration = Duration::from_secs(3);

/// A TCP connection, and to whom.
#[derive(Debug)]
pub struct Connected {
    /// The connection, with `TCP_NODELAY` set.
    pub socket: TcpStream,
    /// The target it leads to.
    pub target: Target,
    /// The address it leads to.
    pub addr: SocketAddr,
}

/// Connects to the service of a domain: all its targets in order, their addresses by happy eyeballs.
///
/// # Errors
/// Why there is no connection within `deadline`.
pub async fn connect(
    resolver: &Resolver,
    domain: &str,
    service: Service,
    deadline: Duration,
) -> Result<Connected, Error> {
    let work = async {
        let targets = resolver.targets(domain, service).await?;
        race_targets(resolver, &targets, domain).await
    };
    within(deadline, domain, work).await
}

/// Connects to one of these targets, in order; `domain` is for the error.
///
/// # Errors
/// Why there is no connection within `deadline`.
pub async fn connect_targets(
    resolver: &Resolver,
    targets: &[Target],
    domain: &str,
    deadline: Duration,
) -> Result<Connected, Error> {
    within(deadline, domain, race_targets(resolver, targets, domain)).await
}

async fn within(
    deadline: Duration,
    domain: &str,
    work: impl Future<Output = Result<Connected, Error>>,
) -> Result<Connected, Error> {
    tokio::time::timeout(deadline, work).await.unwrap_or_else(|_| {
        Err(Error::Unreachable {
            domain: domain.to_owned(),
            reason: format!("no connection within {} s", deadline.as_secs()),
        })
    })
}

async fn race_targets(
    resolver: &Resolver,
    targets: &[Target],
    domain: &str,
) -> Result<Connected, Error> {
    // Owned, so that the future may move between threads.
    let attempts = targets.iter().cloned();
    let attempts = attempts.map(|target| connect_target(resolver.clone(), target));
    eyeballs::first(attempts, TARGET_DELAY).await.map_err(|problems| gravest(problems, domain))
}

async fn connect_target(resolver: Resolver, target: Target) -> Result<Connected, Error> {
    let addresses = resolver.addresses(&target.host).await?;
    let attempts = addresses.into_iter().map(|address| {
        let addr = SocketAddr::new(address, target.port);
        async move {
            let socket = TcpStream::connect(addr).await?;
            socket.set_nodelay(true)?;
            Ok((socket, addr))
        }
    });
    match eyeballs::first(attempts, ADDRESS_DELAY).await {
        Ok((socket, addr)) => Ok(Connected { socket, target, addr }),
        Err(problems) => Err(match problems.last() {
            Some(last) => Error::unreachable(&target.host, last),
            None => Error::NoSuchDomain { domain: target.host },
        }),
    }
}

/// The error that says most: a host that does not answer before silent DNS before a missing name.
fn gravest(problems: Vec<Error>, domain: &str) -> Error {
    let rank = |problem: &Error| match problem {
        Error::Unreachable { .. } => 0,
        Error::DnsTimeout { .. } => 1,
        Error::DnsFailure { .. } => 2,
        Error::NotPublic { .. }
        | Error::NoSuchDomain { .. }
        | Error::Refused { .. }
        | Error::Server { .. }
        | Error::Authorities { .. }
        | Error::Tls { .. } => 3,
    };
    problems
        .into_iter()
        .min_by_key(rank)
        .unwrap_or_else(|| Error::NoSuchDomain { domain: domain.to_owned() })
}
