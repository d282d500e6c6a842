//! PAT and PMT (ISO/IEC 13818-1 section 2.4.4) and SDT (EN 300 468 section 5.2.3), enough to know
//! the PCR PID and the names of services.
//!
//! Left out: CRC checks (a damaged table is mended by the next one), sections longer than one table
//! of 1021 bytes, event information.

use std::collections::BTreeMap;

use super::packet::{Packet, Pid};

/// The longest section that is collected, header included.
const SECTION_MAX: usize = 1024;

/// Programmes that are followed at most; a multiplex has some dozens.
const PROGRAMMES_MAX: usize = 256;

/// What is known of one service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Service {
    /// The programme number, which is the service id.
    pub id: u16,
    /// Where its PMT is sent.
    pub pmt_pid: Option<Pid>,
    /// Which PID carries its clock.
    pub pcr_pid: Option<Pid>,
    /// Its name, where it is sent in Latin-1 or UTF-8.
    pub name: Option<String>,
}

/// Collects tables from a stream that goes by.
#[derive(Debug, Default)]
pub struct Tables {
    services: BTreeMap<u16, Service>,
    sections: BTreeMap<Pid, Vec<u8>>,
}

impl Tables {
    /// Looks at aligned packets.
    pub fn watch(&mut self, packets: &[u8]) {
        for packet in Packet::all(packets) {
            let pid = packet.pid();
            let wanted = pid == Pid::PAT
                || pid == Pid::SDT
                || self.services.values().any(|s| s.pmt_pid == Some(pid));
            if wanted && !packet.is_damaged() {
                self.collect(packet);
            }
        }
    }

    /// Returns the services found so far, by id.
    pub fn services(&self) -> impl Iterator<Item = &Service> {
        self.services.values()
    }

    fn collect(&mut self, packet: Packet<'_>) {
        let Some(payload) = packet.payload() else { return };
        let section = self.sections.entry(packet.pid()).or_default();
        if packet.starts_unit() {
            section.clear();
            let pointer = payload.first().map_or(0, |p| usize::from(*p));
            section.extend_from_slice(payload.get(1 + pointer..).unwrap_or_default());
        } else if !section.is_empty() && section.len() < SECTION_MAX {
            section.extend_from_slice(payload);
        }
        let &[_, high, low, ..] = section.as_slice() else { return };
        let length = 3 + usize::from(u16::from_be_bytes([high & 0x0f, low]));
        if section.len() >= length {
            let mut whole = std::mem::take(section);
            // Without the CRC at its end.
            whole.truncate(length.saturating_sub(4));
            self.read(packet.pid(), &whole);
        }
    }

    fn read(&mut self, pid: Pid, section: &[u8]) {
        match (section.first(), pid) {
            (Some(0x00), Pid::PAT) => self.read_pat(section),
            (Some(0x02), _) => self.read_pmt(section),
            (Some(0x42), Pid::SDT) => self.read_sdt(section),
            _ => {}
        }
    }

    fn read_pat(&mut self, section: &[u8]) {
        for entry in section.get(8..).unwrap_or_default().as_chunks::<4>().0 {
            let id = u16::from_be_bytes([entry[0], entry[1]]);
            if id != 0 && (self.services.len() < PROGRAMMES_MAX || self.services.contains_key(&id))
            {
                let pid = Pid(u16::from_be_bytes([entry[2] & 0x1f, entry[3]]));
                self.service(id).pmt_pid = Some(pid);
            }
        }
    }

    fn read_pmt(&mut self, section: &[u8]) {
        let &[_, _, _, id_high, id_low, _, _, _, pcr_high, pcr_low, ..] = section else { return };
        let id = u16::from_be_bytes([id_high, id_low]);
        if let Some(service) = self.services.get_mut(&id) {
            let pid = Pid(u16::from_be_bytes([pcr_high & 0x1f, pcr_low]));
            service.pcr_pid = (pid != Pid::NULL).then_some(pid);
        }
    }

    fn read_sdt(&mut self, section: &[u8]) {
        let mut rest = section.get(11..).unwrap_or_default();
        while let [id_high, id_low, _, len_high, len_low, tail @ ..] = rest {
            let length = usize::from(u16::from_be_bytes([len_high & 0x0f, *len_low]));
            let id = u16::from_be_bytes([*id_high, *id_low]);
            if let Some(name) = tail.get(..length).and_then(service_name)
                && (self.services.len() < PROGRAMMES_MAX || self.services.contains_key(&id))
            {
                self.service(id).name = Some(name);
            }
            rest = tail.get(length..).unwrap_or_default();
        }
    }

    fn service(&mut self, id: u16) -> &mut Service {
        self.services.entry(id).or_insert_with(|| Service { id, ..Service::default() })
    }
}

