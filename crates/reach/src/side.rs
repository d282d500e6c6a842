//! One family's door: found, opened, watched, renewed, opened again, and closed.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use jiff::Timestamp;
use televisor_clock::Clock;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::announcements::Announcements;
use crate::exchange::Exchange;
use crate::gateway::{Line, Network};
use crate::hello::hello;
use crate::lease::{Lease, Service, Trouble};
use crate::opener::{Denied, Opener, Pulse};
use crate::pcp::Nonces;
use crate::retry::Retry;
use crate::{By, Obstacle, nat_pmp, pcp, public, upnp};

/// How often the router is asked whether all is well.
const PULSE: Duration = Duration::from_secs(30);
/// How soon it is asked again when it did not answer, and how often.
const PULSE_AGAIN: Duration = Duration::from_secs(5);
const MISSES: u32 = 3;
/// How long the end may wait for the router.
const GOODBYE: Duration = Duration::from_millis(2500);

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

/// What is known of one family's door.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Report {
    /// The way out of this family, if there is one.
    pub(crate) line: Option<Line>,
    pub(crate) opened: Option<Opened>,
    pub(crate) obstacles: Vec<Obstacle>,
}

/// A door that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) address: IpAddr,
    /// Ours, by the well-known port.
    pub(crate) ports: BTreeMap<u16, u16>,
    /// Those outside, by the well-known port.
    pub(crate) outside: BTreeMap<u16, u16>,
    pub(crate) by: By,
    pub(crate) since: Timestamp,
}

/// What one family's door needs.
#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) family: Family,
    pub(crate) services: Vec<Service>,
    /// SRV records say which port it is: then any will do.
    pub(crate) any_port: bool,
    pub(crate) nonces: Nonces,
    pub(crate) clock: Clock,
    pub(crate) network: watch::Receiver<Network>,
    /// `None` until the first attempt.
    pub(crate) report: watch::Sender<Option<Report>>,
    pub(crate) stop: CancellationToken,
    /// The router's port; another one in tests.
    pub(crate) router_port: u16,
}

/// Why a door is watched no more.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// The program ends.
    Stopped,
    /// There is another way out, or we have another address.
    Moved,
    /// The router is silent, or says no all of a sudden.
    Lost,
}

/// What came of asking an opened door's router.
#[derive(Debug)]
enum Step {
    Well,
    Renewed(Lease),
    Remade(Lease),
    Missed,
    Denied,
}

impl Side {
    /// Keeps the door open until it is told to stop.
    pub(crate) async fn run(self) {
        let mut retry = Retry::default();
        while !self.stop.is_cancelled() {
            let Some(line) = self.line() else {
                self.publish(Report::default());
                self.line_changed(None).await;
                continue;
            };
            if self.family == Family::V4 && public::is_public(line.own) {
                self.publish(self.direct(line, Vec::new()));
                self.line_changed(Some(line)).await;
                continue;
            }
            let attempt = tokio::select! {
                () = self.line_changed(Some(line)) => continue,
                attempt = Box::pin(self.open(line)) => attempt,
            };
            match attempt {
                Ok((opener, lease)) => {
                    let end = Box::pin(self.hold(line, opener, lease)).await;
                    tracing::debug!(?end, family = ?self.family, "the door is watched no more");
                    // At once; only what fails then is waited for.
                    retry.had_a_door();
                }
                Err(failure) => {
                    self.without_door(line, &failure);
                    tokio::select! {
                        () = self.line_changed(Some(line)) => retry = Retry::default(),
                        () = sleep(retry.next(failure.holds)) => {}
                    }
                }
            }
        }
    }

    /// Asks the router in each language it may know, best first.
    async fn open(&self, line: Line) -> Result<(Opener, Lease), Failure> {
        let Some(router) = line.socket_address(self.router_port) else {
            return Err(Failure::of(public::obstacle(line.own).unwrap_or(Obstacle::NoGateway)));
        };
        let mut failure = Failure::default();
        for opener in self.openers(line, router).await {
            match self.ask(opener).await {
                Ok(opened) => return Ok(opened),
                Err(denied) => failure.add(&denied),
            }
            if failure.is_final() {
                return Err(failure);
            }
        }
        if let Some(client) = upnp::Client::find(line).await {
            match self.ask(Opener::Upnp(client)).await {
                Ok(opened) => return Ok(opened),
                Err(denied) => failure.add(&denied),
            }
        }
        if failure.obstacles.is_empty() {
            failure.obstacles.push(Obstacle::NoProtocol { gateway: router.ip() });
        }
        Err(failure)
    }

