//! XEP-0220 section 2.1.2: asking the authoritative server whether a key is its own.
//!
//! Each question goes over a connection of its own, which ends with the answer. Strangers can make us
//! ask, so there are bounds: so many questions at a time, an eighth of them for one address, one for each
//! address and domain, and a pause for both after one that did not end well.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use televisor_dial::{Resolver, is_public};
use tokio::time::{Instant, timeout};

use super::Federation;
use super::dialback::{Dialback, Pair, Verdict};
use super::outgoing::Outgoing;
use super::trouble::Trouble;
use crate::alias::View;
use crate::gate::network;
use crate::wire::write;

/// How long one question may take: less than the asking server waits.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long an address is not asked for again on behalf of a domain after it went wrong.
const PAUSE: Duration = Duration::from_secs(5);

/// Who made us ask for whom.
type Asker = (IpAddr, String);

/// Bounds the questions.
#[derive(Debug, Clone)]
pub(super) struct Verifier {
    most: usize,
    asking: Arc<Mutex<HashMap<Asker, State>>>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Asking,
    Paused(Instant),
}

/// The right to ask one question, given back when dropped.
#[derive(Debug)]
pub(super) struct Permit {
    verifier: Verifier,
    asker: Asker,
    good: bool,
}

impl Verifier {
    pub(super) fn new(most: usize) -> Self {
        Self { most, asking: Arc::default() }
    }

    /// Lets a question be asked because `source` claims to be `domain`.
    pub(super) fn permit(&self, source: IpAddr, domain: &str, now: Instant) -> Option<Permit> {
        let mut asking = self.lock();
        asking.retain(|_, state| match state {
            State::Asking => true,
            State::Paused(until) => *until > now,
        });
        let asker = (network(source), domain.to_owned());
        let busy = || asking.iter().filter(|(_, state)| matches!(state, State::Asking));
        // Whose server takes its time must not take up all there is.
        let here = busy().filter(|((source, _), _)| *source == asker.0).count();
        let full = here >= self.most.div_ceil(8) || busy().count() >= self.most;
        // Those that pause take memory as well.
        if full || asking.len() >= 64 * self.most || asking.contains_key(&asker) {
            return None;
        }
        asking.insert(asker.clone(), State::Asking);
        Some(Permit { verifier: self.clone(), asker, good: false })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Asker, State>> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut asking = self.verifier.lock();
        if self.good {
            asking.remove(&self.asker);
        } else {
            asking.insert(self.asker.clone(), State::Paused(Instant::now() + PAUSE));
        }
    }
}

/// Asks whether `key` is that of `remote` for the stream `id` to us.
pub(super) async fn verify(
    hub: Federation,
    view: View,
    remote: String,
    question: (String, String),
    mut permit: Permit,
) -> Verdict {
    let resolver = hub.resolver(is_public(permit.asker.0));
    let asked = timeout(PATIENCE, ask(&hub, &resolver, view, &remote, question)).await;
    let result = asked.unwrap_or(Err(Trouble::Timeout));
    permit.good = matches!(result, Ok(Verdict::Valid));
    result.unwrap_or_else(|trouble| {
        tracing::info!(domain = remote, %trouble, "its dialback key could not be verified");
        trouble.condition().into()
    })
}

async fn ask(
    hub: &Federation,
    resolver: &Resolver,
    view: View,
    remote: &str,
    (id, key): (String, String),
) -> Result<Verdict, Trouble> {
    let mut stream = Outgoing::open(hub, resolver, view, remote).await?;
    let pair = Pair::new(stream.view.spelling(), remote);
    let expected = pair.clone().reversed();
    stream.send(&Dialback::Question { pair, id: id.clone(), key }.to_element()).await?;
    loop {
        match Dialback::from_element(&stream.element().await?) {
            Some(Dialback::Answer { pair, id: answered, verdict })
                if answered == id && pair == expected =>
            {
                // The answer counts, however the connection ends.
                drop(write(&mut stream.wire.io, b"</stream:stream>").await);
                return Ok(verdict);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_up_all_the_questions() {
        let now = Instant::now();
        let verifier = Verifier::new(16);
        let (one, other): (IpAddr, IpAddr) =
            ("2001:db8::1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let slow: Vec<_> =
            (0..16).map(|n| verifier.permit(one, &format!("{n}.example.org"), now)).collect();
        assert_eq!(slow.iter().flatten().count(), 2);
        let neighbour = "2001:db8::2".parse().unwrap();
        assert!(verifier.permit(neighbour, "example.com", now).is_none(), "the same house");
        assert!(verifier.permit(other, "example.net", now).is_some());
    }

    #[test]
    fn strangers_cannot_make_us_ask_at_will() {
        let now = Instant::now();
        let verifier = Verifier::new(2);
        let (one, other): (IpAddr, IpAddr) =
            ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let mut good = verifier.permit(one, "example.org", now).unwrap();
        assert!(verifier.permit(one, "example.org", now).is_none(), "one for each");
        let bad = verifier.permit(other, "example.org", now).unwrap();
        assert!(verifier.permit(other, "example.net", now).is_none(), "two at a time");
        good.good = true;
        drop((good, bad));
        assert!(verifier.permit(one, "example.org", now).is_some(), "no pause after a valid key");
        assert!(verifier.permit(other, "example.org", now).is_none(), "a pause after a failure");
        assert!(verifier.permit(other, "example.org", now + 2 * PAUSE).is_some());
    }
}
