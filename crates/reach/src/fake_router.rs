//! A router for tests: NAT-PMP and PCP on loopback, with whatever is wrong with it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// What the router is like, and what it holds.
#[derive(Debug)]
pub(crate) struct Nature {
    pub(crate) pcp: bool,
    pub(crate) nat_pmp: bool,
    pub(crate) address: Option<Ipv4Addr>,
    /// Seconds a mapping is granted for, at most.
    pub(crate) longest: u32,
    /// Ports that are another device's, and what is given instead (0: nothing).
    pub(crate) taken: BTreeMap<u16, u16>,
    /// The code of every refusal of a mapping.
    pub(crate) pcp_refuses: Option<u8>,
    pub(crate) nat_pmp_refuses: Option<u8>,
    /// It does not know PREFER_FAILURE.
    pub(crate) no_options: bool,
    /// So many messages are lost from now on.
    pub(crate) lost: u32,
    pub(crate) began: Instant,
    /// Our ports by those outside, with the lifetime.
    pub(crate) mappings: BTreeMap<u16, (u16, u32)>,
    /// How often mappings were asked for.
    pub(crate) asked: u32,
}

/// The router itself; gone when dropped.
#[derive(Debug)]
pub(crate) struct FakeRouter {
    pub(crate) port: u16,
    nature: Arc<Mutex<Nature>>,
    task: JoinHandle<()>,
}

impl Drop for FakeRouter {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FakeRouter {
    pub(crate) async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let port = socket.local_addr().unwrap().port();
        let nature = Arc::new(Mutex::new(Nature {
            pcp: true,
            nat_pmp: true,
            address: Some(Ipv4Addr::new(11, 22, 33, 1)),
            longest: 7200,
            taken: BTreeMap::new(),
            pcp_refuses: None,
            nat_pmp_refuses: None,
            no_options: false,
            lost: 0,
            began: Instant::now(),
            mappings: BTreeMap::new(),
            asked: 0,
        }));
        let task = tokio::spawn(serve(socket, Arc::clone(&nature)));
        Self { port, nature, task }
    }

    pub(crate) fn nature(&self) -> MutexGuard<'_, Nature> {
        self.nature.lock().unwrap()
    }

    /// The outside ports that are open.
    pub(crate) fn open(&self) -> Vec<u16> {
        self.nature().mappings.keys().copied().collect()
    }

    /// A power cut.
    pub(crate) fn restart(&self) {
        let mut nature = self.nature();
        nature.mappings.clear();
        nature.began = Instant::now();
    }
}

async fn serve(socket: UdpSocket, nature: Arc<Mutex<Nature>>) {
    let mut buffer = [0; 1100];
    loop {
        let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
        let answer = nature.lock().unwrap().answer(&buffer[..length], from);
        if let Some(answer) = answer {
            socket.send_to(&answer, from).await.unwrap();
        }
    }
}

impl Nature {
    fn answer(&mut self, question: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
        if self.lost > 0 {
            self.lost -= 1;
            return None;
        }
        match question[0] {
            0 if self.nat_pmp => Some(self.nat_pmp(question)),
            2 if self.pcp => Some(self.pcp(question, from)),
            2 if self.nat_pmp => Some(self.nat_pmp_head(128 + question[1], 1)),
            _ => None,
        }
    }

    fn epoch(&self) -> [u8; 4] {
        u32::try_from(self.began.elapsed().as_secs()).unwrap().to_be_bytes()
    }

    fn nat_pmp_head(&self, opcode: u8, code: u8) -> Vec<u8> {
        [&[0, opcode, 0, code], &self.epoch()[..]].concat()
    }

    fn nat_pmp(&mut self, question: &[u8]) -> Vec<u8> {
        if question[1] == 0 {
            return match self.address {
                Some(address) => [self.nat_pmp_head(128, 0), address.octets().to_vec()].concat(),
                None => self.nat_pmp_head(128, 3),
            };
        }
        if let Some(code) = self.nat_pmp_refuses {
            return self.nat_pmp_head(130, code);
        }
        let (ours, wish) = (two(question, 4), two(question, 6));
        let wanted = u32::from_be_bytes(question[8..12].try_into().unwrap());
        let Some((outside, lifetime)) = self.map(ours, wish, wanted) else {
            return self.nat_pmp_head(130, 4);
        };
        let mut answer = self.nat_pmp_head(130, 0);
        answer.extend(ours.to_be_bytes());
        answer.extend(outside.to_be_bytes());
        answer.extend(lifetime.to_be_bytes());
        answer
    }

    fn pcp(&mut self, question: &[u8], from: SocketAddr) -> Vec<u8> {
        let mut answer = vec![2, 128 + question[1], 0, 0];
        answer.extend([0; 4]);
        answer.extend(self.epoch());
        answer.extend([0; 12]);
        let own = Ipv4Addr::new(question[20], question[21], question[22], question[23]);
        assert_eq!(IpAddr::V4(own), from.ip(), "the header names where it comes from");
        if question[1] == 0 {
            return answer;
        }
        answer.extend(&question[24..60]);
        let exactly = question.get(60..64) == Some(&[2, 0, 0, 0]);
        let (ours, wish) = (two(question, 40), two(question, 42));
        let wanted = u32::from_be_bytes(question[4..8].try_into().unwrap());
        let refusal = match (self.pcp_refuses, self.address) {
            (Some(code), _) => Some(code),
            (None, None) => Some(7),
            _ if exactly && self.no_options => Some(5),
            _ if exactly && self.taken.contains_key(&wish) => Some(11),
            _ => None,
        };
        let granted = if refusal.is_none() { self.map(ours, wish, wanted) } else { None };
        let Some((outside, lifetime)) = granted else {
            answer[3] = refusal.unwrap_or(11);
            answer[4..8].copy_from_slice(&30_u32.to_be_bytes());
            return answer;
        };
        answer[4..8].copy_from_slice(&lifetime.to_be_bytes());
        answer[42..44].copy_from_slice(&outside.to_be_bytes());
        let address = self.address.unwrap().to_ipv6_mapped().octets();
        answer[44..60].copy_from_slice(&address);
        answer
    }

    fn map(&mut self, ours: u16, wish: u16, wanted: u32) -> Option<(u16, u32)> {
        if wanted == 0 {
            self.mappings.retain(|_, (port, _)| *port != ours);
            return Some((0, 0));
        }
        self.asked += 1;
        let outside = self.taken.get(&wish).copied().unwrap_or(wish);
        let lifetime = wanted.min(self.longest);
        (outside != 0).then(|| {
            self.mappings.insert(outside, (ours, lifetime));
            (outside, lifetime)
        })
    }
}

fn two(data: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([data[at], data[at + 1]])
}