    /// Those of the languages of the router's own port that it speaks.
    async fn openers(&self, line: Line, router: SocketAddr) -> Vec<Opener> {
        let connect = async || Exchange::with(line.own, router).await.ok();
        let Some(exchange) = connect().await else { return Vec::new() };
        let Ok(heard) = hello(&exchange, line.own).await else { return Vec::new() };
        let mut openers = Vec::new();
        if heard.pcp.is_some() {
            let nonces = self.nonces.clone();
            openers.push(Opener::Pcp(pcp::Client::new(exchange, router.ip(), line.own, nonces)));
        }
        if heard.nat_pmp.is_some()
            && let Some(exchange) = connect().await
        {
            openers.push(Opener::NatPmp(nat_pmp::Client::new(exchange)));
        }
        openers
    }

    async fn ask(&self, mut opener: Opener) -> Result<(Opener, Lease), Denied> {
        let lease = opener.open(&self.services, self.any_port).await?;
        Ok((opener, lease))
    }

    /// Watches and renews until something else has to be done.
    async fn hold(&self, line: Line, mut opener: Opener, lease: Lease) -> End {
        let mut announcements = Announcements::on(line);
        let mut watch = Watch::of(lease, self.clock.now());
        loop {
            self.with_door(line, &opener, &watch);
            let step = tokio::select! {
                () = self.line_changed(Some(line)) => break,
                step = async {
                    tokio::select! {
                        () = announcements.heard() => {}
                        () = sleep_until(watch.next.min(watch.renewal)) => {}
                    }
                    self.step(&mut opener, &watch).await
                } => step,
            };
            if !watch.note(step, &self.clock) {
                return End::Lost;
            }
        }
        if self.stop.is_cancelled() {
            drop(timeout(GOODBYE, opener.close(&watch.lease)).await);
            return End::Stopped;
        }
        End::Moved
    }

    async fn step(&self, opener: &mut Opener, watch: &Watch) -> Step {
        let renew = Instant::now() >= watch.renewal;
        if !renew {
            match opener.pulse(&watch.lease, self.any_port).await {
                Ok(Pulse::Well) => return Step::Well,
                Ok(Pulse::Lost) => tracing::info!("the router has forgotten us, or has moved"),
                Err(trouble) => {
                    tracing::debug!(%trouble, "the router does not answer as it did");
                    return Step::Missed;
                }
            }
        }
        match opener.open(&self.services, self.any_port).await {
            Ok(lease) if renew => Step::Renewed(lease),
            Ok(lease) => Step::Remade(lease),
            Err(denied) if denied.is_silence() => Step::Missed,
            Err(_) => Step::Denied,
        }
    }

    fn with_door(&self, line: Line, opener: &Opener, watch: &Watch) {
        let Watch { lease, since, .. } = watch;
        let mut obstacles = lease.obstacles.clone();
        let not_public = public::obstacle(lease.address);
        // What is mapped stays so: somebody may have forwarded the ports in the outer router.
        let opened = not_public.is_none().then(|| Opened {
            address: lease.address,
            ports: lease.mappings.iter().map(|m| (m.service.port, m.service.ours)).collect(),
            outside: lease.mappings.iter().map(|m| (m.service.port, m.outside)).collect(),
            by: opener.by(),
            since: *since,
        });
        obstacles.extend(not_public);
        self.publish(Report { line: Some(line), opened, obstacles });
    }

    fn without_door(&self, line: Line, failure: &Failure) {
        let obstacles = failure.obstacles.clone();
        self.publish(match self.family {
            Family::V4 => Report { line: Some(line), opened: None, obstacles },
            // The address is good outside; whether the router lets anything pass, it does not say.
            Family::V6 => {
                let refusals = obstacles.into_iter().filter(|o| !is_ignorance(o)).collect();
                self.direct(line, refusals)
            }
        });
    }