/// Finds the service descriptor (EN 300 468 section 6.2.33) and reads its name.
fn service_name(mut descriptors: &[u8]) -> Option<String> {
    while let [tag, length, tail @ ..] = descriptors {
        let body = tail.get(..usize::from(*length))?;
        if *tag == 0x48 {
            let provider = usize::from(*body.get(1)?);
            let length = usize::from(*body.get(2 + provider)?);
            return text(body.get(3 + provider..3 + provider + length)?);
        }
        descriptors = tail.get(usize::from(*length)..)?;
    }
    None
}

/// Reads the character tables that need no tables of their own (EN 300 468 annex A): UTF-8,
/// Latin-1, and the ASCII part of the default one.
fn text(bytes: &[u8]) -> Option<String> {
    let text: String = match bytes {
        [0x15, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [0x10, 0, 1, rest @ ..] => rest.iter().map(|b| char::from(*b)).collect(),
        [first, ..] if *first >= 0x20 => {
            bytes.iter().filter(|b| b.is_ascii()).map(|b| char::from(*b)).collect()
        }
        _ => return None,
    };
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    (!text.trim().is_empty()).then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ts::packet::PACKET_LEN;

    /// Packs a section without its CRC into packets.
    fn packets(pid: u16, table: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len() + 4).unwrap() | 0xb000;
        let mut section = vec![0, table];
        section.extend(length.to_be_bytes());
        section.extend(body);
        section.extend([0; 4]);
        let [high, low] = pid.to_be_bytes();
        let pieces = section.chunks(PACKET_LEN - 4).enumerate();
        pieces
            .flat_map(|(n, piece)| {
                let start = if n == 0 { 0x40 } else { 0 };
                let mut packet = vec![0x47, start | high, low, 0x10];
                packet.extend(piece);
                packet.resize(PACKET_LEN, 0xff);
                packet
            })
            .collect()
    }

    fn sdt(name: &[u8]) -> Vec<u8> {
        let mut descriptor = vec![0x48, u8::try_from(name.len() + 3).unwrap(), 1, 0];
        descriptor.push(u8::try_from(name.len()).unwrap());
        descriptor.extend(name);
        let mut body = vec![0, 1, 0xc1, 0, 0, 0x20, 0, 0xff, 0, 101, 0xfc, 0x80];
        body.push(u8::try_from(descriptor.len()).unwrap());
        body.extend(descriptor);
        body
    }

    #[test]
    fn the_clock_s_pid_and_the_name_are_found_over_several_packets() {
        let mut tables = Tables::default();
        tables.watch(&packets(0, 0, &[0, 1, 0xc1, 0, 0, 0, 101, 0xf0, 0x10]));
        tables.watch(&packets(0x1010, 2, &[0, 101, 0xc1, 0, 0, 0xe1, 0x10, 0xf0, 0]));
        let long = [b"Baird One ".repeat(20), b"HD".to_vec()].concat();
        tables.watch(&packets(0x11, 0x42, &sdt(&long)));
        let [service] = tables.services().collect::<Vec<_>>()[..] else { panic!("{tables:?}") };
        assert_eq!((service.id, service.pmt_pid), (101, Some(Pid(0x1010))));
        assert_eq!(service.pcr_pid, Some(Pid(0x110)));
        assert!(service.name.as_ref().is_some_and(|name| name.ends_with("One HD")));
    }

    #[test]
    fn names_in_utf_8_and_latin_1_are_read() {
        assert_eq!(text(b"\x15Caf\xc3\xa9").as_deref(), Some("Café"));
        assert_eq!(text(b"\x10\x00\x01Caf\xe9").as_deref(), Some("Café"));
        assert_eq!(text(b"\x05abc"), None);
    }

    #[test]
    fn real_streams_are_read_where_there_are_any() {
        let Some(folder) = std::env::var_os("TELEVISOR_TV_SAMPLES") else { return };
        let path = std::path::Path::new(&folder).join("ts/it-rai-mux-20220116.ts");
        let mut tables = Tables::default();
        tables.watch(&std::fs::read(path).unwrap());
        let whole = |s: &&Service| s.pcr_pid.is_some() && s.name.is_some();
        assert!(tables.services().filter(whole).count() >= 8, "{tables:?}");
    }

    proptest::proptest! {
        #[test]
        fn any_section_is_read_without_panic(table in 0..0x45_u8, body: Vec<u8>) {
            let mut tables = Tables::default();
            tables.watch(&packets(0, 0, &[0, 1, 0xc1, 0, 0, 0, 101, 0xe0, 0x11]));
            tables.watch(&packets(0x11, table, body.get(..900).unwrap_or(&body)));
            tables.watch(&packets(0, table, body.get(..900).unwrap_or(&body)));
        }
    }
}
