//! An XMPP server inside your own Rust program: RFC 6120, 6121, 7590 and 7622 for one household.
//!
//! It knows nothing of what the household's accounts talk about. Whoever embeds it says who the
//! [`Accounts`] are and puts [`Resident`]s in: in-process entities with an address, which receive
//! stanzas and answer them. [`Server::start`] opens the listeners and returns a [`Handle`].
//!
//! | module | holds |
//! | --- | --- |
//! | [`accounts`] | who may log in, from where, with what |
//! | [`fixed_accounts`] | accounts known from the start |
//! | [`resident`] | in-process entities |
//! | [`command`] | one ad-hoc command each: the trait, what it is told and answers |
//! | [`config`] | addresses, names, limits |
//! | [`certificates`] | what streams show in TLS, by name |
//! | [`client_certificates`] | the certificates accounts have registered |
//! | [`federation`] | streams to and from other servers |
//! | [`server`], [`handle`] | starting it, and what to ask of a running one |
//! | [`feature`] | one iq namespace each: the trait, the request, the specification line |
//! | [`context`] | what a feature may ask and do |
//! | [`http`] | who serves HTTP where clients come in |
//! | [`push`] | waking phones, and trying it out |
//! | [`neighbour`] | another server in the same process |
//! | [`router`] | sessions by account and resource; the way to each |
//! | `archive` | XEP-0313: what accounts have said and heard |
//! | `delivery` | RFC 6121: what becomes of each stanza of a bound session |
//! | `pubsub` | what accounts publish about themselves |
//! | `registry`, `features` | the explicit list of features |

pub mod accounts;
pub mod certificates;
pub mod client_certificates;
pub mod command;
pub mod config;
pub mod context;
pub mod feature;
pub mod federation;
pub mod fixed_accounts;
pub mod handle;
pub mod http;
pub mod neighbour;
pub mod push;
pub mod resident;
pub mod router;
pub mod server;

mod alias;
mod archive;
mod authentication;
mod bind2;
mod binding;
mod blocklists;
mod clients;
mod compliance;
mod compliance_suites;
mod connection;
mod delivery;
mod direct_tls;
mod end_point;
mod error;
mod fast;
mod features;
mod gate;
mod household;
mod listener;
mod negotiation;
mod outbox;
mod pubsub;
mod random;
mod registry;
mod remembered;
mod resident_lane;
mod roster;
mod sasl2;
mod sequence;
mod server_secret;
mod session;
mod storage;
mod stream_limits;
mod stream_management;
mod stream_specs;
mod subscription;
mod throttle;
mod tls_channel;
mod wire;

pub use accounts::{Account, Accounts, BoxFuture, Locality, Peer, Refusal};
pub use archive::{ArchiveConfig, Journal, Ticket};
pub use certificates::{Certificates, OneCertificate};
pub use client_certificates::{ClientCertificate, ClientCertificates};
pub use command::{Command, Reply, Requester, Turn};
pub use compliance::compliance_markdown;
pub use config::{Config, Limits};
pub use context::Context;
pub use error::Error;
pub use feature::{Asker, Claim, Feature, Kind, Request, Spec, Target, Viewer};
pub use features::http_upload::{HttpUpload, NoSlot, Slot, SlotRequest, Slots};
pub use federation::FederationStatus;
pub use fixed_accounts::FixedAccounts;
pub use handle::Handle;
pub use http::Http;
pub use neighbour::Neighbour;
pub use registry::specs;
pub use resident::{Resident, Sender};
pub use router::{Available, Origin, Router, Session, SessionId};
pub use server::{OnLink, Server, ServerParts};
pub use storage::tables::PART;
pub use subscription::Subscription;
pub use wire::Io;