    fn direct(&self, line: Line, mut obstacles: Vec<Obstacle>) -> Report {
        let address = line.own;
        let before = self.report.borrow().as_ref().and_then(|report| report.opened.clone());
        let since = before
            .filter(|before| before.address == address && before.by == By::Direct)
            .map_or_else(|| self.clock.now(), |before| before.since);
        let ports: BTreeMap<u16, u16> =
            self.services.iter().map(|service| (service.port, service.ours)).collect();
        let outside = self.services.iter().map(|service| (service.port, service.ours)).collect();
        obstacles.push(Obstacle::FirewallUnknown { address });
        let opened = Some(Opened { address, ports, outside, by: By::Direct, since });
        Report { line: Some(line), opened, obstacles }
    }

    fn publish(&self, report: Report) {
        self.report.send_if_modified(|old| {
            let changed = old.as_ref() != Some(&report);
            *old = Some(report);
            changed
        });
    }

    fn line(&self) -> Option<Line> {
        line_of(&self.network.borrow(), self.family)
    }

    /// Returns when the line is not `line` any more, or at the end.
    async fn line_changed(&self, line: Option<Line>) {
        let mut network = self.network.clone();
        let changed = async {
            let other = |network: &Network| line_of(network, self.family) != line;
            let ended = network.wait_for(other).await.is_err();
            if ended {
                // Nobody follows the network any more: the end is near.
                std::future::pending().await
            }
        };
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = changed => {}
        }
    }
}

/// A door that is open, and when it is looked at again.
#[derive(Debug)]
struct Watch {
    lease: Lease,
    since: Timestamp,
    misses: u32,
    next: Instant,
    renewal: Instant,
}

impl Watch {
    fn of(lease: Lease, since: Timestamp) -> Self {
        let now = Instant::now();
        let renewal = now + lease.renewal();
        Self { lease, since, misses: 0, next: now + PULSE, renewal }
    }

    /// Returns whether it is worth watching on.
    fn note(&mut self, step: Step, clock: &Clock) -> bool {
        match step {
            Step::Well => {
                self.misses = 0;
                self.next = Instant::now() + PULSE;
            }
            Step::Renewed(lease) => {
                let moved = lease.address != self.lease.address;
                let since = if moved { clock.now() } else { self.since };
                *self = Self::of(lease, since);
            }
            Step::Remade(lease) => {
                tracing::info!(address = %lease.address, "the door is open again");
                *self = Self::of(lease, clock.now());
            }
            Step::Missed => {
                self.misses += 1;
                self.next = Instant::now() + PULSE_AGAIN;
                self.renewal = self.renewal.max(self.next);
                return self.misses < MISSES;
            }
            Step::Denied => return false,
        }
        true
    }
}

const fn line_of(network: &Network, family: Family) -> Option<Line> {
    match family {
        Family::V4 => network.v4,
        Family::V6 => network.v6,
    }
}

const fn is_ignorance(obstacle: &Obstacle) -> bool {
    matches!(obstacle, Obstacle::NoProtocol { .. } | Obstacle::NoGateway)
}

/// Why no language of the router's opened anything.
#[derive(Debug, Default)]
struct Failure {
    obstacles: Vec<Obstacle>,
    /// How long the router says it will say so.
    holds: Option<Duration>,
}

impl Failure {
    fn of(obstacle: Obstacle) -> Self {
        Self { obstacles: vec![obstacle], holds: None }
    }

    /// What the better protocols say is worth more, but saying nothing is worth nothing.
    fn add(&mut self, denied: &Denied) {
        let new = denied.obstacles();
        let silent = denied.is_silence();
        if self.obstacles.is_empty() && !silent {
            self.obstacles = new;
            self.holds = denied.holds();
        }
    }

    /// The port is another device's whatever the language.
    fn is_final(&self) -> bool {
        self.obstacles.iter().any(|o| matches!(o, Obstacle::PortTaken { .. }))
    }
}

impl Denied {
    fn is_silence(&self) -> bool {
        self.0.iter().any(|(_, trouble)| *trouble == Trouble::Silent)
    }

    fn obstacles(&self) -> Vec<Obstacle> {
        let mut obstacles: Vec<Obstacle> = Vec::new();
        for (service, trouble) in &self.0 {
            let obstacle = trouble.obstacle(*service);
            if !obstacles.contains(&obstacle) {
                obstacles.push(obstacle);
            }
        }
        obstacles
    }

    fn holds(&self) -> Option<Duration> {
        self.0.iter().find_map(|(_, trouble)| match trouble {
            Trouble::Refused { holds, .. } => *holds,
            Trouble::Silent | Trouble::Taken { .. } | Trouble::NotConnected => None,
        })
    }
}

#[cfg(test)]
mod tests;
