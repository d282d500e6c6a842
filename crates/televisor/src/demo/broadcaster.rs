//! The made-up broadcaster: an endless, paced, seamless transport stream per channel over HTTP, and
//! the playlist and guide that go with it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::StreamExt as _;
use jiff::SignedDuration;
use televisor_broadcast::ts::Restamper;
use televisor_clock::Clock;
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::clips::{self, STATIONS};
use super::schedule::{self, Feature};

/// Packets sent at once: about 40 ms of a 2.2 Mbit/s stream.
const BURST: usize = 56;
/// Bursts that a slow reader may be behind; then it misses some, as with any broadcast.
const BEHIND: usize = 256;

type Burst = Arc<Vec<u8>>;

/// A broadcaster on air, for as long as it is kept.
pub(super) struct Broadcaster {
    /// Where it serves.
    pub(super) address: SocketAddr,
    /// The programme that starts soon.
    pub(super) feature: Feature,
    _tasks: JoinSet<()>,
}

struct OnAir {
    address: SocketAddr,
    guide: String,
    channels: Vec<broadcast::Sender<Burst>>,
}

/// Goes on air with `clips` (one per station); the featured programme starts in `lead`.
pub(super) async fn go_on_air(
    listen: SocketAddr,
    clips: &[PathBuf],
    lead: SignedDuration,
    length: SignedDuration,
) -> anyhow::Result<Broadcaster> {
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("the broadcaster cannot listen on {listen}"))?;
    let address = listener.local_addr()?;
    let mut tasks = JoinSet::new();
    let mut channels = Vec::new();
    for clip in clips {
        let clip = tokio::fs::read(clip).await.context("reading a clip")?;
        let (sender, _) = broadcast::channel(BEHIND);
        tasks.spawn(transmit(Restamper::new(clip)?, sender.clone()));
        channels.push(sender);
    }
    let (feature, guide) = schedule::invent(Clock::system().now(), lead, length);
    let on_air = Arc::new(OnAir { address, guide, channels });
    let router = Router::new()
        .route("/playlist.m3u", get(playlist))
        .route("/guide.xml", get(guide_file))
        .route("/channel/{number}", get(channel))
        .with_state(on_air);
    tasks.spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the broadcaster has gone off air");
        }
    });
    Ok(Broadcaster { address, feature, _tasks: tasks })
}

/// Sends the clip round and round, at the speed of its own clock.
async fn transmit(mut clip: Restamper, sender: broadcast::Sender<Burst>) {
    let begun = Instant::now();
    loop {
        let mut burst = Vec::new();
        clip.fill(BURST, &mut burst);
        // An error means that nobody watches; the programme goes on all the same.
        drop(sender.send(Arc::new(burst)));
        tokio::time::sleep_until(begun + clip.due()).await;
    }
}

async fn playlist(State(on_air): State<Arc<OnAir>>) -> Response {
    let mut text = String::from("#EXTM3U\n");
    for station in STATIONS {
        let (number, name) = (station.number, station.name);
        text.push_str(&format!(
            "#EXTINF:-1 tvg-id=\"baird{number}\" tvg-chno=\"{number}\" group-title=\"Baird\",{name}\n\
             http://{}/channel/{number}\n",
            on_air.address
        ));
    }
    ([(header::CONTENT_TYPE, "audio/x-mpegurl")], text).into_response()
}

async fn guide_file(State(on_air): State<Arc<OnAir>>) -> Response {
    ([(header::CONTENT_TYPE, "application/xml")], on_air.guide.clone()).into_response()
}

async fn channel(State(on_air): State<Arc<OnAir>>, Path(number): Path<usize>) -> Response {
    let Some(sender) = number.checked_sub(1).and_then(|index| on_air.channels.get(index)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let stream = futures_util::stream::unfold(sender.subscribe(), |mut bursts| async move {
        loop {
            match bursts.recv().await {
                Ok(burst) => {
                    let bytes = axum::body::Bytes::from_owner(OwnedBurst(burst));
                    return Some((Ok::<_, std::convert::Infallible>(bytes), bursts));
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    });
    ([(header::CONTENT_TYPE, "video/mp2t")], Body::from_stream(stream.boxed())).into_response()
}

/// One burst, shared by all who watch.
struct OwnedBurst(Burst);

impl AsRef<[u8]> for OwnedBurst {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// `televisor broadcast`: on air until interrupted.
pub(super) async fn run(args: crate::cli::Broadcast) -> anyhow::Result<()> {
    let throw_away = super::receiver::throw_away_folder("broadcast")?;
    let folder = args.clips.unwrap_or_else(|| throw_away.path().to_path_buf());
    tokio::fs::create_dir_all(&folder).await.context("making the clips' folder")?;
    let clips = clips::make(&folder).await?;
    let seconds = |n: u16| SignedDuration::from_secs(n.into());
    let on_air = go_on_air(args.listen, &clips, seconds(args.lead), seconds(args.length)).await?;
    let feature = on_air.feature;
    crate::verbs::say(&format!("playlist http://{}/playlist.m3u", on_air.address));
    crate::verbs::say(&format!("guide    http://{}/guide.xml", on_air.address));
    crate::verbs::say(&format!(
        "feature  {} to {}: {}",
        feature.start,
        feature.stop,
        schedule::TITLE
    ));
    tokio::signal::ctrl_c().await.context("waiting for an interrupt")
}
