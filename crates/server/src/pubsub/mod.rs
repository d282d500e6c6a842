//! XEP-0060 on every account's bare address, with the defaults of XEP-0163: what accounts publish
//! about themselves, and keep for their own clients.
//!
//! | module | holds |
//! | --- | --- |
//! | `node` | a node as a state machine, pure |
//! | `config` | how a node is configured |
//! | `standing` | who asks, and whom the access models let in |
//! | `refusal` | why a request is refused |
//! | `limits` | how much an account may keep |
//! | `service` | publishing and what else changes nodes |
//! | `retrieval`, `page` | retrieving items |
//! | `subscribing` | subscriptions and affiliations, as subscribers see them |
//! | `managing` | the same as the owner sees them |
//! | `approval` | asking the owner whether somebody may subscribe |
//! | `discovery` | nodes in service discovery |
//! | `notify` | who is told what happens |
//! | `interests` | what available clients want to hear of |
//! | `last` | the last items, for whoever becomes available |
//! | `residents` | what residents have, read as nodes |
//! | `convert` | one thing in several places, kept the same |
//! | `avatar`, `vcard4`, `bookmarks` | those things |
//! | `displayed` | what has been displayed, by a message |
//! | `specs` | the documents that are about particular nodes |

pub(crate) mod approval;
pub(crate) mod avatar;
pub(crate) mod bookmarks;
pub(crate) mod config;
pub(crate) mod convert;
pub(crate) mod discovery;
pub(crate) mod displayed;
pub(crate) mod interests;
pub(crate) mod last;
pub(crate) mod limits;
pub(crate) mod managing;
pub(crate) mod node;
pub(crate) mod notify;
pub(crate) mod page;
pub(crate) mod refusal;
pub(crate) mod residents;
pub(crate) mod retrieval;
pub(crate) mod service;
pub(crate) mod specs;
pub(crate) mod standing;
pub(crate) mod subscribing;
pub(crate) mod vcard4;

#[cfg(test)]
mod model;
