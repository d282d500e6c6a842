//! What the records of the public name should be, and the messages that ask for them and make them
//! so.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hickory_proto::op::{Message, OpCode, Query};
use hickory_proto::rr::rdata::{A, AAAA, SRV, TXT};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};

use super::Failure;
use crate::External;

/// For how long others may remember a record, in seconds: a new address is found within a minute.
const TTL: u32 = 60;

/// The services and the well-known port behind each (RFC 6120 section 3.2.1; the `s` ones by
/// XEP-0368: every port of ours takes direct TLS too).
const SERVICES: [(&str, u16); 4] = [
    ("_xmpp-client._tcp", 5222),
    ("_xmpps-client._tcp", 5222),
    ("_xmpp-server._tcp", 5269),
    ("_xmpps-server._tcp", 5269),
];

/// All records of one name and type (RFC 2136: an RRset); without data, there shall be none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Set {
    pub(super) name: Name,
    pub(super) kind: RecordType,
    pub(super) data: Vec<RData>,
}

impl Set {
    pub(super) fn txt(name: Name, text: Option<&str>) -> Self {
        let data = text.map(|text| RData::TXT(TXT::new(vec![text.to_owned()])));
        Self { name, kind: RecordType::TXT, data: data.into_iter().collect() }
    }

    /// Returns whether an answer holds exactly these records, in whatever order and with whatever
    /// time to live.
    pub(super) fn is_answered_by(&self, answers: &[Record]) -> bool {
        let held: Vec<_> = answers
            .iter()
            .filter(|r| r.name == self.name && r.record_type() == self.kind)
            .collect();
        held.len() == self.data.len() && held.iter().all(|r| self.data.contains(&r.data))
    }

    pub(super) fn question(&self) -> Query {
        Query::query(self.name.clone(), self.kind)
    }
}

/// Reads a domain name that others are to find in DNS.
pub(super) fn domain(what: &str, name: &str) -> Result<Name, Failure> {
    let bare = name.strip_suffix('.').unwrap_or(name);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let mut parsed = Name::from_ascii(bare)
        .ok()
        .filter(|_| !bare.is_empty() && bare.parse::<IpAddr>().is_err() && bare.chars().all(plain))
        .ok_or_else(|| {
            let why = format!("{what} = \"{name}\" is not a domain name in its ASCII form");
            Failure::Configuration(why)
        })?
        .to_lowercase();
    parsed.set_fqdn(true);
    Ok(parsed)
}

/// Returns what should be in DNS so that `name` leads through this door.
pub(super) fn of_door(name: &Name, door: &External) -> Result<Vec<Set>, Failure> {
    let (v4, v6) = addresses(door);
    let mut sets = vec![
        Set {
            name: name.clone(),
            kind: RecordType::A,
            data: v4.map(|v4| RData::A(A(v4))).into_iter().collect(),
        },
        Set {
            name: name.clone(),
            kind: RecordType::AAAA,
            data: v6.map(|v6| RData::AAAA(AAAA(v6))).into_iter().collect(),
        },
    ];
    for (label, well_known) in SERVICES {
        let service = Name::from_ascii(label)
            .and_then(|label| label.append_domain(name))
            .map_err(|error| Failure::Configuration(format!("the name is too long ({error})")))?;
        sets.push(Set {
            name: service,
            kind: RecordType::SRV,
            data: service_data(&door.outside, well_known, name),
        });
    }
    Ok(sets)
}

fn addresses(door: &External) -> (Option<Ipv4Addr>, Option<Ipv6Addr>) {
    match door.address {
        IpAddr::V4(v4) => (Some(v4), door.ipv6),
        IpAddr::V6(v6) => (None, Some(door.ipv6.unwrap_or(v6))),
    }
}

fn service_data(outside: &BTreeMap<u16, u16>, well_known: u16, host: &Name) -> Vec<RData> {
    let port = outside.get(&well_known).copied();
    port.map(|port| RData::SRV(SRV::new(0, 5, port, host.clone()))).into_iter().collect()
}

/// Returns the update that replaces each set as a whole (RFC 2136, sections 2.5.2 and 2.5.1), all
/// of them or none.
pub(super) fn update(zone: &Name, sets: &[Set]) -> Message {
    let mut message = Message::query();
    message.metadata.op_code = OpCode::Update;
    message.metadata.recursion_desired = false;
    let mut zone = Query::query(zone.clone(), RecordType::SOA);
    zone.set_query_class(DNSClass::IN);
    message.add_query(zone);
    for set in sets {
        let mut gone = Record::update0(set.name.clone(), 0, set.kind);
        gone.dns_class = DNSClass::ANY;
        message.add_authority(gone);
        for data in &set.data {
            message.add_authority(Record::from_rdata(set.name.clone(), TTL, data.clone()));
        }
    }
    message
}

