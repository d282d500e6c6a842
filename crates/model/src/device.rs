//! Paired devices, their roles and tiers, and who is asking.

use std::fmt;

use jiff::Timestamp;
use uuid::Uuid;

/// The UUID that pairing gave to a device; also its XMPP localpart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceId(pub Uuid);

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// May ask what is on, and nothing else.
    Guest,
    /// May record, cancel and play.
    Member,
    /// May also pair and forget devices. The first to pair.
    Owner,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Guest => "guest",
            Self::Member => "member",
            Self::Owner => "owner",
        })
    }
}

/// How strong a device's credential is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// The passcode alone: on-link use only, and not for ever.
    Basic,
    /// A 256-bit secret traded for the passcode over TLS.
    Full,
}

/// A paired device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Names it.
    pub id: DeviceId,
    /// Its display name, cleaned of control and bidirectional characters.
    pub name: String,
    /// What its people may do.
    pub role: Role,
    /// How strong its credential is.
    pub tier: Tier,
    /// When it was paired.
    pub paired_at: Timestamp,
    /// When it last logged in.
    pub last_seen: Option<Timestamp>,
}

/// Which of the household somebody is, or that they are none of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// The receiver's own side: its control socket and its remote control.
    Console,
    /// A paired device.
    Device(DeviceId),
    /// Somebody's own account elsewhere: its bare JID.
    Contact(String),
    /// Somebody on the link who has not shown who they are: what they are called there. The name
    /// proves nothing.
    Passerby(String),
}

/// Who is asking for something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Which of the household it is.
    pub who: Who,
    /// In words ("Dan's phone").
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// How strongly it has shown who it is.
    pub tier: Tier,
}

impl Actor {
    /// Returns the receiver's own side: its control socket and its remote control.
    #[must_use]
    pub fn console() -> Self {
        Self {
            who: Who::Console,
            name: "the receiver".to_owned(),
            role: Role::Owner,
            tier: Tier::Full,
        }
    }

    /// Returns somebody on the link who has not shown who they are.
    #[must_use]
    pub fn passerby(name: &str) -> Self {
        Self {
            who: Who::Passerby(name.to_owned()),
            name: name.to_owned(),
            role: Role::Guest,
            tier: Tier::Basic,
        }
    }

    /// Returns the device that is asking, where it is one.
    #[must_use]
    pub fn device(&self) -> Option<DeviceId> {
        match &self.who {
            Who::Device(id) => Some(*id),
            Who::Console | Who::Contact(_) | Who::Passerby(_) => None,
        }
    }

    /// Returns the bare JID of the account elsewhere that is asking, where it is one.
    #[must_use]
    pub fn contact(&self) -> Option<&str> {
        match &self.who {
            Who::Contact(jid) => Some(jid),
            Who::Console | Who::Device(_) | Who::Passerby(_) => None,
        }
    }

    /// Returns whether it is somebody who has not shown who they are.
    #[must_use]
    pub fn is_passerby(&self) -> bool {
        matches!(self.who, Who::Passerby(_))
    }

    /// Returns whether the receiver's own side is asking.
    #[must_use]
    pub fn is_console(&self) -> bool {
        self.who == Who::Console
    }
}
