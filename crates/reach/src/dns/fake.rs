//! A DNS server for the tests: as much of RFC 2136 and RFC 8945 as the updates need, and ways to
//! behave badly that real servers are hard to bring to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::tsig::TsigAlgorithm;
use hickory_proto::rr::{DNSClass, Name, Record, TSigResponseContext, TSigner};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::DnsConfig;

/// What it does with an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// What it should.
    Honest,
    /// Refuses it, signed.
    Refuses,
    /// Confirms it, signed, and does not do it.
    Forgets,
    /// Confirms it without a signature.
    Unsigned,
}

const SECRET: &str = "6Uq0pTnnXmtQPLtFOsjqxXsLQ9vYg2zJ5jC3Qf5tO1E=";
/// Another key's.
pub(super) const OTHER_SECRET: &str = "AVw1mH3aBHPVt/cOJciI0ATXY5JX277A/DAc9PE05+4=";

pub(super) struct Fake {
    address: SocketAddr,
    shared: Arc<Shared>,
    folder: TempDir,
}

struct Shared {
    records: Mutex<Vec<Record>>,
    updates: Mutex<usize>,
    manner: Mutex<Manner>,
    signer: TSigner,
}

impl Fake {
    pub(super) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        std::fs::write(&key, SECRET).unwrap();
        let shared = Arc::new(Shared {
            records: Mutex::default(),
            updates: Mutex::default(),
            manner: Mutex::new(manner),
            signer: super::key::signer("televisor", &key).unwrap(),
        });
        assert_eq!(shared.signer.algorithm(), &TsigAlgorithm::HmacSha256);
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&serving)));
            }
        });
        Self { address, shared, folder }
    }

    pub(super) fn config(&self) -> DnsConfig {
        DnsConfig {
            server: self.address.to_string(),
            zone: "example.org".to_owned(),
            tsig_name: "televisor".to_owned(),
            tsig_secret_file: self.folder.path().join("key"),
        }
    }

    pub(super) fn write_key(&self, secret: &str) {
        std::fs::write(self.folder.path().join("key"), secret).unwrap();
    }

    pub(super) fn mend(&self, manner: Manner) {
        *self.shared.manner.lock().unwrap() = manner;
    }

    /// How many updates it has taken.
    pub(super) fn updates(&self) -> usize {
        *self.shared.updates.lock().unwrap()
    }

    /// All it has, as lines of a zone file.
    pub(super) fn zone(&self) -> Vec<String> {
        let records = self.shared.records.lock().unwrap();
        let line = |r: &Record| format!("{} {} {}", r.name, r.record_type(), r.data);
        let mut lines: Vec<_> = records.iter().map(line).collect();
        lines.sort();
        lines
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    while let Ok(length) = stream.read_u16().await {
        let mut bytes = vec![0; usize::from(length)];
        if stream.read_exact(&mut bytes).await.is_err() {
            return;
        }
        let answer = shared.answer(&bytes);
        let mut framed = u16::try_from(answer.len()).unwrap().to_be_bytes().to_vec();
        framed.extend(answer);
        if stream.write_all(&framed).await.is_err() {
            return;
        }
    }
}

impl Shared {
    fn answer(&self, bytes: &[u8]) -> Vec<u8> {
        let asked = Message::from_vec(bytes).unwrap();
        let mut answer = Message::new(asked.id, MessageType::Response, asked.op_code);
        answer.add_query(asked.queries[0].clone());
        if asked.op_code == OpCode::Update {
            return self.update(bytes, &asked, answer);
        }
        let question = &asked.queries[0];
        let records = self.records.lock().unwrap();
        let fits =
            |r: &&Record| r.name == *question.name() && r.record_type() == question.query_type();
        answer.add_answers(records.iter().filter(fits).cloned());
        answer.to_vec().unwrap()
    }

    fn update(&self, bytes: &[u8], asked: &Message, mut answer: Message) -> Vec<u8> {
        let time = asked.signature().unwrap().data.time;
        let mac = asked.signature().unwrap().data.mac.clone();
        let manner = *self.manner.lock().unwrap();
        if self.signer.verify_message_byte(bytes, None, true).is_err() {
            answer.metadata.response_code = ResponseCode::NotAuth;
            let bad = TSigResponseContext::bad_signature(asked.id, time, self.signer.clone());
            let unsigned = answer.to_vec().unwrap();
            answer.set_signature(bad.sign(&unsigned).unwrap());
            return answer.to_vec().unwrap();
        }
        match manner {
            Manner::Refuses => answer.metadata.response_code = ResponseCode::Refused,
            Manner::Forgets => {}
            Manner::Honest | Manner::Unsigned => self.apply(&asked.authorities),
        }
        if manner != Manner::Unsigned {
            let context = TSigResponseContext::new(asked.id, time, self.signer.clone(), mac, None);
            let unsigned = answer.to_vec().unwrap();
            answer.set_signature(context.sign(&unsigned).unwrap());
        }
        answer.to_vec().unwrap()
    }

    fn apply(&self, changes: &[Record]) {
        *self.updates.lock().unwrap() += 1;
        let mut records = self.records.lock().unwrap();
        for change in changes {
            if change.dns_class == DNSClass::ANY {
                let gone =
                    |r: &Record| r.name == change.name && r.record_type() == change.record_type();
                records.retain(|record| !gone(record));
            } else {
                let zone = Name::from_ascii("example.org.").unwrap();
                assert!(zone.zone_of(&change.name));
                records.push(change.clone());
            }
        }
    }
}
