//! Which of our addresses leads to the server: when that changes, waiting is pointless.

use std::net::{IpAddr, SocketAddr, UdpSocket};

/// Returns the local address from which packets to `peer` would leave now; `None` if there is no way.
/// Nothing is sent: connecting a UDP socket only asks the routing table.
pub(crate) fn local_address(peer: SocketAddr) -> Option<IpAddr> {
    let any: SocketAddr =
        if peer.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect(peer).ok()?;
    socket.local_addr().ok().map(|local| local.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_this_machine_is_this_machine() {
        let peer: SocketAddr = ([127, 0, 0, 1], 5222).into();
        assert_eq!(local_address(peer), Some(peer.ip()));
    }
}
