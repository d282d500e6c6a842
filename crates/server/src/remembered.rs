//! What was read of the database, remembered until anything is written to it: what every stanza asks
//! for costs no reading as a rule.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use televisor_store::Database;

/// Answers remembered; more of them than a household asks for.
const ANSWERS: usize = 1024;

/// Answers to one kind of question, as the database gave them at one version of it.
#[derive(Debug)]
pub(crate) struct Remembered<K, V> {
    read: Mutex<Read<K, V>>,
}

#[derive(Debug)]
struct Read<K, V> {
    version: u64,
    answers: HashMap<K, V>,
}

impl<K, V> Default for Remembered<K, V> {
    fn default() -> Self {
        Self { read: Mutex::new(Read { version: 0, answers: HashMap::new() }) }
    }
}

impl<K: Eq + Hash, V: Clone> Remembered<K, V> {
    /// Returns the answer to `question`: as remembered, or as `ask` finds it.
    ///
    /// # Errors
    /// Whatever `ask` meets.
    pub(crate) async fn answer<E>(
        &self,
        store: &Database,
        question: K,
        ask: impl Future<Output = Result<V, E>>,
    ) -> Result<V, E> {
        // Asked for before reading: what is written meanwhile makes the answer an old one.
        let version = store.version();
        if let Some(answer) = self.at(version).answers.get(&question) {
            return Ok(answer.clone());
        }
        let answer = ask.await?;
        let mut read = self.at(version);
        if read.version == version {
            if read.answers.len() >= ANSWERS {
                read.answers.clear();
            }
            read.answers.insert(question, answer.clone());
        }
        Ok(answer)
    }

    /// What was read at this version; at a later one, if somebody is further already.
    fn at(&self, version: u64) -> MutexGuard<'_, Read<K, V>> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.version < version {
            read.answers.clear();
            read.version = version;
        }
        read
    }
}
