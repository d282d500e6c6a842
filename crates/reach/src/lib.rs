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
//! | `mapper` | keeps the door open |

pub mod certificate;
pub mod link;

mod acme;
mod board;
mod check;
mod config;
mod dns;
mod error;
mod mapper;
mod obstacle;
mod reach;
mod state;

pub use certificate::Identity;
pub use config::{AcmeConfig, Config, DnsConfig};
pub use error::Error;
pub use obstacle::Obstacle;
pub use reach::{Ports, Reach};
pub use state::{By, CertificateState, DnsState, External, State};
