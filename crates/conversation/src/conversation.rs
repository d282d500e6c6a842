//! The conversation: takes what was said, does it, and answers.

use std::fmt;
use std::sync::Arc;

use televisor_model::Actor;
use televisor_receiver::Receiver;

use crate::controls::Controls;

/// Who is talking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// Names the thread of talk, such as a bare JID: its memory is its own.
    pub key: String,
    /// Who it is, for what they may do.
    pub actor: Actor,
}

/// One message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// What it says.
    pub text: String,
    /// The message's own id, where the transport has one.
    pub id: Option<String>,
    /// The id of the message that it corrects (XEP-0308).
    pub replaces: Option<String>,
}

/// What is answered: never empty, at most 6 lines and 600 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The first line is the result.
    pub text: String,
}

/// Understands, acts and answers; cheap to clone.
#[derive(Clone)]
pub struct Conversation {
    receiver: Receiver,
    controls: Arc<dyn Controls>,
}

impl Conversation {
    /// Makes a conversation about this receiver.
    #[must_use]
    pub fn new(receiver: Receiver, controls: Arc<dyn Controls>) -> Self {
        Self { receiver, controls }
    }

    /// Does what was said and answers it.
    pub async fn say(&self, speaker: &Speaker, said: Said) -> Answer {
        let _ = (speaker, said, &self.receiver, &self.controls);
        Answer { text: "I cannot answer yet.".to_owned() }
    }
}

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversation").finish_non_exhaustive()
    }
}
