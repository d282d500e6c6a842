//! What DNS says of a domain.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use tokio::time::timeout;

use crate::error::Error;
use crate::literal::{address_literal, is_public};
use crate::target::{Ranked, Service, Target, by_chance, in_order};

/// How long one question may take, with its repetition and all the servers.
const QUERY: Duration = Duration::from_secs(5);

/// How long one server is given before the question is repeated: a lost datagram costs this much.
const REPEAT: Duration = Duration::from_secs(2);

/// How long the other address family is waited for once one has answered. RFC 8305 section 3 has
/// 50 ms for a person who waits; between servers a little more is worth the better address.
const OTHER_FAMILY: Duration = Duration::from_millis(250);

/// How long an answer is kept at most, whatever its time to live.
const LONGEST_KEPT: Duration = Duration::from_secs(3600);

/// How long it is kept at most that there is no answer: a friend's new record shall work soon.
const LONGEST_MISSED: Duration = Duration::from_secs(60);

/// How many answers are kept.
const CACHE: u64 = 512;

/// The most targets of one domain, and addresses of one host, that are looked at: nobody makes us knock
/// at a hundred doors by a long answer.
const MOST_TARGETS: usize = 16;
const MOST_ADDRESSES: usize = 8;

/// Asks DNS. Cheap to clone.
#[derive(Clone)]
pub struct Resolver {
    source: Arc<Source>,
    /// Whether only addresses of the Internet count.
    only_public: bool,
}

/// Which servers are asked.
enum Source {
    /// One server, by configuration.
    Fixed(TokioResolver),
    /// The system's, read again when the system's file changes.
    System(Mutex<Option<(Option<SystemTime>, TokioResolver)>>),
}

const SYSTEM_FILE: &str = "/etc/resolv.conf";

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self.source {
            Source::Fixed(_) => "Resolver(configured)",
            Source::System(_) => "Resolver(system)",
        })
    }
}

impl Resolver {
    /// A resolver that asks this server (`127.0.0.1`, `127.0.0.1:5300`, `[::1]:53`), or the system's.
    ///
    /// The system's settings are read when first needed and again when they change, so a receiver that
    /// starts before its network resolves names once the network is there.
    ///
    /// # Errors
    /// [`Error::Server`] when `server` is not an address.
    pub fn new(server: Option<&str>) -> Result<Self, Error> {
        let source = match server {
            Some(server) => Source::Fixed(fixed(server)?),
            None => Source::System(Mutex::new(None)),
        };
        Ok(Self { source: Arc::new(source), only_public: false })
    }

    /// The same, for which a host has no addresses but those of the Internet. For what strangers make
    /// us ask: it must lead neither into the home nor to this machine, whatever their DNS says.
    #[must_use]
    pub fn only_public(&self) -> Self {
        Self { source: Arc::clone(&self.source), only_public: true }
    }

    /// Where the service of this domain may be reached, in the order to try.
    ///
    /// An address literal is itself with the default port. Otherwise the SRV records for direct TLS and
    /// for STARTTLS are merged (XEP-0368 section 3) and put in order by priority and weight. When there
    /// are none, or DNS is silent about them, the domain itself with the default port is the target
    /// (RFC 6120 section 3.2.2).
    ///
    /// # Errors
    /// [`Error::NotPublic`] for names which DNS is never asked for; [`Error::Refused`] when the domain
    /// says that it does not offer the service.
    pub async fn targets(&self, domain: &str, service: Service) -> Result<Vec<Target>, Error> {
        let own = |host: String| Target { host, port: service.default_port(), direct_tls: false };
        if let Some(address) = address_literal(domain) {
            return Ok(vec![own(address.to_string())]);
        }
        let name = public_name(domain)?;
        let (direct, starttls) = tokio::join!(
            self.services(service.direct_prefix(), &name, true),
            self.services(service.starttls_prefix(), &name, false),
        );
        let refused = matches!(starttls, Services::Refused);
        let mut ranked = direct.found();
        ranked.extend(starttls.found());
        if !ranked.is_empty() {
            let mut order = in_order(ranked, by_chance);
            order.truncate(MOST_TARGETS);
            return Ok(order);
        }
        if refused {
            return Err(Error::Refused { domain: domain.to_owned() });
        }
        Ok(vec![own(name)])
    }

