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
                let name = set.name.to_string();
                return Ok(Some(format!("{} ({})", name.trim_end_matches('.'), set.kind)));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::By;
    use crate::dns::fake::{Fake, Manner, OTHER_SECRET};

    const NAME: &str = "tv.example.org";

    fn door(address: &str) -> External {
        External {
            address: address.parse().unwrap(),
            ipv6: None,
            outside: [(5222, 5222)].into(),
            ports: [(5222, 5222)].into(),
            by: By::Pcp,
            since: "2026-11-25T14:00Z".parse().unwrap(),
        }
    }

    fn updater(server: &Fake) -> Updater {
        Updater::new(&server.config(), Clock::system()).unwrap()
    }

    async fn failure(server: &Fake) -> Failure {
        updater(server).publish(NAME, &door("11.22.33.1")).await.unwrap_err()
    }

    #[tokio::test]
    async fn records_are_set_and_replaced_and_left_alone_when_they_are_right() {
        let server = Fake::start(Manner::Honest).await;
        let updater = updater(&server);
        assert!(updater.publish(NAME, &door("11.22.33.1")).await.unwrap());
        assert!(updater.publish(NAME, &door("11.22.33.2")).await.unwrap());
        assert!(!updater.publish(NAME, &door("11.22.33.2")).await.unwrap());
        assert_eq!(server.updates(), 2);
        assert_eq!(
            server.zone(),
            [
                "_xmpp-client._tcp.tv.example.org. SRV 0 5 5222 tv.example.org.",
                "_xmpps-client._tcp.tv.example.org. SRV 0 5 5222 tv.example.org.",
                "tv.example.org. A 11.22.33.2",
            ]
        );
    }

    #[tokio::test]
    async fn a_proof_is_put_in_and_taken_out() {
        let server = Fake::start(Manner::Honest).await;
        updater(&server).prove(NAME, Some("proof")).await.unwrap();
        assert_eq!(server.zone(), ["_acme-challenge.tv.example.org. TXT proof"]);
        updater(&server).prove(NAME, None).await.unwrap();
        assert!(server.zone().is_empty());
    }

    #[tokio::test]
    async fn the_wrong_secret_and_a_refusal_are_told_apart() {
        let server = Fake::start(Manner::Refuses).await;
        assert!(failure(&server).await.to_string().contains("REFUSED"));
        server.write_key(OTHER_SECRET);
        assert!(failure(&server).await.to_string().contains("BADSIG"));
    }

    #[tokio::test]
    async fn a_confirmation_without_the_key_is_not_believed() {
        let server = Fake::start(Manner::Unsigned).await;
        assert!(matches!(failure(&server).await, Failure::Forged { .. }));
    }

    #[tokio::test]
    async fn a_server_that_confirms_and_does_nothing_is_found_out() {
        let server = Fake::start(Manner::Forgets).await;
        let failure = failure(&server).await;
        assert_eq!(failure, Failure::Unchanged { what: "tv.example.org (A)".to_owned() });
    }

    #[tokio::test]
    async fn a_name_outside_the_zone_is_not_even_asked_about() {
        let server = Fake::start(Manner::Honest).await;
        let result = updater(&server).publish("tv.example.net", &door("11.22.33.1")).await;
        assert!(matches!(result, Err(Failure::Configuration(_))));
    }
}