/// Returns the question for what the server itself has under this name and type.
pub(super) fn query(question: Query) -> Message {
    let mut message = Message::query();
    message.metadata.recursion_desired = false;
    message.add_query(question);
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::By;

    fn name() -> Name {
        domain("public_name", "tv.example.org").unwrap()
    }

    fn door(address: &str, ipv6: Option<&str>) -> External {
        External {
            address: address.parse().unwrap(),
            ipv6: ipv6.map(|v6| v6.parse().unwrap()),
            outside: BTreeMap::from([(5222, 5222), (5269, 15269)]),
            ports: BTreeMap::from([(5222, 5222), (5269, 5269)]),
            by: By::Pcp,
            since: "2026-11-25T14:00Z".parse().unwrap(),
        }
    }

    /// The sets as a zone file would say it.
    fn lines(sets: &[Set]) -> Vec<String> {
        let line = |set: &Set| {
            let data: Vec<_> = set.data.iter().map(ToString::to_string).collect();
            format!("{} {} {}", set.name, set.kind, data.join(" / "))
        };
        sets.iter().map(line).collect()
    }

    #[test]
    fn a_door_is_addresses_and_four_services_at_its_outside_ports() {
        let sets = of_door(&name(), &door("11.22.33.1", Some("2001:db8::1"))).unwrap();
        assert_eq!(
            lines(&sets),
            [
                "tv.example.org. A 11.22.33.1",
                "tv.example.org. AAAA 2001:db8::1",
                "_xmpp-client._tcp.tv.example.org. SRV 0 5 5222 tv.example.org.",
                "_xmpps-client._tcp.tv.example.org. SRV 0 5 5222 tv.example.org.",
                "_xmpp-server._tcp.tv.example.org. SRV 0 5 15269 tv.example.org.",
                "_xmpps-server._tcp.tv.example.org. SRV 0 5 15269 tv.example.org.",
            ]
        );
    }

    #[test]
    fn an_address_or_service_that_is_not_there_is_taken_out() {
        let mut shut = door("2001:db8::1", None);
        shut.outside.remove(&5269);
        let sets = of_door(&name(), &shut).unwrap();
        let empty: Vec<_> = sets.iter().map(|set| set.data.is_empty()).collect();
        assert_eq!(empty, [true, false, false, false, true, true]);
    }

    #[test]
    fn an_update_removes_each_set_and_adds_what_takes_its_place() {
        let zone = domain("zone", "example.org").unwrap();
        let sets = of_door(&name(), &door("11.22.33.1", None)).unwrap();
        let message = Message::from_vec(&update(&zone, &sets).to_vec().unwrap()).unwrap();
        assert_eq!(message.op_code, OpCode::Update);
        assert_eq!(message.queries[0].query_type(), RecordType::SOA);
        let of_class = |class| message.authorities.iter().filter(|r| r.dns_class == class).count();
        assert_eq!((of_class(DNSClass::ANY), of_class(DNSClass::IN)), (6, 5));
    }

    #[test]
    fn an_answer_counts_when_it_holds_these_records_and_no_others() {
        let set = Set {
            name: name(),
            kind: RecordType::A,
            data: vec![RData::A(A(Ipv4Addr::new(11, 22, 33, 1)))],
        };
        let record = |last| Record::from_rdata(name(), 5, RData::A(A::new(11, 22, 33, last)));
        assert!(set.is_answered_by(&[record(1)]));
        assert!(!set.is_answered_by(&[]) && !set.is_answered_by(&[record(2)]));
        assert!(!set.is_answered_by(&[record(1), record(2)]));
        assert!(Set::txt(name(), None).is_answered_by(&[record(1)]));
    }

    #[test]
    fn what_is_no_domain_name_is_not_published() {
        for wrong in ["", "11.22.33.1", "a b", "fernseher.müller.example", "a..b", "[::1]"] {
            assert!(domain("public_name", wrong).is_err(), "{wrong}");
        }
        assert_eq!(name(), domain("public_name", "TV.Example.org.").unwrap());
    }
}
