//! How a session behaves.

use std::time::Duration;

use crate::answers::Answers;
use crate::connect::{Connect, Network};
use crate::facts::Facts;
use crate::profile::ProfileStore;

/// How long a person waits for the receiver's answer; the receiver shows typing when it is slow.
const ANSWER_DEADLINE: Duration = Duration::from_secs(30);

/// How a session behaves.
#[derive(Debug)]
pub struct Options {
    /// Where changes of the profile are kept: addresses, and the vCard fields last sent. With it, this
    /// device's certificate is registered at the receiver, and the household's are kept, too.
    pub store: Option<ProfileStore>,
    /// What to put into the server-held vCard; `None` leaves it alone.
    pub facts: Option<Facts>,
    /// The resourcepart to ask for.
    pub resource: String,
    /// The priority of the presence; `None` sends no presence at all.
    pub priority: Option<i8>,
    /// How long [`Session::say`](crate::Session::say) waits for an answer.
    pub answer_deadline: Duration,
    /// Permits an unencrypted stream where the profile has no certificate. For tests: over the
    /// network it is used to loopback addresses only.
    pub plain_text: bool,
    /// What is answered to other devices.
    pub answers: Answers,
    /// How the byte stream is had; `None` means TCP over the network.
    pub connect: Option<Box<dyn Connect>>,
}

impl Options {
    /// The usual: everything is kept in `store`, and the vCard is updated from this device.
    #[must_use]
    pub fn keeping(store: ProfileStore) -> Self {
        Self { store: Some(store), facts: Some(Facts::of_this_device()), ..Self::default() }
    }

    pub(super) fn take_connect(&mut self) -> Box<dyn Connect> {
        self.connect.take().unwrap_or_else(|| Box::new(Network))
    }
}

impl Default for Options {
    /// Nothing is kept, and the vCard left alone.
    fn default() -> Self {
        Self {
            store: None,
            facts: None,
            resource: "televisor".to_owned(),
            priority: Some(0),
            answer_deadline: ANSWER_DEADLINE,
            plain_text: false,
            answers: Answers::default(),
            connect: None,
        }
    }
}
