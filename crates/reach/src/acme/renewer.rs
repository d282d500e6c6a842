//! Having a certificate for the public name, and having the next one in time.

use std::time::Duration;

use instant_acme::{Account, CertificateIdentifier};
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use tokio::time::timeout;

use super::trouble::Trouble;
use super::{account, order, schedule};
use crate::certificate::Facts;
use crate::dns::Updater;
use crate::reach::Tasks;
use crate::{AcmeConfig, CertificateState, DnsConfig, State};

/// The longest that one certificate may take, all in all.
const LONGEST_ORDER: Duration = Duration::from_secs(420);
/// How often the wall clock is looked at: it may be put right, or the machine sleep.
const LOOK: Duration = Duration::from_secs(15 * 60);
/// How often the authority is asked when it would like to be asked (RFC 9773 section 4.3.2 leaves
/// this to it, within limits that this is in), and how long it may take to answer.
const ASK_AUTHORITY: jiff::SignedDuration = jiff::SignedDuration::from_hours(6);
const SUGGESTION: Duration = Duration::from_secs(20);

/// The public certificate of one receiver.
pub(crate) struct Renewer {
    tasks: Tasks,
    name: String,
    state: CertificateState,
    facts: Option<Facts>,
    account: Option<Account>,
    /// When the authority was last asked for a suggestion, and what it said.
    suggestion: Option<(Timestamp, Option<Timestamp>)>,
    failures: u32,
}

impl Renewer {
    /// Puts the certificate that is kept for the public name into use. `None` if there is neither
    /// one nor an authority to ask for one.
    pub(crate) fn new(tasks: Tasks) -> Option<Self> {
        let wanted = tasks.config.acme.is_some();
        let name = tasks.config.public_name.clone();
        let name = name.or_else(|| wanted.then(|| "the receiver".to_owned()))?;
        let state =
            CertificateState { name: name.clone(), not_after: None, issuer: None, error: None };
        let (account, suggestion) = (None, None);
        let mut new = Self { tasks, name, state, facts: None, account, suggestion, failures: 0 };
        match new.tasks.identity.load_public(&new.name) {
            Ok(facts) => new.facts = facts,
            Err(error) => tracing::warn!("{error}"),
        }
        if new.facts.is_none() && !wanted {
            return None;
        }
        new.publish(None);
        Some(new)
    }

    /// Has the certificate renewed in time, until the tasks are to stop.
    pub(crate) async fn run(mut self) {
        let Some(acme) = self.tasks.config.acme.clone() else { return };
        let stop = self.tasks.stop.clone();
        match possible(&self.tasks, &acme) {
            Ok(dns) => tokio::select! {
                () = stop.cancelled() => {}
                () = self.follow(&acme, &dns) => {}
            },
            Err(trouble) => self.failed(&trouble),
        }
    }

    async fn follow(&mut self, acme: &AcmeConfig, dns: &DnsConfig) {
        loop {
            let due = self.due(acme).await;
            let pause = due.map(|due| due.duration_since(self.tasks.clock.now()));
            match pause.and_then(|pause| Duration::try_from(pause).ok()).filter(|p| !p.is_zero()) {
                Some(pause) => tokio::time::sleep(pause.min(LOOK)).await,
                None => self.renew(acme, dns).await,
            }
        }
    }

    /// Returns when the certificate is to be renewed; `None`: there is none.
    async fn due(&mut self, acme: &AcmeConfig) -> Option<Timestamp> {
        let own = schedule::two_thirds(self.facts.as_ref()?);
        let now = self.tasks.clock.now();
        let asked = self.suggestion.map(|(at, _)| at);
        if asked.is_none_or(|at| now.duration_since(at) > ASK_AUTHORITY) {
            let said = timeout(SUGGESTION, self.ask_authority(acme)).await.ok().flatten();
            self.suggestion = Some((now, said));
        }
        let suggested = self.suggestion.and_then(|(_, said)| said);
        // An authority that suggests to wait longer than our own rule is not followed.
        Some(suggested.map_or(own, |suggested| suggested.min(own)))
    }

    async fn ask_authority(&mut self, acme: &AcmeConfig) -> Option<Timestamp> {
        let held = self.tasks.identity.for_name(Some(&self.name));
        let certificate = held.cert.first()?;
        let id = CertificateIdentifier::try_from(certificate).ok()?;
        let account = self.account(acme).await.ok()?;
        let (info, _) = account.renewal_info(&id).await.ok()?;
        window(&info.suggested_window, certificate)
    }

    async fn account(&mut self, acme: &AcmeConfig) -> Result<Account, Trouble> {
        if let Some(account) = &self.account {
            return Ok(account.clone());
        }
        let account = account::open(acme, &self.folder()).await?;
        self.account = Some(account.clone());
        Ok(account)
    }