    /// The addresses of a host, IPv6 first, the families in turn (RFC 8305 section 4).
    ///
    /// An address is its own address; `localhost` is the loopback, whatever DNS may say (RFC 6761).
    ///
    /// # Errors
    /// Tells a missing name, silent DNS and failing DNS apart; an empty list is never returned.
    /// [`Error::NotPublic`] where [`only_public`](Self::only_public) leaves none.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Error> {
        let mut found = self.all_addresses(host).await?;
        if self.only_public {
            found.retain(|address| is_public(*address));
        }
        if found.is_empty() {
            return Err(Error::NotPublic { domain: host.to_owned() });
        }
        Ok(found)
    }

    async fn all_addresses(&self, host: &str) -> Result<Vec<IpAddr>, Error> {
        if let Some(address) = address_literal(host) {
            return Ok(vec![address]);
        }
        if host.eq_ignore_ascii_case("localhost") {
            return Ok(vec![Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()]);
        }
        let name = public_name(host)?;
        let (six, four) =
            both(self.records(&name, RecordType::AAAA), self.records(&name, RecordType::A)).await;
        let mut problem = None;
        let mut family = |found: Option<Result<Vec<Record>, Error>>| match found {
            Some(Ok(records)) => records.iter().filter_map(address_of).collect(),
            Some(Err(error)) => {
                // Silence about one family says less than the other's "there is none".
                if error.is_temporary() || problem.is_none() {
                    problem = Some(error);
                }
                Vec::new()
            }
            None => Vec::new(),
        };
        let mut found = interleaved(family(six), family(four));
        found.truncate(MOST_ADDRESSES);
        if found.is_empty() {
            return Err(problem.unwrap_or_else(|| no_such(host)));
        }
        Ok(found)
    }

    async fn services(&self, prefix: &str, domain: &str, direct_tls: bool) -> Services {
        let name = format!("{prefix}.{domain}");
        match self.records(&name, RecordType::SRV).await {
            Ok(records) => read_services(&records, direct_tls),
            Err(error) => {
                tracing::debug!(%error, "no SRV records");
                Services::Found(Vec::new())
            }
        }
    }

    /// The records of this type, an alias (CNAME) followed. No record is an empty list.
    async fn records(&self, name: &str, kind: RecordType) -> Result<Vec<Record>, Error> {
        let resolver = self.current(name)?;
        // The final dot: the system's search list is for people at a keyboard.
        let question = resolver.lookup(format!("{name}."), kind);
        match timeout(QUERY, question).await {
            Ok(Ok(lookup)) => Ok(lookup
                .answers()
                .iter()
                .filter(|record| record.record_type() == kind)
                .cloned()
                .collect()),
            Ok(Err(problem)) => read_problem(name, &problem),
            Err(_) => Err(Error::DnsTimeout { domain: name.to_owned() }),
        }
    }

    fn current(&self, name: &str) -> Result<TokioResolver, Error> {
        let kept = match *self.source {
            Source::Fixed(ref resolver) => return Ok(resolver.clone()),
            Source::System(ref kept) => kept,
        };
        let changed = std::fs::metadata(SYSTEM_FILE).and_then(|file| file.modified()).ok();
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((when, resolver)) = kept.as_ref()
            && *when == changed
        {
            return Ok(resolver.clone());
        }
        let resolver = system().map_err(|problem| Error::DnsFailure {
            domain: name.to_owned(),
            reason: problem.to_string(),
        })?;
        *kept = Some((changed, resolver.clone()));
        Ok(resolver)
    }
}

/// What SRV records say of one service.
enum Services {
    Found(Vec<Ranked>),
    Refused,
}

impl Services {
    fn found(self) -> Vec<Ranked> {
        match self {
            Self::Found(found) => found,
            Self::Refused => Vec::new(),
        }
    }
}

