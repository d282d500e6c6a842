//! What the conversation needs from the rest of the receiver's outside: the pairing window, who is
//! connected, and the lines of `status`.

use futures_util::future::BoxFuture;
use televisor_model::DeviceId;

/// The receiver's other controls, wired up by the program.
pub trait Controls: Send + Sync {
    /// Opens the pairing window; the code itself only ever shows on the screen.
    ///
    /// The error says why not, in words for a person.
    fn open_pairing(&self) -> BoxFuture<'_, Result<(), String>>;

    /// Returns the devices that are connected now.
    fn connected(&self) -> Vec<DeviceId>;

    /// Returns what `status` adds to what the receiver knows itself, such as the version; at most
    /// three short lines are shown.
    fn status_lines(&self) -> Vec<String>;
}
