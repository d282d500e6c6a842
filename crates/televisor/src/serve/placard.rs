//! The invitation on the screen, for as long as it is good.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use televisor_receiver::{Invitation, Receiver};

use super::away::link;

/// An invitation as it is shown.
#[derive(Clone)]
pub(super) struct Shown {
    token: String,
    pub(super) uri: String,
    pub(super) picture: String,
    pub(super) expires_at: Timestamp,
}

/// What hangs on the screen: one invitation at most; cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Placard {
    shown: Arc<Mutex<Option<Shown>>>,
}

impl Placard {
    /// Puts an invitation to `address` up, in place of the one before; returns it as a link.
    pub(super) fn put_up(&self, address: &str, invitation: &Invitation) -> String {
        let uri = link::uri(address, &invitation.token);
        let shown = Shown {
            token: invitation.token.clone(),
            uri: uri.clone(),
            picture: link::picture(&uri).unwrap_or_default(),
            expires_at: invitation.expires_at,
        };
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
        uri
    }

    /// Returns the invitation that is good now; one that is used or too old is taken down.
    pub(super) fn now(&self, receiver: &Receiver) -> Option<Shown> {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.as_ref().is_some_and(|shown| !receiver.accounts().is_live(&shown.token)) {
            *shown = None;
        }
        shown.clone()
    }
}