fn read_services(records: &[Record], direct_tls: bool) -> Services {
    let mut refused = false;
    let mut found = Vec::new();
    for record in records.iter().take(MOST_TARGETS) {
        let RData::SRV(srv) = &record.data else {
            continue;
        };
        if srv.target.is_root() {
            refused = true;
            continue;
        }
        found.push(Ranked {
            priority: srv.priority,
            weight: srv.weight,
            target: Target {
                host: srv.target.to_ascii().trim_end_matches('.').to_owned(),
                port: srv.port,
                direct_tls,
            },
        });
    }
    if refused && found.is_empty() { Services::Refused } else { Services::Found(found) }
}

/// Both answers; once one has succeeded, the other is waited for a moment only.
async fn both<T>(
    six: impl Future<Output = Result<Vec<T>, Error>>,
    four: impl Future<Output = Result<Vec<T>, Error>>,
) -> (Option<Result<Vec<T>, Error>>, Option<Result<Vec<T>, Error>>) {
    tokio::pin!(six, four);
    tokio::select! {
        first = &mut six => {
            let second = rest(has_some(&first), four).await;
            (Some(first), second)
        }
        first = &mut four => {
            let second = rest(has_some(&first), six).await;
            (second, Some(first))
        }
    }
}

fn has_some<T>(answer: &Result<Vec<T>, Error>) -> bool {
    answer.as_ref().is_ok_and(|found| !found.is_empty())
}

async fn rest<T>(hurry: bool, other: impl Future<Output = T>) -> Option<T> {
    if hurry { timeout(OTHER_FAMILY, other).await.ok() } else { Some(other.await) }
}

fn address_of(record: &Record) -> Option<IpAddr> {
    match &record.data {
        RData::A(four) => Some(IpAddr::V4(four.0)),
        RData::AAAA(six) => Some(IpAddr::V6(six.0)),
        _ => None,
    }
}

fn interleaved(six: Vec<IpAddr>, four: Vec<IpAddr>) -> Vec<IpAddr> {
    let mut order = Vec::with_capacity(six.len() + four.len());
    let (mut six, mut four) = (six.into_iter(), four.into_iter());
    loop {
        let pair = (six.next(), four.next());
        order.extend(pair.0);
        order.extend(pair.1);
        if pair == (None, None) {
            return order;
        }
    }
}

/// The name in the form DNS is asked for it, unless it is not one of public DNS.
fn public_name(domain: &str) -> Result<String, Error> {
    let not_public = || Error::NotPublic { domain: domain.to_owned() };
    let ascii = idna::domain_to_ascii(domain).map_err(|_| not_public())?;
    let name = ascii.trim_end_matches('.');
    let local = name == "local" || name.ends_with(".local");
    if name.is_empty() || local || !name.contains('.') || name.len() > 253 {
        return Err(not_public());
    }
    Ok(name.to_owned())
}

fn no_such(domain: &str) -> Error {
    Error::NoSuchDomain { domain: domain.to_owned() }
}

/// "No record" is an answer; the rest are errors.
fn read_problem(name: &str, problem: &NetError) -> Result<Vec<Record>, Error> {
    if problem.is_no_records_found() {
        return Ok(Vec::new());
    }
    Err(match problem {
        NetError::Timeout => Error::DnsTimeout { domain: name.to_owned() },
        other => Error::DnsFailure { domain: name.to_owned(), reason: other.to_string() },
    })
}

fn fixed(server: &str) -> Result<TokioResolver, Error> {
    let wrong = || Error::Server { server: server.to_owned() };
    let address = match server.parse::<SocketAddr>() {
        Ok(address) => address,
        Err(_) => SocketAddr::new(address_literal(server).ok_or_else(wrong)?, 53),
    };
    let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
    for connection in &mut connections {
        connection.port = address.port();
    }
    let name_server = NameServerConfig::new(address.ip(), true, connections);
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![name_server]);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    adjust(builder.options_mut());
    builder.build().map_err(|_| wrong())
}

fn system() -> Result<TokioResolver, NetError> {
    let mut builder = TokioResolver::builder_tokio()?;
    adjust(builder.options_mut());
    builder.build()
}

fn adjust(options: &mut ResolverOpts) {
    options.timeout = REPEAT;
    options.attempts = 2;
    options.cache_size = CACHE;
    options.positive_max_ttl = Some(LONGEST_KEPT);
    options.negative_max_ttl = Some(LONGEST_MISSED);
}
