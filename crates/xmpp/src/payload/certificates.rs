//! XEP-0257: Client Certificate Management, the certificates of one account.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::carrier::{Carrier, Payload, PayloadError, field};
use crate::element::Element;
use crate::ns;

/// `<append/>`: registers a certificate (section 2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// What the account's owner calls it; unique within the account.
    pub name: String,
    /// The certificate, DER.
    pub der: Vec<u8>,
    /// Whether a session logged in by it may not manage certificates.
    pub no_management: bool,
}

/// `<items/>`: asks for the account's certificates, or tells them (section 2.2).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Certificates {
    /// The certificates; none in the question.
    pub items: Vec<Registered>,
}

/// `<item/>`: one certificate that is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// Its name.
    pub name: String,
    /// The certificate, DER.
    pub der: Vec<u8>,
}

/// `<disable/>`: takes a certificate back (section 2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disable {
    /// Its name.
    pub name: String,
}

/// `<revoke/>`: takes a certificate back, and ends the sessions logged in by it (section 2.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoke {
    /// Its name.
    pub name: String,
}

impl Payload for Append {
    const NAME: &'static str = "append";
    const NAMESPACE: &'static str = ns::CERTIFICATES;
    const CARRIERS: &'static [Carrier] = &[Carrier::IqSet];

    fn read(append: &Element) -> Result<Self, PayloadError> {
        let no_management = append.has_child("no-cert-management", ns::CERTIFICATES);
        Ok(Self { name: name(append)?, der: der(append)?, no_management })
    }

    fn to_element(&self) -> Element {
        let flag = self.no_management.then(|| Element::new("no-cert-management", ns::CERTIFICATES));
        Element::builder(Self::NAME, Self::NAMESPACE)
            .field("name", &self.name)
            .children(flag)
            .field("x509cert", STANDARD.encode(&self.der))
            .build()
    }
}

impl Payload for Certificates {
    const NAME: &'static str = "items";
    const NAMESPACE: &'static str = ns::CERTIFICATES;
    const CARRIERS: &'static [Carrier] = &[Carrier::IqGet, Carrier::IqResult];

    fn read(items: &Element) -> Result<Self, PayloadError> {
        let items = items.children().filter(|child| child.is("item", ns::CERTIFICATES));
        let item = |item: &Element| Ok(Registered { name: name(item)?, der: der(item)? });
        Ok(Self { items: items.map(item).collect::<Result<_, _>>()? })
    }

    fn to_element(&self) -> Element {
        let item = |item: &Registered| {
            Element::builder("item", ns::CERTIFICATES)
                .field("name", &item.name)
                .field("x509cert", STANDARD.encode(&item.der))
                .build()
        };
        Element::builder(Self::NAME, Self::NAMESPACE).children(self.items.iter().map(item)).build()
    }
}

impl Payload for Disable {
    const NAME: &'static str = "disable";
    const NAMESPACE: &'static str = ns::CERTIFICATES;
    const CARRIERS: &'static [Carrier] = &[Carrier::IqSet];

    fn read(disable: &Element) -> Result<Self, PayloadError> {
        Ok(Self { name: name(disable)? })
    }

    fn to_element(&self) -> Element {
        Element::builder(Self::NAME, Self::NAMESPACE).field("name", &self.name).build()
    }
}

impl Payload for Revoke {
    const NAME: &'static str = "revoke";
    const NAMESPACE: &'static str = ns::CERTIFICATES;
    const CARRIERS: &'static [Carrier] = &[Carrier::IqSet];

    fn read(revoke: &Element) -> Result<Self, PayloadError> {
        Ok(Self { name: name(revoke)? })
    }

    fn to_element(&self) -> Element {
        Element::builder(Self::NAME, Self::NAMESPACE).field("name", &self.name).build()
    }
}

fn name(element: &Element) -> Result<String, PayloadError> {
    let name = field(element, "name").ok_or(PayloadError::Missing("name"))?.trim().to_owned();
    if name.is_empty() { Err(PayloadError::Invalid("name")) } else { Ok(name) }
}

fn der(element: &Element) -> Result<Vec<u8>, PayloadError> {
    let text = field(element, "x509cert").ok_or(PayloadError::Missing("x509cert"))?;
    let text: String = text.split_ascii_whitespace().collect();
    let der = STANDARD.decode(text).map_err(|_| PayloadError::Invalid("x509cert"))?;
    if der.is_empty() { Err(PayloadError::Invalid("x509cert")) } else { Ok(der) }
}
