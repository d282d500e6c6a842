//! What the conversation needs from the rest of the receiver's outside: the pairing window, who is
//! connected, the way to the outside, and the lines of `status`.

use futures_util::future::BoxFuture;
use televisor_model::{DeviceId, Via};
use televisor_receiver::Invitation;

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

    /// Returns by which way an account elsewhere is talked to now.
    ///
    /// # Errors
    /// Why there is no way, and the way out, in a sentence for a person.
    fn way_out(&self) -> Result<Via, String>;

    /// Returns an invitation as a link to be opened by a chat program, and puts it on the screen.
    ///
    /// # Errors
    /// Why nobody could use it, in a sentence for a person.
    fn invite_link(&self, invitation: &Invitation) -> Result<String, String>;

    /// Returns whether the receiver can be reached from outside, the answer first, then at most
    /// four short lines about what stands in the way and what helps.
    fn reachability(&self) -> Vec<String>;
}
