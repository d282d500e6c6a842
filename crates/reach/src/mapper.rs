//! Keeps the door open: both families' sides, and the one door they make together.

use std::net::IpAddr;

use tokio::sync::watch;

use crate::exchange::PORT;
use crate::gateway::{self, Network};
use crate::pcp::Nonces;
use crate::reach::Tasks;
use crate::side::{Family, Opened, Report, Side};
use crate::{By, External, Obstacle};

/// Keeps the door open until the tasks are stopped, and closes it then.
pub(crate) async fn run(tasks: Tasks) {
    if !tasks.config.enabled {
        tasks.board.door(None, vec![Obstacle::Disabled]);
        return;
    }
    let (network, follow) = watch::channel(Network::default());
    let v4 = watch::Sender::new(None);
    let v6 = watch::Sender::new(None);
    let (reports4, reports6) = (v4.subscribe(), v6.subscribe());
    network.send_replace(gateway::look());
    tokio::join!(
        gateway::follow(network, tasks.stop.clone()),
        side(&tasks, Family::V4, follow.clone(), v4).run(),
        side(&tasks, Family::V6, follow, v6).run(),
        publish(&tasks, reports4, reports6),
    );
}

fn side(
    tasks: &Tasks,
    family: Family,
    network: watch::Receiver<Network>,
    report: watch::Sender<Option<Report>>,
) -> Side {
    Side {
        family,
        services: tasks.ports.services(),
        any_port: tasks.config.dns.is_some() && tasks.config.public_name.is_some(),
        nonces: Nonces::kept_in(&tasks.tls_folder),
        clock: tasks.clock.clone(),
        network,
        report,
        stop: tasks.stop.clone(),
        router_port: PORT,
    }
}

async fn publish(
    tasks: &Tasks,
    mut v4: watch::Receiver<Option<Report>>,
    mut v6: watch::Receiver<Option<Report>>,
) {
    loop {
        let known = (v4.borrow_and_update().clone(), v6.borrow_and_update().clone());
        // Before both have tried, only the better of them is worth telling.
        let known = match known {
            (Some(v4), v6) if v4.opened.is_some() => Some((v4, v6.unwrap_or_default())),
            (v4, v6) => v4.zip(v6),
        };
        if let Some((v4, v6)) = known {
            let (external, obstacles) = together(&v4, &v6);
            say(external.as_ref(), &obstacles, tasks);
            tasks.board.door(external, obstacles);
        }
        tokio::select! {
            changed = v4.changed() => if changed.is_err() { return },
            changed = v6.changed() => if changed.is_err() { return },
        }
    }
}

fn say(external: Option<&External>, obstacles: &[Obstacle], tasks: &Tasks) {
    let state = tasks.board.state();
    let before = state.borrow();
    if let Some(external) = external
        && before.external.as_ref() != Some(external)
    {
        let External { address, by, ports, .. } = external;
        tracing::info!(%address, by = by.as_str(), ?ports, "the door is open");
    }
    if external.is_none() && before.external.is_some() {
        tracing::warn!("the door is shut");
    }
    for obstacle in obstacles.iter().filter(|obstacle| !before.obstacles.contains(obstacle)) {
        tracing::info!("{obstacle}");
    }
}

/// Makes one door of two. IPv4 comes first: every server has it.
fn together(v4: &Report, v6: &Report) -> (Option<External>, Vec<Obstacle>) {
    match (&v4.opened, &v6.opened) {
        (Some(door), other) => {
            let also = other.as_ref().filter(|other| {
                // An address behind a firewall that may be shut only helps those who find out.
                door.ports.len() == other.ports.len()
                    && (other.by != By::Direct || door.by == By::Direct)
            });
            (Some(external(door, also)), v4.obstacles.clone())
        }
        (None, Some(door)) => {
            let mut obstacles = v4.obstacles.clone();
            obstacles.extend(v6.obstacles.iter().cloned());
            obstacles.push(Obstacle::Ipv6Only { address: door.address });
            (Some(external(door, Some(door))), obstacles)
        }
        (None, None) => {
            let mut obstacles = v4.obstacles.clone();
            if v4.line.is_none() && v6.line.is_none() {
                obstacles.push(Obstacle::NoGateway);
            }
            (None, obstacles)
        }
    }
}

