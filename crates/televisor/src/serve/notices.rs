//! Telling the household what happened without being asked.
//!
//! New pairings go to the owners, with the way to undo them (`pairing-rules` of the house: nobody
//! pairs unseen). Trouble with a recording goes to everybody who may record. What is said is also
//! kept, newest first, for the screen.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use televisor_model::{Change, Device, Gap, Recording, RecordingId, RecordingState, Role};
use televisor_model::{Timer, TimerState};
use tokio::sync::broadcast::error::RecvError;

use super::presence;
use super::voice::Voice;

/// Notices kept for the screen.
const KEPT: usize = 10;

/// What has been told, newest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Notices {
    kept: Arc<Mutex<VecDeque<String>>>,
}

impl Notices {
    /// Returns the kept notices, newest first.
    pub(super) fn list(&self) -> Vec<String> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(super) fn keep(&self, text: &str) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front(text.to_owned());
        kept.truncate(KEPT);
    }
}

/// Tells of what happens to timers and recordings, and of new pairings.
pub(super) struct Teller {
    pub(super) voice: Voice,
    /// What was last told of each recording, so that nothing is told twice.
    pub(super) told: Vec<(RecordingId, String)>,
}

impl Teller {
    /// Listens and tells for as long as the task runs.
    pub(super) async fn run(mut self) {
        let mut changes = self.voice.receiver.changes();
        loop {
            match changes.recv().await {
                Ok(change) => self.change(&change),
                // What was missed is in the lists; only the telling of it is lost.
                Err(RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "changes went by untold");
                    self.accounts_changed();
                }
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn change(&mut self, change: &Change) {
        match change {
            Change::Recording(recording) => {
                if let Some(text) = trouble(recording) {
                    self.tell_once(recording.id, text);
                }
                self.show();
            }
            Change::Timer(timer) => {
                if let Some(text) = lost(timer) {
                    self.voice.tell(Role::Member, &text);
                }
            }
            Change::Device(_) | Change::Forgotten(_) => self.accounts_changed(),
            Change::Guide
            | Change::Channels
            | Change::Pairing(_)
            | Change::Contact(_)
            | Change::ContactGone(_) => {}
        }
    }

    /// Has the XMPP server end the sessions of devices that are forgotten, or have another secret.
    fn accounts_changed(&self) {
        if let Some(server) = self.voice.server.get() {
            server.accounts_changed();
        }
    }

    /// Tells owners that a device was paired.
    pub(super) fn paired(voice: &Voice, device: &Device) {
        let text = format!(
            "“{}” has been paired. If that was none of yours: forget {}",
            device.name, device.name
        );
        voice.notices.keep(&text);
        for owner in voice.devices(Role::Owner).filter(|owner| owner.id != device.id) {
            voice.to_device(&owner, &text);
        }
        for owner in voice.contacts(Role::Owner) {
            voice.to_contact(&owner, &text);
        }
    }

    /// Shows everybody what the receiver is doing.
    fn show(&self) {
        if let Some(server) = self.voice.server.get() {
            server.presence_changed();
        }
        self.voice.ways.show(presence::presence(&self.voice.receiver));
    }

    fn tell_once(&mut self, id: RecordingId, text: String) {
        if self.told.iter().any(|told| *told == (id, text.clone())) {
            return;
        }
        self.voice.tell(Role::Member, &text);
        self.told.push((id, text));
        if self.told.len() > 100 {
            self.told.remove(0);
        }
    }
}

/// What there is to say of a recording that is not as it should be.
fn trouble(recording: &Recording) -> Option<String> {
    let title = format!("{} ({})", recording.programme.title, recording.channel_name);
    match &recording.state {
        RecordingState::Waiting(why) => {
            Some(format!("Recording {title} has stopped: {why}. I go on trying."))
        }
        RecordingState::Failed(why) => {
            Some(format!("Recording {title} failed: {why}. What there is of it is kept."))
        }
        RecordingState::Writing => recording.gaps.last().map(|gap| {
            format!("Recording {title} goes on; {} are missing: {}.", length(gap), gap.reason)
        }),
        RecordingState::Completed if !recording.gaps.is_empty() => {
            let missing: Vec<String> = recording.gaps.iter().map(length).collect();
            Some(format!("{title} is recorded, but {} are missing.", missing.join(" and ")))
        }
        RecordingState::Completed => None,
    }
}

fn length(gap: &Gap) -> String {
    format!("{} seconds", gap.until.duration_since(gap.from).as_secs().max(1))
}

fn lost(timer: &Timer) -> Option<String> {
    match &timer.state {
        TimerState::Failed(why) => {
            Some(format!("{} was not recorded: {why}.", timer.programme.title))
        }
        TimerState::Scheduled
        | TimerState::Recording(_)
        | TimerState::Completed(_)
        | TimerState::Cancelled => None,
    }
}