    fn folder(&self) -> std::path::PathBuf {
        self.tasks.tls_folder.join("acme")
    }

    /// Tries once; after a failure, waits until it is time for the next attempt.
    async fn renew(&mut self, acme: &AcmeConfig, dns: &DnsConfig) {
        let done = timeout(LONGEST_ORDER, self.obtain(acme, dns)).await;
        match done.unwrap_or(Err(Trouble::TooLong)) {
            Ok(facts) => {
                tracing::info!(
                    "{} has a certificate by {} until {}",
                    self.name,
                    facts.issuer,
                    facts.not_after
                );
                self.failures = 0;
                self.suggestion = None;
                self.facts = Some(facts);
                self.publish(None);
            }
            Err(trouble) => {
                self.failed(&trouble);
                self.wait_after(&trouble).await;
            }
        }
    }

    async fn obtain(&mut self, acme: &AcmeConfig, dns: &DnsConfig) -> Result<Facts, Trouble> {
        // First what costs the authority nothing.
        let updater = Updater::new(dns, self.tasks.clock.clone())?;
        let account = self.account(acme).await?;
        let issued = match order::obtain(&account, &self.name, &updater).await {
            Err(Trouble::AccountGone) => {
                self.account = None;
                account::forget(acme, &self.folder());
                let account = self.account(acme).await?;
                order::obtain(&account, &self.name, &updater).await?
            }
            other => other?,
        };
        Ok(self.tasks.identity.set_public(&self.name, &issued.chain, &issued.key)?)
    }

    fn failed(&mut self, trouble: &Trouble) {
        let why = trouble.to_string();
        if self.state.error.as_ref() != Some(&why) {
            tracing::warn!("no certificate for {}: {why}", self.name);
        }
        self.publish(Some(why));
    }

    async fn wait_after(&mut self, trouble: &Trouble) {
        let now = self.tasks.clock.now();
        let left = self.facts.as_ref().map(|facts| facts.not_after.duration_since(now));
        let pause = schedule::retry_after(self.failures, trouble.counts(), left);
        self.failures = self.failures.saturating_add(1);
        let state = self.tasks.board.state();
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = records_are_right_again(state), if matches!(trouble, Trouble::Dns(_)) => {}
        }
    }

    fn publish(&mut self, error: Option<String>) {
        self.state.not_after = self.facts.as_ref().map(|facts| facts.not_after);
        self.state.issuer = self.facts.as_ref().map(|facts| facts.issuer.clone());
        self.state.error = error;
        self.tasks.board.certificate(Some(self.state.clone()));
    }
}

/// Waits until the records of the name go from wrong to right: then the proof can be set too.
async fn records_are_right_again(mut state: tokio::sync::watch::Receiver<State>) {
    let right = |state: &State| state.dns.as_ref().is_some_and(|dns| dns.current);
    let wrong_first = state.wait_for(|state| !right(state)).await.is_ok();
    if !wrong_first || state.wait_for(right).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Says whether a certificate can be had with this configuration, and by which DNS server.
fn possible(tasks: &Tasks, acme: &AcmeConfig) -> Result<DnsConfig, Trouble> {
    let impossible = |why: &str| Err(Trouble::Configuration(why.to_owned()));
    if let Some(why) = acme.challenge.as_deref().and_then(refused_challenge) {
        return Err(Trouble::Configuration(why));
    }
    if tasks.config.public_name.is_none() {
        return impossible("[reach] public_name is not set; it says what the certificate is for");
    }
    match &tasks.config.dns {
        Some(dns) => Ok(dns.clone()),
        None => impossible("[reach.dns] is not set; dns-01 proves the name through it"),
    }
}

/// Why a challenge is not followed; `None` for dns-01.
pub(crate) fn refused_challenge(challenge: &str) -> Option<String> {
    let port = match challenge {
        "dns-01" => return None,
        "http-01" => 80,
        "tls-alpn-01" => 443,
        other => return Some(format!("there is no challenge \"{other}\"; use \"dns-01\"")),
    };
    Some(format!(
        "challenge = \"{challenge}\" would need port {port} from outside, and the receiver opens \
         5222 and 5269 and nothing else; use \"dns-01\" with [reach.dns]"
    ))
}

fn window(
    window: &instant_acme::SuggestedWindow,
    certificate: &CertificateDer<'_>,
) -> Option<Timestamp> {
    let instant = |seconds| Timestamp::from_second(seconds).ok();
    let start = instant(window.start.unix_timestamp())?;
    Some(schedule::in_window(start, instant(window.end.unix_timestamp())?, certificate))
}
