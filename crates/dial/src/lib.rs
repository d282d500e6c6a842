//! The way to another XMPP server: SRV records, addresses, connections, trust.
//!
//! | module | holds |
//! | --- | --- |
//! | [`resolver`] | what DNS says of a domain: targets (SRV) and addresses (A, AAAA) |
//! | [`target`] | where a service may be reached, and in which order to try |
//! | [`mod@connect`] | the first TCP connection that comes about (happy eyeballs) |
//! | [`literal`] | domains that are IP addresses |
//! | [`trust`] | whether a certificate is good for a domain |
//! | [`any_certificate`] | TLS which takes any certificate, for a judgement afterwards |

pub mod any_certificate;
pub mod connect;
pub mod literal;
pub mod resolver;
pub mod target;
pub mod trust;

mod error;
mod eyeballs;

pub use any_certificate::AnyCertificate;
pub use connect::{Connected, connect, connect_targets};
pub use error::{Distrust, Error};
pub use literal::{address_literal, is_public};
pub use resolver::Resolver;
pub use target::{Service, Target};
pub use trust::Trust;
