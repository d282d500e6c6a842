//! `docs/protocol.md`, "Whose certificate is whose": who belongs to a household, and by which
//! certificates they prove it.

use super::carrier::{Carrier, Payload, PayloadError, required};
use crate::element::Element;
use crate::jid::BareJid;
use crate::ns;

/// The one hash in use, by its name in the registry of hash functions (XEP-0300).
const SHA_256: &str = "sha-256";

/// `<household/>`: asks for the list, tells it, or tells another one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Household {
    /// Everybody who has registered a certificate, the receiver among them; empty in the question.
    pub devices: Vec<Device>,
}

/// `<device/>`: the receiver, or a device paired with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its address.
    pub jid: BareJid,
    /// What people call it.
    pub name: String,
    /// The SHA-256 of each certificate (DER) it proves itself by.
    pub certificates: Vec<[u8; 32]>,
}

impl Payload for Household {
    const NAME: &'static str = "household";
    const NAMESPACE: &'static str = ns::HOUSEHOLD;
    const CARRIERS: &'static [Carrier] = &[Carrier::IqGet, Carrier::IqSet, Carrier::IqResult];

    /// What is not understood is passed over: a later version may know other hashes.
    fn read(household: &Element) -> Result<Self, PayloadError> {
        let devices = household.children().filter(|child| child.is("device", ns::HOUSEHOLD));
        Ok(Self { devices: devices.filter_map(|device| read_device(device).ok()).collect() })
    }

    fn to_element(&self) -> Element {
        let devices = self.devices.iter().map(write_device);
        Element::builder(Self::NAME, Self::NAMESPACE).children(devices).build()
    }
}

fn read_device(device: &Element) -> Result<Device, PayloadError> {
    let jid = required(device, "jid")?.parse().map_err(|_| PayloadError::Invalid("jid"))?;
    let certificates = device
        .children()
        .filter(|child| child.is("certificate", ns::HOUSEHOLD))
        .filter(|child| child.attr("hash") == Some(SHA_256))
        .filter_map(|child| from_hex(child.text().trim()))
        .collect();
    Ok(Device { jid, name: device.attr("name").unwrap_or_default().to_owned(), certificates })
}

fn write_device(device: &Device) -> Element {
    let certificate = |sha256: &[u8; 32]| {
        Element::builder("certificate", ns::HOUSEHOLD)
            .attr("hash", SHA_256)
            .text(to_hex(sha256))
            .build()
    };
    Element::builder("device", ns::HOUSEHOLD)
        .attr("jid", device.jid.to_string())
        .attr("name", device.name.as_str())
        .children(device.certificates.iter().map(certificate))
        .build()
}

/// Writes a SHA-256 as 64 lower-case hexadecimal digits.
#[must_use]
pub fn to_hex(sha256: &[u8; 32]) -> String {
    sha256.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a SHA-256 from 64 hexadecimal digits, in either case.
#[must_use]
pub fn from_hex(digits: &str) -> Option<[u8; 32]> {
    if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut sha256 = [0; 32];
    for (index, byte) in sha256.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(sha256)
}
