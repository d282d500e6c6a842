//! The way out of the home: the default gateway and our own address on its link, for each family.
//!
//! Read from `/proc/net`, every few seconds: four small files need no library (a netlink one brings
//! four crates), and the one thing to be had from them is whether anything is different now.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::public;

/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(3);
/// More of a routing table than this is not read.
const LINES: usize = 4096;

const UP: u32 = 0x1;
const GATEWAY: u32 = 0x2;

/// The way out for one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    /// The router; `None` where the link itself is the way (PPP).
    pub(crate) gateway: Option<IpAddr>,
    /// The number of the interface, which link-local addresses need.
    pub(crate) interface: u32,
    /// Our own address there.
    pub(crate) own: IpAddr,
}

impl Line {
    /// Returns the gateway's address with `port`.
    pub(crate) fn socket_address(&self, port: u16) -> Option<SocketAddr> {
        Some(match self.gateway? {
            IpAddr::V4(v4) => SocketAddr::from((v4, port)),
            IpAddr::V6(v6) => SocketAddrV6::new(v6, port, 0, self.interface).into(),
        })
    }
}

/// Both ways out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Network {
    pub(crate) v4: Option<Line>,
    /// Only where we have an address that is good outside.
    pub(crate) v6: Option<Line>,
}

/// Looks once.
pub(crate) fn look() -> Network {
    Source::default().read()
}

