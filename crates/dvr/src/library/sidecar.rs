//! The JSON beside each recording, and rebuilding the library from it.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use televisor_model::{Recording, RecordingId, RecordingState};

use super::folder::sync_folder;
use crate::record::{SIDECAR_FORMAT, Sidecar};

/// A sidecar longer than this is not ours.
const LONGEST: u64 = 1024 * 1024;

/// Files looked at when rebuilding.
const MOST_FILES: usize = 100_000;

/// Writes a recording's sidecar: the old one or the new one is there at any moment, never half.
pub(crate) fn write(recording: &Recording) -> io::Result<()> {
    let path = recording.path.with_extension("json");
    let partial = recording.path.with_extension("json.part");
    let mut file = File::create(&partial)?;
    serde_json::to_writer_pretty(&mut file, &Sidecar::from(recording))?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    std::fs::rename(&partial, &path)?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Returns the recordings that the folder holds, oldest first, numbered from one. For when
/// `household.db` has none.
pub(crate) fn rebuild(folder: &Path) -> io::Result<Vec<Recording>> {
    let mut found: Vec<(PathBuf, u64, Sidecar)> = std::fs::read_dir(folder)?
        .take(MOST_FILES)
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .filter_map(|path| {
            let ts = path.with_extension("ts");
            let size = std::fs::metadata(&ts).ok()?.len();
            Some((ts, size, read(&path)?))
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let mut recordings: Vec<Recording> = found
        .into_iter()
        .zip(1..)
        .map(|((path, size, sidecar), id)| {
            let mut recording = sidecar.recording(RecordingId(id), path, size);
            // Its timer went with the database.
            recording.timer = None;
            match recording.state {
                RecordingState::Writing | RecordingState::Waiting(_) => {
                    recording.state = RecordingState::Completed;
                }
                RecordingState::Completed | RecordingState::Failed(_) => {}
            }
            recording
        })
        .collect();
    recordings.sort_by_key(|r| r.start);
    for (recording, id) in recordings.iter_mut().zip(1..) {
        recording.id = RecordingId(id);
    }
    Ok(recordings)
}

fn read(path: &Path) -> Option<Sidecar> {
    let mut text = String::new();
    File::open(path).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
    let sidecar: Sidecar = serde_json::from_str(&text).ok()?;
    (sidecar.format == SIDECAR_FORMAT).then_some(sidecar)
}
