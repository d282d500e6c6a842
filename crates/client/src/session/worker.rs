//! Connecting again and again, with growing pauses, until it is of no use or no longer wanted.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{debug, info, warn};

use crate::connect::{ADDRESS_LIMIT, Connect, is_loopback};
use crate::error::Error;
use crate::login::{Bound, Credentials, log_in};
use crate::pin;
use crate::profile::Profile;
use crate::roster::Roster;
use crate::session::backoff::Backoff;
use crate::session::handle::{Command, State};
use crate::session::incoming::Incoming;
use crate::session::online::{End, Online};
use crate::session::options::Options;

/// From an open byte stream to a bound session; the key derivation is part of it.
const LOGIN_DEADLINE: Duration = Duration::from_secs(15);

/// The worker behind a [`Session`](crate::Session).
pub(super) struct Worker {
    pub(super) profile: Profile,
    pub(super) options: Options,
    connect: Box<dyn Connect>,
    pub(super) inbox: mpsc::Receiver<Command>,
    state: watch::Sender<State>,
    failure: watch::Sender<Option<Arc<Error>>>,
    pub(super) roster: watch::Sender<Arc<Roster>>,
    /// The full addresses that are available.
    pub(super) online: watch::Sender<Arc<BTreeSet<String>>>,
    pub(super) incoming: broadcast::Sender<Incoming>,
}

impl Worker {
    pub(super) fn new(
        profile: Profile,
        mut options: Options,
        inbox: mpsc::Receiver<Command>,
    ) -> Self {
        let connect = options.take_connect();
        Self {
            profile,
            options,
            connect,
            inbox,
            state: watch::Sender::new(State::Connecting),
            failure: watch::Sender::new(None),
            roster: watch::Sender::new(Arc::default()),
            online: watch::Sender::new(Arc::default()),
            incoming: broadcast::Sender::new(1),
        }
    }

    pub(super) fn reporting(
        self,
        state: watch::Sender<State>,
        failure: watch::Sender<Option<Arc<Error>>>,
        roster: watch::Sender<Arc<Roster>>,
        online: watch::Sender<Arc<BTreeSet<String>>>,
        incoming: broadcast::Sender<Incoming>,
    ) -> Self {
        Self { state, failure, roster, online, incoming, ..self }
    }

    pub(super) async fn run(mut self) {
        let mut backoff = Backoff::default();
        loop {
            self.state.send_replace(State::Connecting);
            let error = match self.attempt().await {
                Ok(Attempt::Bound(bound)) => {
                    backoff.reset();
                    self.state.send_replace(State::Connected { jid: bound.jid.clone() });
                    info!(receiver = %self.profile.name, "connected");
                    let end = Online::new(&mut self, *bound).run().await;
                    self.online.send_replace(Arc::default());
                    match end {
                        End::Closed(done) => return self.closed(done),
                        End::Lost(error) => error,
                    }
                }
                Ok(Attempt::Closed(done)) => return self.closed(done),
                Err(Error::Refused { .. }) if self.profile.next_secret.is_some() => {
                    // Pairing was cut off while the code was traded for a secret.
                    if let Some(secret) = self.profile.next_secret.take() {
                        self.profile.secret = secret;
                    }
                    continue;
                }
                Err(error) => error,
            };
            debug!(%error, "not connected");
            if let Some(done) = self.failed(error, backoff.next()).await {
                return self.closed(done);
            }
        }
    }

    /// Makes one attempt; being closed ends it.
    async fn attempt(&mut self) -> Result<Attempt, Error> {
        let Self { connect, profile, options, inbox, .. } = self;
        let (bound, address) = tokio::select! {
            done = until_closed(inbox) => return Ok(Attempt::Closed(done)),
            bound = try_once(connect.as_mut(), profile, options) => bound?,
        };
        if let Some(address) = address
            && profile.addresses.first() != Some(&address)
        {
            profile.addresses.retain(|known| *known != address);
            profile.addresses.insert(0, address);
            profile.addresses.truncate(ADDRESS_LIMIT);
            self.keep();
        }
        Ok(Attempt::Bound(Box::new(bound)))
    }

    /// Tells of the failure and pauses; returns when to go on, or that it was closed.
    async fn failed(
        &mut self,
        error: Error,
        pause: Duration,
    ) -> Option<Option<oneshot::Sender<()>>> {
        let (is_final, reason) = (error.is_final(), error.to_string());
        self.failure.send_replace(Some(Arc::new(error)));
        if is_final {
            self.state.send_replace(State::Failed { reason });
            return Some(until_closed(&mut self.inbox).await);
        }
        self.state.send_replace(State::Waiting { reason });
        tokio::select! {
            done = until_closed(&mut self.inbox) => Some(done),
            () = sleep_until(Instant::now() + pause) => None,
        }
    }

    fn closed(&self, done: Option<oneshot::Sender<()>>) {
        self.state.send_replace(State::Closed);
        if let Some(done) = done {
            let _ = done.send(());
        }
    }

    /// Keeps the profile on disk. A session works without, so a failure is only logged.
    pub(super) fn keep(&self) {
        if let Some(store) = &self.options.store
            && let Err(error) = store.keep(&self.profile)
        {
            warn!(%error, "the profile was not kept");
        }
    }
}

enum Attempt {
    Bound(Box<Bound>),
    Closed(Option<oneshot::Sender<()>>),
}

async fn try_once(
    connect: &mut dyn Connect,
    profile: &Profile,
    options: &Options,
) -> Result<(Bound, Option<std::net::SocketAddr>), Error> {
    let tls = match &profile.certificate_sha256 {
        Some(pin) => {
            Some(pin::config(pin).ok_or(Error::NoLogin("the certificate kept is no SHA-256"))?)
        }
        None if options.plain_text => None,
        None => return Err(Error::NoLogin("no certificate was pinned when pairing")),
    };
    let (io, address) = connect.connect(profile).await?;
    if tls.is_none() && address.is_some_and(|address| !is_loopback(address)) {
        return Err(Error::NoLogin("plain text is for loopback only"));
    }
    let (localpart, domain) =
        profile.jid.split_once('@').ok_or(Error::NoLogin("the address kept is none"))?;
    let credentials = Credentials {
        localpart: localpart.to_owned(),
        domain: domain.to_owned(),
        password: profile.secret.0.clone(),
        resource: options.resource.clone(),
    };
    let bound = timeout(LOGIN_DEADLINE, log_in(io, tls, &credentials))
        .await
        .map_err(|_| Error::TimedOut(LOGIN_DEADLINE))??;
    Ok((bound, address))
}

/// Answers whatever is asked with "not connected" until the session is closed, or dropped.
async fn until_closed(inbox: &mut mpsc::Receiver<Command>) -> Option<oneshot::Sender<()>> {
    loop {
        match inbox.recv().await {
            Some(Command::Send(_, done)) => {
                let _ = done.send(Err(Error::NotConnected));
            }
            Some(Command::Request(_, done)) => {
                let _ = done.send(Err(Error::NotConnected));
            }
            Some(Command::Close(done)) => return Some(done),
            None => return None,
        }
    }
}
