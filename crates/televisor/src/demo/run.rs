//! From nothing to the end of the story.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context as _;
use jiff::SignedDuration;

use super::receiver::{Receiver, throw_away_folder};
use super::{broadcaster, clips, tour};
use crate::cli::{Broadcast, Demo};
use crate::problem::Problem;
use crate::verbs::say;

/// The featured programme starts this long after the broadcaster goes on air: enough to find, pair
/// and ask first.
const LEAD: SignedDuration = SignedDuration::from_secs(30);
/// How long it lasts.
const LENGTH: SignedDuration = SignedDuration::from_secs(20);

/// `televisor demo`.
pub(crate) async fn run(args: Demo) -> Result<(), Problem> {
    story(args.keep).await.map_err(|error| Problem::failed(format!("the demo failed: {error:#}")))
}

/// `televisor broadcast`.
pub(crate) async fn broadcast(args: Broadcast) -> Result<(), Problem> {
    Ok(broadcaster::run(args).await?)
}

async fn story(keep: bool) -> anyhow::Result<()> {
    let folder = throw_away_folder("demo")?;
    say("Making four channels with ffmpeg ...");
    let clips = clips::make(folder.path()).await?;
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let on_air = broadcaster::go_on_air(anywhere, &clips, LEAD, LENGTH).await?;
    say(&format!("On air: http://{}/playlist.m3u", on_air.address));
    let receiver = Receiver::start(folder.path(), on_air.address).await?;
    say("The receiver is ready.");
    let device = folder.path().join("laptop");
    tour::walk(&receiver, &device, on_air.feature).await.context("the tour")?;
    if !keep {
        return Ok(());
    }
    let data_dir = receiver.data_dir.display();
    say("");
    say("The receiver goes on running; Ctrl-C ends it.");
    say(&format!("  its screen   http://localhost:{}/screen", receiver.web.port()));
    say(&format!("  XMPP         {}", receiver.xmpp));
    say(&format!("  its own side televisor status --data-dir {data_dir}"));
    say(&format!("  talk to it   televisor chat --profile {}", device.display()));
    if let Some(id) = receiver.id() {
        say(&format!("  process      {id}"));
    }
    tokio::select! {
        () = receiver.wait() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(())
}
