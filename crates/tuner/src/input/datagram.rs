//! Multicast and unicast UDP, with or without RTP headers (RFC 3550 section 5.1, RFC 2250).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use bytes::{Bytes, BytesMut};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use tokio::net::UdpSocket;

use crate::source::Datagrams;

/// What the kernel keeps for us while the program is busy: two seconds of a wide channel. The
/// system may give less.
const KERNEL_BUFFER: usize = 4 << 20;

/// Datagrams taken at one go.
const AT_ONCE: usize = 32;

/// The largest datagram there is.
const DATAGRAM_MAX: usize = 65_536;

pub(crate) struct DatagramInput {
    socket: UdpSocket,
    buffer: Vec<u8>,
}

impl DatagramInput {
    pub(crate) fn open(place: &Datagrams) -> Result<Self, String> {
        let socket = listen(place).map_err(|e| e.to_string())?;
        Ok(Self { socket, buffer: vec![0; DATAGRAM_MAX] })
    }

    pub(crate) async fn read(&mut self) -> Result<Bytes, String> {
        let mut out = BytesMut::new();
        loop {
            let length = self.socket.recv(&mut self.buffer).await.map_err(|e| e.to_string())?;
            self.take(length, &mut out);
            // What waits already is taken along, without waiting for more.
            for _ in 1..AT_ONCE {
                let Ok(length) = self.socket.try_recv(&mut self.buffer) else { break };
                self.take(length, &mut out);
            }
            if !out.is_empty() {
                return Ok(out.freeze());
            }
        }
    }

    fn take(&self, length: usize, out: &mut BytesMut) {
        out.extend_from_slice(payload(self.buffer.get(..length).unwrap_or_default()));
    }
}

fn listen(place: &Datagrams) -> std::io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(place.at), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    // The system's limit may be lower; less is given then, which is no error.
    drop(socket.set_recv_buffer_size(KERNEL_BUFFER));
    socket.set_nonblocking(true)?;
    socket.bind(&SockAddr::from(place.at))?;
    join(&socket, place)?;
    UdpSocket::from_std(socket.into())
}

fn join(socket: &Socket, place: &Datagrams) -> std::io::Result<()> {
    match place.at {
        SocketAddr::V4(at) if at.ip().is_multicast() => {
            // Without this a socket also gets groups that other programs have joined.
            #[cfg(target_os = "linux")]
            socket.set_multicast_all_v4(false)?;
            let interface = match place.interface {
                Some(IpAddr::V4(address)) => address,
                _ => Ipv4Addr::UNSPECIFIED,
            };
            match place.sender {
                Some(IpAddr::V4(sender)) => socket.join_ssm_v4(&sender, at.ip(), &interface),
                _ => socket.join_multicast_v4(at.ip(), &interface),
            }
        }
        SocketAddr::V6(at) if at.ip().is_multicast() => {
            socket.join_multicast_v6(at.ip(), at.scope_id())
        }
        _ => Ok(()),
    }
}

/// Returns what a datagram carries: whole packets, or an RTP header and then packets.
fn payload(datagram: &[u8]) -> &[u8] {
    match datagram {
        [0x47, ..] => datagram,
        [first, ..] if first >> 6 == 2 => rtp_payload(datagram).unwrap_or_default(),
        _ => &[],
    }
}

fn rtp_payload(datagram: &[u8]) -> Option<&[u8]> {
    let first = *datagram.first()?;
    let mut at = 12 + 4 * usize::from(first & 0x0f);
    if first & 0x10 != 0 {
        let &[high, low] = datagram.get(at + 2..at + 4)? else { return None };
        at += 4 + 4 * usize::from(u16::from_be_bytes([high, low]));
    }
    let padding = if first & 0x20 != 0 { usize::from(*datagram.last()?) } else { 0 };
    datagram.get(at..datagram.len().checked_sub(padding)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rtp_headers_extensions_and_padding_are_taken_off() {
        let mut datagram = vec![0x80 | 0x20 | 0x10 | 1, 33];
        datagram.resize(16, 0);
        datagram.extend([0xbe, 0xde, 0, 1, 1, 2, 3, 4]);
        datagram.extend([0x47; 188]);
        datagram.extend([0, 0, 3]);
        assert_eq!(payload(&datagram), [0x47; 188]);
        assert_eq!(payload(&[0x47; 188]), [0x47; 188]);
    }

    #[test]
    fn damaged_headers_carry_nothing() {
        assert!(payload(&[0xbf; 20]).is_empty());
        assert!(payload(&[0x90; 14]).is_empty());
        assert!(payload(&[]).is_empty());
        assert!(payload(b"hello").is_empty());
    }
}
