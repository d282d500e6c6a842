//! One family's door in front of a router that has its ways.

use std::net::Ipv4Addr;

use super::*;
use crate::Ports;
use crate::fake_router::FakeRouter;

/// What a restarted router is noticed in.
const MINUTE: Duration = Duration::from_secs(60);

/// A side at a router's, running.
struct Home {
    router: FakeRouter,
    network: watch::Sender<Network>,
    report: watch::Receiver<Option<Report>>,
    stop: CancellationToken,
    running: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

fn line(gateway: &str) -> Option<Line> {
    let own = Ipv4Addr::LOCALHOST.into();
    Some(Line { gateway: Some(gateway.parse().unwrap()), interface: 0, own })
}

impl Home {
    /// Our ports are 15222 and 15269.
    fn at(router: FakeRouter, any_port: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (network, follow) = watch::channel(Network { v4: line("127.0.0.1"), v6: None });
        let sender = watch::Sender::new(None);
        let report = sender.subscribe();
        let stop = CancellationToken::new();
        let side = Side {
            family: Family::V4,
            services: Ports { client: 15222, server: 15269 }.services(),
            any_port,
            nonces: Nonces::kept_in(folder.path()),
            clock: Clock::system(),
            network: follow,
            report: sender,
            stop: stop.clone(),
            router_port: router.port,
        };
        let running = tokio::spawn(side.run());
        Self { router, network, report, stop, running, _folder: folder }
    }

    async fn until(&mut self, within: Duration, wanted: impl Fn(&Report) -> bool) -> Report {
        let found = self.report.wait_for(|report| report.as_ref().is_some_and(&wanted));
        let found = timeout(within, found).await.expect("in time").expect("the side runs");
        found.clone().unwrap()
    }

    async fn open(&mut self) -> Opened {
        self.until(MINUTE, |report| report.opened.is_some()).await.opened.unwrap()
    }

    async fn refused(&mut self) -> Vec<String> {
        let report = self.until(MINUTE, |report| !report.obstacles.is_empty()).await;
        assert_eq!(report.opened, None);
        report.obstacles.iter().map(ToString::to_string).collect()
    }

    /// Lets the router's packets arrive while `time` goes by.
    async fn wait(&self, time: Duration) {
        sleep(time).await;
    }

