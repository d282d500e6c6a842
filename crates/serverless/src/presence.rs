//! What a peer tells of itself (XEP-0174 section 3 and the registrar's TXT parameters).

use televisor_xmpp::payload::caps::Caps;

/// What a peer tells of itself, all of it optional and none of it proven. Personal details are
/// published only where they are filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Presence {
    /// The given name (`1st`).
    pub first: Option<String>,
    /// The family name (`last`).
    pub last: Option<String>,
    /// The friendly name (`nick`).
    pub nick: Option<String>,
    /// E-mail addresses, separated by spaces (`email`).
    pub email: Option<String>,
    /// JIDs, separated by spaces (`jid`). They prove nothing.
    pub jid: Option<String>,
    /// Text about what the peer is doing (`msg`), as XMPP's `<status/>`.
    pub msg: Option<String>,
    /// Whether the peer can be spoken to (`status`).
    pub status: Availability,
    /// Entity capabilities (`node`, `hash`, `ver`; XEP-0115).
    pub caps: Option<Caps>,
    /// SHA-1 of the avatar in hexadecimal (`phsh`). It is read; the avatar itself would be a NULL
    /// record, which our responder cannot publish, so we never send it.
    pub photo_hash: Option<String>,
    /// Audio and video conferencing (`vc`).
    pub conferencing: Option<Conferencing>,
}

/// Whether a peer can be spoken to (`status`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Availability {
    /// `avail`, also where nothing or something unknown is said.
    #[default]
    Available,
    /// `away`.
    Away,
    /// `dnd`.
    DoNotDisturb,
}

/// What a peer says of audio and video (`vc`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Conferencing {
    /// `A`: audio.
    pub audio: bool,
    /// `V`: video.
    pub video: bool,
    /// `C`: with more than one participant.
    pub many: bool,
    /// `!`: not in a conference now.
    pub free: bool,
}
