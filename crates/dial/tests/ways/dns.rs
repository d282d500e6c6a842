//! A DNS server with a handful of records, on the loopback.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use hickory_proto::op::{Message, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, SRV};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use televisor_dial::Resolver;
use tokio::net::UdpSocket;
use tokio::task::AbortHandle;

/// What the server knows, and what becomes of the rest: a name that is not here does not exist.
#[derive(Default, Clone)]
pub(crate) struct Zone {
    records: BTreeMap<String, Vec<RData>>,
    silent: BTreeSet<String>,
    failing: BTreeSet<String>,
}

impl Zone {
    pub(crate) fn srv(mut self, name: &str, prio: u16, weight: u16, port: u16, to: &str) -> Self {
        let target = Name::from_ascii(to).unwrap();
        let srv = SRV::new(prio, weight, port, target);
        self.add(name, RData::SRV(srv));
        self
    }

    pub(crate) fn address(mut self, name: &str, address: &str) -> Self {
        let data = match address.parse().unwrap() {
            IpAddr::V4(four) => RData::A(A(four)),
            IpAddr::V6(six) => RData::AAAA(AAAA(six)),
        };
        self.add(name, data);
        self
    }

    pub(crate) fn alias(mut self, name: &str, to: &str) -> Self {
        let alias = CNAME(Name::from_ascii(to).unwrap());
        self.add(name, RData::CNAME(alias));
        self
    }

    /// Questions for this name are not answered.
    pub(crate) fn silent(mut self, name: &str) -> Self {
        self.silent.insert(key(name));
        self
    }

    /// Questions for this name are answered with SERVFAIL.
    pub(crate) fn failing(mut self, name: &str) -> Self {
        self.failing.insert(key(name));
        self
    }

    fn add(&mut self, name: &str, data: RData) {
        self.records.entry(key(name)).or_default().push(data);
    }

    fn answer(&self, question: &Message) -> Option<Message> {
        let query = question.queries.first()?;
        let name = key(&query.name().to_ascii());
        if self.silent.contains(&name) {
            return None;
        }
        let mut answer = Message::response(question.id, OpCode::Query);
        answer.add_query(query.clone());
        answer.metadata.recursion_available = true;
        if self.failing.contains(&name) {
            answer.metadata.response_code = ResponseCode::ServFail;
            return Some(answer);
        }
        let Some(records) = self.records.get(&name) else {
            answer.metadata.response_code = ResponseCode::NXDomain;
            return Some(answer);
        };
        for data in records {
            let kind = data.record_type();
            if kind == query.query_type() || kind == RecordType::CNAME {
                answer.add_answer(Record::from_rdata(query.name().clone(), 60, data.clone()));
            }
        }
        Some(answer)
    }
}

/// Names are compared without their final dot and in lower case.
fn key(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// A running server; it ends with this value.
pub(crate) struct DnsServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    task: AbortHandle,
}

impl DnsServer {
    pub(crate) async fn start(zone: Zone) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok((length, peer)) = socket.recv_from(&mut buffer).await {
                let question = Message::from_vec(&buffer[..length]).unwrap();
                for query in &question.queries {
                    log.lock().unwrap().push(key(&query.name().to_ascii()));
                }
                if let Some(answer) = zone.answer(&question) {
                    let bytes = answer.to_vec().unwrap();
                    socket.send_to(&bytes, peer).await.unwrap();
                }
            }
        });
        Self { address, asked, task: task.abort_handle() }
    }

    pub(crate) fn resolver(&self) -> Resolver {
        Resolver::new(Some(&self.address.to_string())).unwrap()
    }

    /// The names it was asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for DnsServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
