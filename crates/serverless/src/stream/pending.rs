//! Requests that wait for their answer (RFC 6120 section 8.2.3). An answer counts only if it comes over
//! a stream that is worth what the request's was: another may claim the same name.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use televisor_xmpp::Element;
use tokio::sync::oneshot;

use super::tls::Security;
use crate::error::Error;

/// The requests under way, by id. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    most: usize,
    open: Arc<Mutex<HashMap<String, Question>>>,
}

#[derive(Debug)]
struct Question {
    /// What the stream is worth that it went out on, once it did.
    sent_over: Option<Security>,
    answer: oneshot::Sender<Element>,
}

/// A request under way; forgotten when dropped.
#[derive(Debug)]
pub(super) struct Waiting {
    pending: Pending,
    pub(super) id: String,
    pub(super) answer: oneshot::Receiver<Element>,
}

impl Pending {
    pub(super) fn new(most: usize) -> Self {
        Self { most, open: Arc::default() }
    }

    /// Makes an id that nobody can guess, and waits for its answer.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many wait already.
    pub(super) fn open(&self) -> Result<Waiting, Error> {
        let id = token();
        let (sender, answer) = oneshot::channel();
        let mut open = self.lock();
        if open.len() >= self.most {
            return Err(Error::Busy);
        }
        open.insert(id.clone(), Question { sent_over: None, answer: sender });
        Ok(Waiting { pending: self.clone(), id, answer })
    }

    /// Notes what a request is about to go out on.
    pub(super) fn sent_over(&self, id: &str, security: Security) {
        if let Some(question) = self.lock().get_mut(id) {
            question.sent_over = Some(security);
        }
    }

    /// Hands over an answer; says whether anybody waited for it.
    pub(super) fn answer(&self, id: &str, security: Security, answer: Element) -> bool {
        let mut open = self.lock();
        if open.get(id).is_none_or(|question| question.sent_over != Some(security)) {
            return false;
        }
        open.remove(id).is_some_and(|question| question.answer.send(answer).is_ok())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Question>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.pending.lock().remove(&self.id);
    }
}

/// Returns 32 characters that nobody can guess.
pub(super) fn token() -> String {
    let mut bytes = [0_u8; 16];
    // Without randomness ids would be alike, and requests mistaken: then only the first gets through.
    let _ = getrandom::fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result() -> Element {
        Element::new("iq", "jabber:client")
    }

    #[test]
    fn an_answer_counts_over_an_equal_stream_only_and_only_once() {
        let pending = Pending::new(8);
        let mut waiting = pending.open().unwrap();
        let (id, proven) =
            (waiting.id.clone(), Security { encrypted: true, fingerprint: Some([1; 32]) });
        assert!(!pending.answer(&id, proven, result()), "it has not been asked yet");
        pending.sent_over(&id, proven);
        assert!(!pending.answer(&id, Security::default(), result()), "somebody else");
        assert!(pending.answer(&id, proven, result()));
        assert!(!pending.answer(&id, proven, result()));
        assert!(waiting.answer.try_recv().is_ok());
    }

    #[test]
    fn who_gives_up_makes_room() {
        let pending = Pending::new(1);
        let waiting = pending.open().unwrap();
        assert!(matches!(pending.open(), Err(Error::Busy)));
        drop(waiting);
        assert!(pending.open().is_ok());
    }
}
