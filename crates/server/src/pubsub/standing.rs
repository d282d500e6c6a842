//! Who asks for a node, and how the owner stands to that one: the access models of XEP-0060 section
//! 4.5. Pure, but for looking at the roster.

use crate::pubsub::config::{AccessModel, Config};
use crate::pubsub::node::Affiliation;
use crate::pubsub::refusal::Refusal;
use crate::roster::Roster;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Who {
    /// The bare address.
    pub(crate) bare: String,
    /// The address, with a resource if it has one.
    pub(crate) full: String,
    pub(crate) standing: Standing,
}

/// How the owner of a node stands to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is the owner.
    Owner,
    /// It sees the owner's presence, and is in these groups of the owner's roster.
    Contact {
        /// The groups.
        groups: Vec<String>,
    },
    /// Anybody else.
    Other,
}

impl Who {
    /// Makes the owner, by full or bare address.
    pub(crate) fn owner(address: &str) -> Self {
        Self::new(address, Standing::Owner)
    }

    /// Finds out who somebody is to the owner of `roster`, whose bare address is `owner`.
    pub(crate) fn of(roster: &Roster, owner: &str, address: &str) -> Self {
        let bare = crate::pubsub::node::bare(address);
        if bare == owner {
            return Self::owner(address);
        }
        let item = roster.item(bare).filter(|item| item.state.is_seen());
        let contact = item.map(|item| Standing::Contact { groups: item.groups.clone() });
        Self::new(address, contact.unwrap_or(Standing::Other))
    }

    pub(crate) fn new(address: &str, standing: Standing) -> Self {
        let bare = crate::pubsub::node::bare(address).to_owned();
        Self { bare, full: address.to_owned(), standing }
    }

    pub(crate) fn is_owner(&self) -> bool {
        self.standing == Standing::Owner
    }

    /// What only owners may do.
    pub(crate) fn must_own(&self) -> Result<(), Refusal> {
        if self.is_owner() { Ok(()) } else { Err(Refusal::Forbidden) }
    }

    /// Whether somebody with this affiliation may subscribe and retrieve.
    pub(crate) fn admitted(
        &self,
        affiliation: Option<Affiliation>,
        config: &Config,
        subscribed: bool,
    ) -> Result<(), Refusal> {
        if self.is_owner() {
            return Ok(());
        }
        match affiliation {
            Some(Affiliation::Outcast | Affiliation::PublishOnly) => {
                return Err(Refusal::Forbidden);
            }
            Some(Affiliation::Publisher | Affiliation::Member) => return Ok(()),
            None => {}
        }
        match config.access_model {
            AccessModel::Open => Ok(()),
            AccessModel::Presence => match self.standing {
                Standing::Owner | Standing::Contact { .. } => Ok(()),
                Standing::Other => Err(Refusal::PresenceRequired),
            },
            AccessModel::Roster => match &self.standing {
                Standing::Owner => Ok(()),
                Standing::Contact { groups }
                    if groups.iter().any(|g| config.groups.contains(g)) =>
                {
                    Ok(())
                }
                Standing::Contact { .. } | Standing::Other => Err(Refusal::NotInGroup),
            },
            AccessModel::Whitelist => Err(Refusal::Closed),
            AccessModel::Authorize if subscribed => Ok(()),
            AccessModel::Authorize => Err(Refusal::SubscribersOnly),
        }
    }

    /// Section 9.1: whether somebody is subscribed without asking, to be told as far as its clients
    /// want to know.
    pub(crate) fn is_told(&self, affiliation: Option<Affiliation>, config: &Config) -> bool {
        match (&self.standing, config.access_model) {
            (Standing::Owner, _) => true,
            (Standing::Other, _) | (_, AccessModel::Whitelist | AccessModel::Authorize) => false,
            (
                Standing::Contact { .. },
                AccessModel::Open | AccessModel::Presence | AccessModel::Roster,
            ) => self.admitted(affiliation, config, false).is_ok(),
        }
    }
}
