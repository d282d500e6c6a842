//! The handle: the line-up, opening a channel.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use televisor_fetch::{Location, WebClient};
use televisor_model::{Channel, ChannelId};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Duration, sleep};

use crate::input::http::web_client;
use crate::line_up::{LineUp, Listed};
use crate::playlist;
use crate::source::Source;
use crate::upstream::Upstreams;
use crate::{Config, Error, Subscription};

/// The first and the longest wait before a playlist that failed is tried again.
const RETRY_MIN: Duration = Duration::from_secs(2);
const RETRY_MAX: Duration = Duration::from_secs(300);

/// All inputs, cheap to clone. Everything ends with the last handle.
#[derive(Debug, Clone)]
pub struct Tuner {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    line_up: Arc<Line>,
    upstreams: Upstreams,
    /// Aborted when this is dropped.
    _workers: JoinSet<()>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.upstreams.shut_down();
    }
}

impl Tuner {
    /// Reads the playlists that are files, and begins to fetch and refresh the others.
    ///
    /// A playlist that cannot be read is logged and tried again; it never stops the receiver.
    /// Must be called within a runtime.
    pub async fn open(config: Config) -> Self {
        let web = web_client();
        let line_up = Arc::new(Line::new(config.playlists.len()));
        let mut workers = JoinSet::new();
        for (index, text) in config.playlists.iter().enumerate() {
            let location = Location::parse(text);
            let wait = match &location {
                Location::File(_) => line_up.refresh(index, &location, &web, RETRY_MIN).await,
                Location::Web(_) => Duration::ZERO,
            };
            workers.spawn(keep(Arc::clone(&line_up), index, location, web.clone(), wait));
        }
        Self {
            inner: Arc::new(Inner { line_up, upstreams: Upstreams::new(web), _workers: workers }),
        }
    }

    /// Returns the line-up, and follows it.
    #[must_use]
    pub fn channels(&self) -> watch::Receiver<Arc<[Channel]>> {
        self.inner.line_up.channels.subscribe()
    }

    /// Begins to read a channel. Returns at once; readers of one source share one upstream. What
    /// goes wrong with it later is told by [`Subscription::next`].
    ///
    /// # Errors
    /// [`Error::UnknownChannel`], or [`Error::Unsupported`] for an address that cannot be received.
    pub fn open_channel(&self, channel: &ChannelId) -> Result<Subscription, Error> {
        let source = self.inner.line_up.source(channel)?;
        Ok(self.inner.upstreams.read(&source))
    }
}

/// Fetches one playlist for ever.
async fn keep(
    line_up: Arc<Line>,
    index: usize,
    location: Location,
    web: WebClient,
    mut wait: Duration,
) {
    loop {
        sleep(wait).await;
        wait = line_up.refresh(index, &location, &web, wait.max(RETRY_MIN)).await;
    }
}

/// The line-up and what it is joined from.
#[derive(Debug)]
struct Line {
    channels: watch::Sender<Arc<[Channel]>>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    playlists: Vec<Listed>,
    sources: HashMap<ChannelId, Result<Source, String>>,
}

impl Line {
    fn new(playlists: usize) -> Self {
        let state = State { playlists: vec![Vec::new(); playlists], sources: HashMap::new() };
        Self { channels: watch::Sender::new(Arc::from([])), state: Mutex::new(state) }
    }

    /// Fetches a playlist and says when to do so again. Keeps the old one if it fails.
    async fn refresh(
        &self,
        index: usize,
        location: &Location,
        web: &WebClient,
        waited: Duration,
    ) -> Duration {
        match playlist::fetch(location, web).await {
            Ok(listed) => {
                self.replace(index, listed);
                playlist::refresh(location)
            }
            Err(reason) => {
                tracing::warn!(playlist = location.name(), reason, "cannot read a playlist");
                (waited * 2).clamp(RETRY_MIN, RETRY_MAX)
            }
        }
    }

    fn replace(&self, index: usize, listed: Listed) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = state.playlists.get_mut(index) {
            *place = listed;
        }
        let joined = LineUp::join(&state.playlists);
        state.sources = joined.sources;
        // Under the lock, so that two playlists cannot overtake each other.
        self.channels.send_if_modified(|channels| {
            let changed = **channels != *joined.channels;
            if changed {
                *channels = joined.channels.into();
            }
            changed
        });
    }

    fn source(&self, channel: &ChannelId) -> Result<Source, Error> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.sources.get(channel) {
            Some(Ok(source)) => Ok(source.clone()),
            Some(Err(reason)) => {
                Err(Error::Unsupported { channel: channel.clone(), reason: reason.clone() })
            }
            None => Err(Error::UnknownChannel(channel.clone())),
        }
    }
}
