//! The viewer's numbered list of channels.

use std::fmt;

/// Names one channel for as long as the household's line-up has it: the playlist's `tvg-id`, or a
/// stable name made from its title.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelId(pub String);

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One entry of the viewer's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Names it.
    pub id: ChannelId,
    /// The number on the remote control, where the line-up gives one.
    pub number: Option<u32>,
    /// The name viewers say.
    pub name: String,
    /// The line-up's group, such as `News`.
    pub group: Option<String>,
    /// The guide's id for this channel, where it differs from `id`.
    pub guide_id: Option<String>,
    /// The address of a picture.
    pub logo: Option<String>,
    /// Shown first in every list.
    pub favourite: bool,
}