/// Keeps `network` as it is, until `stop`.
pub(crate) async fn follow(network: watch::Sender<Network>, stop: CancellationToken) {
    let source = Source::default();
    while !stop.is_cancelled() {
        let now = source.read();
        let changed = network.send_if_modified(|old| {
            let changed = *old != now;
            *old = now;
            changed
        });
        if changed {
            tracing::debug!(?now, "the way out");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Where the tables are.
#[derive(Debug)]
struct Source {
    folder: PathBuf,
}

impl Default for Source {
    fn default() -> Self {
        Self { folder: PathBuf::from("/proc/net") }
    }
}

impl Source {
    fn read(&self) -> Network {
        Network { v4: self.line4(), v6: self.line6() }
    }

    fn line4(&self) -> Option<Line> {
        let route = lowest(self.lines("route").iter().filter_map(|line| Route::v4(line)))?;
        let own = match route.gateway {
            Some(gateway) => own_towards(gateway)?,
            None => own_on(&route.interface)?,
        };
        Some(Line { gateway: route.gateway, interface: 0, own })
    }

    fn line6(&self) -> Option<Line> {
        let route = lowest(self.lines("ipv6_route").iter().filter_map(|line| Route::v6(line)))?;
        let addresses = self.lines("if_inet6");
        let (own, interface) = addresses
            .iter()
            .filter_map(|line| Address6::parse(line))
            .filter(|address| address.name == route.interface && address.is_good_outside())
            // The same choice every time, whatever the order they are listed in.
            .min_by_key(|address| (!address.is_permanent(), address.address))
            .map(|address| (address.address, address.interface))?;
        Some(Line { gateway: route.gateway, interface, own: own.into() })
    }

    fn lines(&self, file: &str) -> Vec<String> {
        read(&self.folder.join(file)).lines().take(LINES).map(str::to_owned).collect()
    }
}

fn read(file: &Path) -> String {
    // No such file: no such family.
    std::fs::read_to_string(file).unwrap_or_default()
}

fn lowest(routes: impl Iterator<Item = Route>) -> Option<Route> {
    routes.min_by_key(|route| route.metric)
}

/// Asks the kernel which of our addresses it would use; nothing is sent.
fn own_towards(gateway: IpAddr) -> Option<IpAddr> {
    let socket = std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((gateway, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|own| !own.is_unspecified())
}

fn own_on(interface: &str) -> Option<IpAddr> {
    let all = if_addrs::get_if_addrs().ok()?;
    all.iter().find(|one| one.name == interface && one.ip().is_ipv4()).map(if_addrs::Interface::ip)
}

/// A default route.
#[derive(Debug, PartialEq, Eq)]
struct Route {
    interface: String,
    gateway: Option<IpAddr>,
    metric: u32,
}

impl Route {
    /// A line of `/proc/net/route`: Iface Destination Gateway Flags RefCnt Use Metric Mask.
    fn v4(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [interface, destination, gateway, flags, _, _, metric, mask, ..] = fields.as_slice()
        else {
            return None;
        };
        let flags = hex32(flags)?;
        if hex32(destination)? != 0 || hex32(mask)? != 0 || flags & UP == 0 {
            return None;
        }
        // Printed as a number of this machine, stored in the network's order.
        let gateway = Ipv4Addr::from(hex32(gateway)?.to_ne_bytes());
        Some(Self {
            interface: (*interface).to_owned(),
            gateway: (flags & GATEWAY != 0).then_some(gateway.into()),
            metric: metric.parse().ok()?,
        })
    }

    /// A line of `/proc/net/ipv6_route`: destination, its length, source, its length, next hop,
    /// metric, references, uses, flags, interface.
    fn v6(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [destination, length, _, _, hop, metric, _, _, flags, interface] = fields.as_slice()
        else {
            return None;
        };
        let flags = hex32(flags)?;
        let everywhere = hex128(destination)? == 0 && hex32(length)? == 0;
        if !everywhere || flags & UP == 0 || *interface == "lo" {
            return None;
        }
        let hop = Ipv6Addr::from_bits(hex128(hop)?);
        Some(Self {
            interface: (*interface).to_owned(),
            gateway: (flags & GATEWAY != 0).then_some(hop.into()),
            metric: hex32(metric)?,
        })
    }
}

/// A line of `/proc/net/if_inet6`: address, interface number, prefix length, scope, flags, name.
#[derive(Debug)]
struct Address6 {
    address: Ipv6Addr,
    interface: u32,
    flags: u32,
    name: String,
}

impl Address6 {
    const TEMPORARY: u32 = 0x01;
    const DEPRECATED: u32 = 0x20;
    const TENTATIVE: u32 = 0x40;
    const PERMANENT: u32 = 0x80;

    fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [address, interface, _, _, flags, name] = fields.as_slice() else { return None };
        Some(Self {
            address: Ipv6Addr::from_bits(hex128(address)?),
            interface: hex32(interface)?,
            flags: hex32(flags)?,
            name: (*name).to_owned(),
        })
    }

    /// Temporary addresses are for those who want not to be found.
    fn is_good_outside(&self) -> bool {
        self.flags & (Self::TEMPORARY | Self::DEPRECATED | Self::TENTATIVE) == 0
            && public::is_public(self.address.into())
    }

    fn is_permanent(&self) -> bool {
        self.flags & Self::PERMANENT != 0
    }
}

fn hex32(text: &str) -> Option<u32> {
    u32::from_str_radix(text, 16).ok()
}

fn hex128(text: &str) -> Option<u128> {
    u128::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: &str = "00000000000000000000000000000000";

    #[test]
    fn the_default_route_of_ipv4_is_read() {
        let gateway = u32::from_ne_bytes([192, 168, 77, 1]);
        let line = format!("eth0\t00000000\t{gateway:08X}\t0003\t0\t0\t100\t00000000\t0\t0\t0");
        let route = Route::v4(&line).unwrap();
        assert_eq!(route.gateway, Some("192.168.77.1".parse().unwrap()));
        assert_eq!((route.interface.as_str(), route.metric), ("eth0", 100));
    }

    #[test]
    fn routes_to_somewhere_and_headings_are_passed_over() {
        assert_eq!(
            Route::v4("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask"),
            None
        );
        assert_eq!(Route::v4("eth0\t004DA8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0"), None);
        assert_eq!(Route::v6("gibberish"), None);
    }

    #[test]
    fn a_link_that_is_itself_the_way_has_no_gateway() {
        let route =
            Route::v4("ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0").unwrap();
        assert_eq!(route.gateway, None);
    }

    #[test]
    fn the_default_route_of_ipv6_is_read_and_the_kernels_own_refusal_is_not() {
        let hop = "fe800000000000000000000000000001";
        let line =
            format!("{NONE} 00 {NONE} 00 {hop} 00000400 00000001 00000000 00000003     eth0");
        let route = Route::v6(&line).unwrap();
        assert_eq!(route.gateway, Some("fe80::1".parse().unwrap()));
        let refusal =
            format!("{NONE} 00 {NONE} 00 {NONE} ffffffff 00000001 00000000 00200200       lo");
        assert_eq!(Route::v6(&refusal), None);
    }

    #[test]
    fn a_table_with_two_ways_gives_the_nearer_one_and_a_lasting_address() {
        let folder = tempfile::tempdir().unwrap();
        let (far, near) = ("fe800000000000000000000000000002", "fe800000000000000000000000000001");
        let routes = format!(
            "{NONE} 00 {NONE} 00 {far} 00000400 00000001 00000000 00000003 wlan0\n\
             {NONE} 00 {NONE} 00 {near} 00000100 00000001 00000000 00000003 eth0\n"
        );
        std::fs::write(folder.path().join("ipv6_route"), routes).unwrap();
        let addresses = "fe800000000000000000000000000010 02 40 20 80     eth0\n\
                         20010db8007700000000000000abcdef 02 40 00 01     eth0\n\
                         fd770000000000000000000000000010 02 40 00 80     eth0\n\
                         20010db8007700000000000000000010 02 40 00 80     eth0\n";
        std::fs::write(folder.path().join("if_inet6"), addresses).unwrap();
        let line = Source { folder: folder.path().to_path_buf() }.line6().unwrap();
        assert_eq!(line.own, "2001:db8:77::10".parse::<IpAddr>().unwrap());
        assert_eq!(line.socket_address(5351).unwrap().to_string(), "[fe80::1%2]:5351");
    }
}