fn external(door: &Opened, v6: Option<&Opened>) -> External {
    External {
        address: door.address,
        ipv6: v6.and_then(|v6| match v6.address {
            IpAddr::V6(address) => Some(address),
            IpAddr::V4(_) => None,
        }),
        outside: door.outside.clone(),
        ports: door.ports.clone(),
        by: door.by,
        since: door.since,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::gateway::Line;

    fn side(address: &str, by: Option<By>, obstacles: Vec<Obstacle>) -> Report {
        let address: IpAddr = address.parse().unwrap();
        let ports = BTreeMap::from([(5222, 5222), (5269, 5269)]);
        let opened = by.map(|by| Opened {
            address,
            ports: ports.clone(),
            outside: ports,
            by,
            since: "2026-11-25T14:00Z".parse().unwrap(),
        });
        let line = Some(Line { gateway: None, interface: 0, own: address });
        Report { line, opened, obstacles }
    }

    const V4: &str = "11.22.33.1";
    const V6: &str = "2a0e:77::10";

    fn shared() -> Vec<Obstacle> {
        vec![Obstacle::CarrierNat { address: "100.64.3.9".parse().unwrap() }]
    }

    fn shut(address: &str) -> Vec<Obstacle> {
        vec![Obstacle::FirewallUnknown { address: address.parse().unwrap() }]
    }

    #[test]
    fn two_doors_are_one_with_two_addresses() {
        let v4 = side(V4, Some(By::NatPmp), Vec::new());
        let (external, obstacles) = together(&v4, &side(V6, Some(By::Pcp), Vec::new()));
        let external = external.unwrap();
        assert_eq!((external.address, external.by), (V4.parse().unwrap(), By::NatPmp));
        assert_eq!(external.ipv6, Some(V6.parse().unwrap()));
        assert!(obstacles.is_empty());
    }

    #[test]
    fn an_ipv6_address_behind_an_unknown_firewall_is_not_told_beside_a_door_that_works() {
        let v4 = side(V4, Some(By::NatPmp), Vec::new());
        let (external, obstacles) = together(&v4, &side(V6, Some(By::Direct), shut(V6)));
        assert_eq!(external.unwrap().ipv6, None);
        assert!(obstacles.is_empty());
        let v4 = side(V4, Some(By::Direct), shut(V4));
        let (external, _) = together(&v4, &side(V6, Some(By::Direct), shut(V6)));
        assert!(external.unwrap().ipv6.is_some());
    }

    #[test]
    fn where_an_address_is_shared_ipv6_is_the_door() {
        let v4 = side(V4, None, shared());
        let (external, obstacles) = together(&v4, &side(V6, Some(By::Pcp), Vec::new()));
        let external = external.unwrap();
        assert_eq!(external.literal(), "[2a0e:77::10]");
        assert_eq!(obstacles.len(), 2);
        assert!(obstacles[1].to_string().contains("over IPv6 only"));
    }

    #[test]
    fn a_line_with_ipv6_alone_lacks_nothing_else() {
        let v6 = side(V6, Some(By::Pcp), Vec::new());
        let (_, obstacles) = together(&Report::default(), &v6);
        assert_eq!(obstacles, [Obstacle::Ipv6Only { address: V6.parse().unwrap() }]);
    }

    #[test]
    fn no_way_out_at_all_is_said_once() {
        let (external, obstacles) = together(&Report::default(), &Report::default());
        assert_eq!((external, obstacles), (None, vec![Obstacle::NoGateway]));
        let (_, obstacles) = together(&side(V4, None, shared()), &Report::default());
        assert_eq!(obstacles, shared());
    }
}
