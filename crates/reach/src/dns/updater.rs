//! Changing the zone, and seeing that it was changed.

use std::time::Duration;

use hickory_proto::rr::{Name, TSigner};
use televisor_clock::Clock;

use super::exchange::Exchange;
use super::records::{self, Set, domain};
use super::{Failure, key, spread};
use crate::{DnsConfig, External};

/// How often, and after which pauses, a server that confirmed a change is asked for it: some take
/// a moment until they answer with it.
const LOOKS: u32 = 6;
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// One who may change a zone. Made anew for each attempt, so that a key file or configuration that
/// was put right is noticed.
pub(crate) struct Updater {
    server: String,
    zone: Name,
    signer: TSigner,
    clock: Clock,
}

impl Updater {
    pub(crate) fn new(config: &DnsConfig, clock: Clock) -> Result<Self, Failure> {
        Ok(Self {
            server: config.server.clone(),
            zone: domain("zone", &config.zone)?,
            signer: key::signer(&config.tsig_name, &config.tsig_secret_file)?,
            clock,
        })
    }

    /// Makes `name` lead through this door. Returns whether anything had to be changed.
    pub(super) async fn publish(&self, name: &str, door: &External) -> Result<bool, Failure> {
        let name = in_zone(&self.zone, domain("public_name", name)?)?;
        let sets = records::of_door(&name, door)?;
        if self.difference(&sets).await?.is_none() {
            return Ok(false);
        }
        self.replace(&sets).await?;
        Ok(true)
    }

    /// Sets the proof of RFC 8555, section 8.4 (dns-01) for `name` and waits until it can be found,
    /// or takes it out.
    pub(crate) async fn prove(&self, name: &str, value: Option<&str>) -> Result<(), Failure> {
        let domain = in_zone(&self.zone, domain("public_name", name)?)?;
        let name = Name::from_ascii("_acme-challenge")
            .and_then(|label| label.append_domain(&domain))
            .map_err(|error| Failure::Configuration(format!("the name is too long ({error})")))?;
        let proof = Set::txt(name, value);
        self.replace(std::slice::from_ref(&proof)).await?;
        if value.is_some() {
            spread::wait(&self.server, &self.zone, &proof).await;
        }
        Ok(())
    }

    async fn replace(&self, sets: &[Set]) -> Result<(), Failure> {
        let mut exchange = Exchange::open(&self.server).await?;
        let update = records::update(&self.zone, sets);
        exchange.update(update, &self.signer, self.clock.now()).await?;
        drop(exchange);
        let mut left = self.difference(sets).await?;
        for _ in 1..LOOKS {
            if left.is_none() {
                break;
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
            left = self.difference(sets).await?;
        }
        left.map_or(Ok(()), |what| Err(Failure::Unchanged { what }))
    }

    /// Asks the server, and returns the first name and type for which it has something else.
    async fn difference(&self, sets: &[Set]) -> Result<Option<String>, Failure> {
        let mut exchange = Exchange::open(&self.server).await?;
        for set in sets {
            if !set.is_answered_by(&exchange.ask(set.question()).await?) {
                return Ok(Some(format!("{} ({})", set.name, set.kind)));
            }
        }
        Ok(None)
    }
}

/// Says whether the records of this name can be kept in this zone at all.
pub(crate) fn check(name: &str, zone: &str) -> Result<(), String> {
    let fits = || in_zone(&domain("zone", zone)?, domain("public_name", name)?);
    fits().map(|_| ()).map_err(|failure| failure.to_string())
}

fn in_zone(zone: &Name, name: Name) -> Result<Name, Failure> {
    if zone.zone_of(&name) {
        return Ok(name);
    }
    let bare = |name: &Name| name.to_string().trim_end_matches('.').to_owned();
    let why = format!("{} does not lie in zone = \"{}\"", bare(&name), bare(zone));
    Err(Failure::Configuration(why))
}
