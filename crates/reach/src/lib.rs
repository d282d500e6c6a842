//! How the receiver is reached: by which certificate, from which side of the door, and how the door
//! is opened.
//!
//! | module | holds |
//! | --- | --- |
//! | [`certificate`] | the receiver's TLS identity, made at first start and kept |
//! | [`link`] | whether a peer is on one of our own links |
//! | `reach`, `config` | the handle, and `[reach]` of the configuration file |
//! | `state`, `obstacle`, `board` | what is known, why not more, and where it is written |
//! | `check` | what of the configuration cannot be followed |
//! | `acme` | a certificate for the public name, renewed in time |
//! | `dns` | the public name's records, following the door |
//! | `mapper`, `side`, `retry` | keep the door open: both families together, one of them, and when to try again |
//! | `opener`, `lease` | what is asked of a router and granted, whatever its language |
//! | `pcp`, `nat_pmp`, `upnp` | the three languages, best first |
//! | `hello`, `exchange`, `epoch`, `announcements` | talking to a router over UDP, and noticing that it began anew |
//! | `gateway`, `public` | which way is out; which addresses are good there |

pub mod certificate;
pub mod link;

mod acme;
mod announcements;
mod board;
mod check;
mod config;
mod dns;
mod epoch;
mod error;
mod exchange;
#[cfg(test)]
mod fake_router;
mod gateway;
mod hello;
mod lease;
mod mapper;
mod nat_pmp;
mod obstacle;
mod opener;
mod pcp;
mod public;
mod reach;
mod retry;
mod side;
mod state;
mod upnp;

pub use certificate::Identity;
pub use config::{AcmeConfig, Config, DnsConfig};
pub use error::Error;
pub use obstacle::Obstacle;
pub use reach::{Ports, Reach};
pub use state::{By, CertificateState, DnsState, External, State};
