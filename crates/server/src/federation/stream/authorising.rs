//! Dialback on a stream that another server opened: its keys, for any number of domains up to the
//! limit, and its questions about ours.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;
use televisor_xmpp::jid::Domain;
use televisor_xmpp::stream::StreamCondition;
use tokio::time::Instant;

use super::super::dialback::{Dialback, Pair, Verdict};
use super::super::verify::verify;
use super::carrying::Carrier;
use super::running::{Role, Stream};
use crate::wire::Fault;

/// By what a domain proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::federation) enum Vouched {
    /// Its certificate.
    Certificate,
    /// Its dialback key.
    Key,
}

impl Stream {
    /// Takes an element of dialback.
    pub(super) fn dialback(&mut self, element: &Element) -> Result<(), Fault> {
        let dialback = Dialback::from_element(element).ok_or(StreamCondition::InvalidXml)?;
        match (dialback, self.role) {
            (Dialback::Question { pair, id, key }, Role::Received) => self.answer(pair, id, &key),
            (Dialback::Key { pair, key }, Role::Received) => self.key(pair, key)?,
            (Dialback::Key { pair, .. }, Role::Initiated) => {
                self.outcome(pair, Condition::NotAllowed.into())?;
            }
            (Dialback::Question { pair, id, .. }, Role::Initiated) => {
                let verdict = Condition::NotAllowed.into();
                self.out
                    .push(&Dialback::Answer { pair: pair.reversed(), id, verdict }.to_element());
            }
            // Answers to questions that were not asked here.
            (Dialback::Answer { .. } | Dialback::Outcome { .. }, _) => {}
        }
        Ok(())
    }

    /// XEP-0220 section 2.2.2: whether a key is ours. Nothing is kept of it, so anybody may ask.
    fn answer(&mut self, pair: Pair, id: String, key: &str) {
        let verdict = if !self.context.aliases().is_ours(&pair.to) {
            Condition::ItemNotFound.into()
        } else if self.hub.secret().is_key(key, &pair.from, &pair.to, &id) {
            Verdict::Valid
        } else {
            Verdict::Invalid
        };
        self.out.push(&Dialback::Answer { pair: pair.reversed(), id, verdict }.to_element());
    }

    /// XEP-0220 section 2.2.1: a domain wants to be believed.
    fn key(&mut self, pair: Pair, key: String) -> Result<(), Fault> {
        match self.believes(&pair) {
            Ok(Some(verdict)) => self.outcome(pair, verdict),
            Ok(None) => self.ask_its_server(pair, key),
            Err(condition) => self.outcome(pair, condition.into()),
        }
    }

    /// What is known of a claim without asking anybody.
    fn believes(&self, pair: &Pair) -> Result<Option<Verdict>, Condition> {
        let view = self.context.aliases().view(&pair.to).ok_or(Condition::ItemNotFound)?;
        let domain: Domain = pair.from.parse().map_err(|_| Condition::JidMalformed)?;
        let domain = domain.as_str();
        if self.context.aliases().is_ours(domain) {
            return Err(Condition::NotAllowed);
        }
        if self.pairs.has(domain, view.spelling()) {
            return Ok(Some(Verdict::Valid));
        }
        if self.pairs.len() + self.verifying >= self.hub.limits().pairs {
            return Err(Condition::PolicyViolation);
        }
        let vouched = self.hub.trust().judge(&self.certificates, domain).is_ok();
        Ok(vouched.then_some(Verdict::Valid))
    }

    fn ask_its_server(&mut self, pair: Pair, key: String) -> Result<(), Fault> {
        let (verifier, now) = (self.hub.verifier(), Instant::now());
        let prepared = pair.from.parse::<Domain>().ok();
        let asked = prepared.and_then(|domain| {
            let view = self.context.aliases().view(&pair.to)?;
            let permit = verifier.permit(self.addr.ip(), domain.as_str(), now)?;
            Some((view, domain.as_str().to_owned(), permit))
        });
        let Some((view, domain, permit)) = asked else {
            return self.outcome(pair, Condition::ResourceConstraint.into());
        };
        self.verifying += 1;
        let (hub, verdicts) = (self.hub.clone(), self.tell.clone());
        let (question, ended) = ((self.id.clone(), key), self.end.clone());
        self.hub.tasks().spawn(async move {
            let verdict = tokio::select! {
                () = ended.cancelled() => return,
                // The stream that wanted to know may have ended.
                () = verdicts.closed() => return,
                verdict = verify(hub, view, domain, question, permit) => verdict,
            };
            drop(verdicts.send((pair, verdict)).await);
        });
        Ok(())
    }

    /// Takes what a verification found out.
    pub(super) fn verdict(&mut self, verdict: Option<(Pair, Verdict)>) -> Result<(), Fault> {
        self.verifying = self.verifying.saturating_sub(1);
        verdict.map_or(Ok(()), |(pair, verdict)| self.outcome(pair, verdict))
    }

    /// Tells what came out, and acts on it.
    fn outcome(&mut self, pair: Pair, mut verdict: Verdict) -> Result<(), Fault> {
        if verdict == Verdict::Valid && !self.admit_pair(&pair) {
            verdict = Condition::ResourceConstraint.into();
        }
        let invalid = verdict == Verdict::Invalid;
        if verdict != Verdict::Valid {
            self.refused += 1;
            tracing::info!(domain = pair.from, addr = %self.addr, ?verdict, "not believed");
        }
        self.out.push(&Dialback::Outcome { pair: pair.reversed(), verdict }.to_element());
        // XEP-0220 section 2.2.1: whoever lies about one domain says nothing about others either.
        if invalid {
            return Err(Fault::Closed);
        }
        // Each costs a look at certificates, at the least.
        let enough = self.refused >= self.hub.limits().claims;
        if enough { Err(StreamCondition::PolicyViolation.into()) } else { Ok(()) }
    }

    fn admit_pair(&mut self, pair: &Pair) -> bool {
        if let Some(view) = self.context.aliases().view(&pair.to) {
            self.view = view;
        }
        let prepared = pair.from.parse::<Domain>();
        prepared.is_ok_and(|domain| self.admit(domain.as_str(), Vouched::Key))
    }

    /// Lets a domain speak on the stream. `false`: there is no room for another domain.
    pub(in crate::federation) fn admit(&mut self, domain: &str, by: Vouched) -> bool {
        let known = self.pairs.peers().iter().any(|known| known.domain() == domain);
        if !known {
            // Whoever can prove any number of domains must not keep out everybody else's.
            let place = self.hub.inside().enter_until(self.addr.ip(), self.evicted.clone());
            let Some(place) = place else { return false };
            self.places.push(place);
        }
        let Some(peer) = self.hub.peer_that_came(domain) else { return false };
        if self.pairs.is_empty() {
            self.wire.parser.set_limits(self.hub.after());
            self.pass = None;
            self.counted = Some(self.hub.count(true));
            self.times.stanza = Instant::now();
        }
        if !known {
            tracing::info!(domain, addr = %self.addr, ?by, bidi = self.bidi, "stream accepted");
            peer.enter(self.number, self.addr.ip(), self.end.clone(), Instant::now());
            peer.seen();
        }
        self.pairs.admit(peer.clone(), self.view.spelling());
        let named = self.hub.name().is_some_and(|name| name == self.view.spelling());
        let carries = self.carriers.iter().any(|carrier| carrier.peer.domain() == domain);
        if self.bidi && named && !carries {
            let replace = Some(self.end.clone());
            if peer.carry(self.number, &self.wake, replace) {
                self.carriers.push(Carrier::new(peer));
            }
        }
        true
    }
}