    async fn end(self) -> FakeRouter {
        self.stop.cancel();
        timeout(Duration::from_secs(3), self.running).await.expect("within 3 s").unwrap();
        self.router
    }
}

#[tokio::test(start_paused = true)]
async fn pcp_comes_first_and_at_the_end_everything_is_given_back() {
    let mut home = Home::at(FakeRouter::start().await, false);
    let opened = home.open().await;
    assert_eq!((opened.by, opened.address), (By::Pcp, "11.22.33.1".parse().unwrap()));
    assert_eq!(opened.ports, BTreeMap::from([(5222, 15222), (5269, 15269)]));
    assert_eq!(opened.outside, BTreeMap::from([(5222, 5222), (5269, 5269)]));
    assert_eq!(home.router.open(), [5222, 5269]);
    assert_eq!(home.end().await.open().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_router_that_knows_only_nat_pmp_is_spoken_to_in_that() {
    let router = FakeRouter::start().await;
    router.nature().pcp = false;
    let mut home = Home::at(router, false);
    let opened = home.open().await;
    assert_eq!((opened.by, opened.address), (By::NatPmp, "11.22.33.1".parse().unwrap()));
    assert_eq!(home.router.open(), [5222, 5269]);
    assert_eq!(home.end().await.open().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn lost_packets_cost_time_and_nothing_else() {
    let router = FakeRouter::start().await;
    router.nature().lost = 5;
    let mut home = Home::at(router, false);
    home.open().await;
    home.router.nature().lost = 3;
    home.wait(MINUTE).await;
    assert!(home.report.borrow().as_ref().unwrap().opened.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_restarted_router_has_the_mappings_back_within_a_minute_unannounced() {
    for pcp in [true, false] {
        let router = FakeRouter::start().await;
        router.nature().pcp = pcp;
        let mut home = Home::at(router, false);
        home.open().await;
        home.wait(MINUTE * 3).await;
        home.router.restart();
        assert_eq!(home.router.open().len(), 0);
        home.wait(MINUTE).await;
        assert_eq!(home.router.open(), [5222, 5269], "pcp: {pcp}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_address_outside_is_followed() {
    for (pcp, nat_pmp) in [(true, true), (true, false), (false, true)] {
        let router = FakeRouter::start().await;
        (router.nature().pcp, router.nature().nat_pmp) = (pcp, nat_pmp);
        let mut home = Home::at(router, false);
        home.open().await;
        let other = Ipv4Addr::new(11, 22, 33, 2);
        home.router.nature().address = Some(other);
        let moved = |report: &Report| {
            report.opened.as_ref().is_some_and(|opened| opened.address == IpAddr::V4(other))
        };
        home.until(MINUTE, moved).await;
    }
}

#[tokio::test(start_paused = true)]
async fn mappings_are_renewed_at_half_of_what_was_granted() {
    let router = FakeRouter::start().await;
    router.nature().longest = 100;
    router.nature().pcp = false;
    let mut home = Home::at(router, false);
    home.open().await;
    assert_eq!(home.router.nature().asked, 2);
    home.wait(Duration::from_secs(49)).await;
    assert_eq!(home.router.nature().asked, 2);
    home.wait(Duration::from_secs(2)).await;
    assert_eq!(home.router.nature().asked, 4);
}

#[tokio::test(start_paused = true)]
async fn a_silent_router_shuts_the_door_and_is_found_again_when_it_is_back() {
    let mut home = Home::at(FakeRouter::start().await, false);
    home.open().await;
    home.router.nature().lost = u32::MAX;
    home.until(MINUTE * 3, |report| report.opened.is_none()).await;
    home.wait(MINUTE * 2).await;
    home.router.restart();
    home.router.nature().lost = 0;
    home.until(MINUTE, |report| report.opened.is_some()).await;
    assert_eq!(home.router.open(), [5222, 5269]);
}

#[tokio::test(start_paused = true)]
async fn a_port_that_is_taken_is_said_and_what_was_offered_is_given_back() {
    for (pcp, no_options) in [(true, false), (true, true), (false, false)] {
        let router = FakeRouter::start().await;
        router.nature().taken = BTreeMap::from([(5269, 40001)]);
        (router.nature().pcp, router.nature().no_options) = (pcp, no_options);
        let mut home = Home::at(router, false);
        let opened = home.open().await;
        assert_eq!(opened.outside, BTreeMap::from([(5222, 5222)]));
        let said = home.report.borrow().as_ref().unwrap().obstacles[0].to_string();
        assert!(said.contains("5269") && said.contains("another device"), "{said}");
        assert_eq!(home.router.open(), [5222]);
    }
}

#[tokio::test(start_paused = true)]
async fn another_port_will_do_where_records_can_say_so() {
    for pcp in [true, false] {
        let router = FakeRouter::start().await;
        router.nature().taken = BTreeMap::from([(5269, 40001)]);
        router.nature().pcp = pcp;
        let mut home = Home::at(router, true);
        let opened = home.open().await;
        assert_eq!(opened.outside, BTreeMap::from([(5222, 5222), (5269, 40001)]));
        assert!(home.report.borrow().as_ref().unwrap().obstacles.is_empty());
        assert_eq!(home.end().await.open().len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_that_is_not_public_is_said_and_the_mappings_stay() {
    for (address, words) in
        [([100, 64, 3, 9], "internet provider shares"), ([10, 0, 0, 2], "second router")]
    {
        let router = FakeRouter::start().await;
        router.nature().address = Some(address.into());
        let mut home = Home::at(router, false);
        let said = home.refused().await;
        assert!(said[0].contains(words) && said.len() == 1, "{said:?}");
        assert_eq!(home.router.open(), [5222, 5269]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_pcp_refuses_nat_pmp_may_grant() {
    let router = FakeRouter::start().await;
    router.nature().pcp_refuses = Some(2);
    let mut home = Home::at(router, false);
    assert_eq!(home.open().await.by, By::NatPmp);
}

#[tokio::test(start_paused = true)]
async fn a_router_that_refuses_is_quoted_and_asked_again_later() {
    let router = FakeRouter::start().await;
    router.nature().pcp_refuses = Some(2);
    router.nature().nat_pmp_refuses = Some(2);
    let mut home = Home::at(router, false);
    let said = home.refused().await;
    assert!(said[0].contains("refuses to open a port (PCP: it is not allowed to)"), "{said:?}");
    home.router.nature().pcp_refuses = None;
    home.open().await;
}

#[tokio::test(start_paused = true)]
async fn a_router_that_is_not_connected_is_said_to_be() {
    let router = FakeRouter::start().await;
    router.nature().address = None;
    let mut home = Home::at(router, false);
    assert!(home.refused().await[0].contains("not connected to the internet"));
    home.router.nature().address = Some(Ipv4Addr::new(11, 22, 33, 1));
    home.until(MINUTE * 2, |report| report.opened.is_some()).await;
}

#[tokio::test(start_paused = true)]
async fn a_router_of_no_such_language_is_named() {
    let router = FakeRouter::start().await;
    (router.nature().pcp, router.nature().nat_pmp) = (false, false);
    let mut home = Home::at(router, false);
    assert!(home.refused().await[0].contains("127.0.0.1 does not let devices open ports"));
    // As soon as the network changes, it is tried again.
    (home.router.nature().pcp, home.router.nature().nat_pmp) = (true, true);
    home.network.send_replace(Network::default());
    home.until(MINUTE, |report| report.line.is_none()).await;
    home.network.send_replace(Network { v4: line("127.0.0.1"), v6: None });
    home.until(Duration::from_secs(2), |report| report.opened.is_some()).await;
}

#[tokio::test(start_paused = true)]
async fn a_public_address_of_our_own_needs_no_router() {
    let router = FakeRouter::start().await;
    let mut home = Home::at(router, false);
    let own: IpAddr = "11.22.33.9".parse().unwrap();
    let direct = Line { gateway: None, interface: 0, own };
    home.network.send_replace(Network { v4: Some(direct), v6: None });
    let direct =
        |report: &Report| report.opened.as_ref().is_some_and(|opened| opened.by == By::Direct);
    let report = home.until(MINUTE, direct).await;
    assert_eq!(report.opened.unwrap().address, own);
    assert_eq!(report.obstacles, [Obstacle::FirewallUnknown { address: own }]);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_asked_for_too_often_is_not() {
    let lease = |seconds| Lease {
        address: Ipv4Addr::LOCALHOST.into(),
        mappings: vec![crate::lease::Mapping {
            service: Service { port: 5222, ours: 5222 },
            outside: 5222,
            address: None,
            lifetime: Duration::from_secs(seconds),
        }],
        obstacles: Vec::new(),
    };
    assert_eq!(lease(3600).renewal(), Duration::from_secs(1800));
    assert_eq!(lease(2).renewal(), Duration::from_secs(10));
}
