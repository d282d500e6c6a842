//! Four short programmes, made with ffmpeg: a moving picture with the channel's name and a tone.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::process::Command;

/// How long each loop is; the broadcaster joins them without a seam.
const SECONDS: &str = "20";
/// A slow machine makes a clip in about ten seconds.
const DEADLINE: Duration = Duration::from_secs(120);

/// One channel of the made-up broadcaster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Station {
    /// The number on the remote control.
    pub(super) number: u32,
    /// The name viewers say.
    pub(super) name: &'static str,
    /// What ffmpeg paints.
    picture: &'static str,
    /// The tone's frequency, in hertz.
    tone: u32,
}

/// The whole line-up.
pub(super) const STATIONS: [Station; 4] = [
    Station { number: 1, name: "Baird One", picture: "testsrc2", tone: 440 },
    Station { number: 2, name: "Baird News", picture: "smptehdbars", tone: 523 },
    Station { number: 3, name: "Film Lantern", picture: "testsrc", tone: 659 },
    Station { number: 4, name: "Selsdon Sport", picture: "rgbtestsrc", tone: 784 },
];

/// Makes the clips in `folder` where they are not there yet, and returns their paths, in the order
/// of [`STATIONS`].
pub(super) async fn make(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for station in STATIONS {
        let path = folder.join(format!("channel-{}.ts", station.number));
        if !path.exists() {
            make_one(station, &path).await?;
        }
        paths.push(path);
    }
    Ok(paths)
}

async fn make_one(station: Station, path: &Path) -> anyhow::Result<()> {
    let Station { number, name, picture, tone } = station;
    // A clip is there or whole, also when this is interrupted.
    let part = path.with_extension("part.ts");
    let mut command = Command::new("ffmpeg");
    command
        .args(["-hide_banner", "-loglevel", "error", "-y"])
        .args(["-f", "lavfi", "-i", &format!("{picture}=size=640x360:rate=25")])
        .args(["-f", "lavfi", "-i", &format!("sine=frequency={tone}:sample_rate=48000")])
        .args(["-t", SECONDS, "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"])
        .args(["-g", "25", "-b:v", "1500k", "-maxrate", "1500k", "-bufsize", "750k"])
        .args(["-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "96k", "-ac", "2"])
        .args(["-f", "mpegts", "-muxrate", "2200k", "-pcr_period", "20"])
        .args(["-mpegts_service_id", &number.to_string()])
        .args(["-metadata", "service_provider=Baird Television"])
        .args(["-metadata", &format!("service_name={name}")])
        .arg(&part)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(DEADLINE, command.output())
        .await
        .context("ffmpeg took more than two minutes")?
        .context("cannot run ffmpeg (on Debian: apt-get install ffmpeg)")?;
    if !output.status.success() {
        bail!("ffmpeg: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    tokio::fs::rename(&part, path).await.context("keeping a clip")
}
