//! What the receiver tells whoever listens. One `Change` per thing that happened.

use crate::{Contact, Device, DeviceId, Recording, Timer};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A timer was made, changed state, or was taken back: this is how it stands now.
    Timer(Timer),
    /// A recording began, ended, lost its signal, or was resumed: this is how it stands now.
    Recording(Recording),
    /// The guide holds new events.
    Guide,
    /// The line-up of channels changed.
    Channels,
    /// A device was paired, upgraded, renamed or seen: this is how it stands now.
    Device(Device),
    /// A device was un-paired.
    Forgotten(DeviceId),
    /// An account elsewhere was invited, answered, was let in or renamed: this is how it stands now.
    Contact(Contact),
    /// An account elsewhere was let go: this is how it stood before.
    ContactGone(Contact),
    /// The pairing window or the code on the screen changed.
    Pairing(PairingChange),
}

/// What happened to the pairing window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PairingChange {
    /// It opened.
    Opened,
    /// It closed.
    Closed,
    /// The code on the screen appeared, changed or went.
    Screen,
}
