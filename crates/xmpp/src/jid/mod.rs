//! RFC 7622: addresses, and the escaped form of 2010 beside them.
//!
//! An address is `localpart@domainpart/resourcepart`. Once parsed it is normalised, so that equal
//! addresses are equal values. [`Domain`] tells the kinds of domainpart apart.
//!
//! Left out: the PRECIS profiles. Localparts are prepared by Nodeprep (RFC 6122), which differs for
//! characters newer than Unicode 3.2 only.

mod domain;
mod error;
mod parts;

pub use domain::{Domain, DomainKind, escape_domain, ldh_host};
pub use error::{JidError, Part};
pub use parts::{BareJid, FullJid, Jid};

#[cfg(test)]
mod tests;
