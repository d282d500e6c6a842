//! What ffprobe says of the recorded file.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use tokio::process::Command;

/// The file as a player sees it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Verdict {
    /// How long it plays.
    pub(super) seconds: f64,
    /// Codecs, in the file's order.
    pub(super) codecs: Vec<String>,
}

#[derive(Deserialize)]
struct Probe {
    streams: Vec<Stream>,
    format: Format,
}

#[derive(Deserialize)]
struct Stream {
    codec_name: Option<String>,
}

#[derive(Deserialize)]
struct Format {
    duration: String,
}

/// Asks ffprobe. What comes before the first whole picture is no fault of a recording: it begins in
/// the middle of a broadcast. Anything fatal is.
pub(super) async fn of(file: &Path) -> anyhow::Result<Verdict> {
    let mut command = Command::new("ffprobe");
    command
        .args(["-v", "fatal", "-of", "json", "-show_entries"])
        .arg("stream=codec_name:format=duration")
        .arg(file)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(30), command.output())
        .await
        .context("ffprobe took too long")?
        .context("cannot run ffprobe")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() || !complaint.trim().is_empty() {
        bail!("ffprobe: {}", complaint.trim());
    }
    let probe: Probe = serde_json::from_slice(&output.stdout).context("ffprobe's answer")?;
    let seconds = probe.format.duration.parse().context("the duration that ffprobe gives")?;
    let codecs = probe.streams.into_iter().filter_map(|s| s.codec_name).collect();
    Ok(Verdict { seconds, codecs })
}
