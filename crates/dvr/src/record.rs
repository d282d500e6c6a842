//! The form of programmes, gaps and states in files and tables. The nouns themselves are not
//! serialised, so that a change to one cannot silently change what is on disk.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use televisor_model::{
    ChannelId, Episode, Failure, Gap, Programme, Recording, RecordingId, RecordingState, TimerId,
    TimerState,
};

/// A [`Programme`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ProgrammeForm {
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subtitle: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    synopsis: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    categories: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    credits: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    season: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    episode: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    series_id: Option<String>,
    is_new: bool,
}

impl From<&Programme> for ProgrammeForm {
    fn from(p: &Programme) -> Self {
        Self {
            title: p.title.clone(),
            subtitle: p.subtitle.clone(),
            synopsis: p.synopsis.clone(),
            categories: p.categories.clone(),
            credits: p.credits.clone(),
            season: p.episode.and_then(|e| e.season),
            episode: p.episode.and_then(|e| e.number),
            series_id: p.series_id.clone(),
            is_new: p.is_new,
        }
    }
}

impl From<ProgrammeForm> for Programme {
    fn from(form: ProgrammeForm) -> Self {
        let known = form.season.is_some() || form.episode.is_some();
        Self {
            title: form.title,
            subtitle: form.subtitle,
            synopsis: form.synopsis,
            categories: form.categories,
            credits: form.credits,
            episode: known.then_some(Episode { season: form.season, number: form.episode }),
            series_id: form.series_id,
            is_new: form.is_new,
        }
    }
}

/// A [`Gap`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct GapForm {
    from: Timestamp,
    until: Timestamp,
    reason: String,
}

impl From<&Gap> for GapForm {
    fn from(gap: &Gap) -> Self {
        Self { from: gap.from, until: gap.until, reason: gap.reason.clone() }
    }
}

impl From<GapForm> for Gap {
    fn from(form: GapForm) -> Self {
        Self { from: form.from, until: form.until, reason: form.reason }
    }
}

/// A [`Failure`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FailureForm {
    NoSignal(String),
    DiskFull,
    Missed,
    ChannelGone,
    NoFreeInput,
    Storage(String),
}

impl From<&Failure> for FailureForm {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::NoSignal(what) => Self::NoSignal(what.clone()),
            Failure::DiskFull => Self::DiskFull,
            Failure::Missed => Self::Missed,
            Failure::ChannelGone => Self::ChannelGone,
            Failure::NoFreeInput => Self::NoFreeInput,
            Failure::Storage(what) => Self::Storage(what.clone()),
        }
    }
}

impl From<FailureForm> for Failure {
    fn from(form: FailureForm) -> Self {
        match form {
            FailureForm::NoSignal(what) => Self::NoSignal(what),
            FailureForm::DiskFull => Self::DiskFull,
            FailureForm::Missed => Self::Missed,
            FailureForm::ChannelGone => Self::ChannelGone,
            FailureForm::NoFreeInput => Self::NoFreeInput,
            FailureForm::Storage(what) => Self::Storage(what),
        }
    }
}

/// A [`TimerState`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TimerStateForm {
    Scheduled,
    Recording(i64),
    Completed(i64),
    Failed(FailureForm),
    Cancelled,
}

impl From<&TimerState> for TimerStateForm {
    fn from(state: &TimerState) -> Self {
        match state {
            TimerState::Scheduled => Self::Scheduled,
            TimerState::Recording(id) => Self::Recording(id.0),
            TimerState::Completed(id) => Self::Completed(id.0),
            TimerState::Failed(why) => Self::Failed(why.into()),
            TimerState::Cancelled => Self::Cancelled,
        }
    }
}

impl From<TimerStateForm> for TimerState {
    fn from(form: TimerStateForm) -> Self {
        match form {
            TimerStateForm::Scheduled => Self::Scheduled,
            TimerStateForm::Recording(id) => Self::Recording(RecordingId(id)),
            TimerStateForm::Completed(id) => Self::Completed(RecordingId(id)),
            TimerStateForm::Failed(why) => Self::Failed(why.into()),
            TimerStateForm::Cancelled => Self::Cancelled,
        }
    }
}

/// A [`RecordingState`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RecordingStateForm {
    Writing,
    Waiting(FailureForm),
    Completed,
    Failed(FailureForm),
}

impl From<&RecordingState> for RecordingStateForm {
    fn from(state: &RecordingState) -> Self {
        match state {
            RecordingState::Writing => Self::Writing,
            RecordingState::Waiting(why) => Self::Waiting(why.into()),
            RecordingState::Completed => Self::Completed,
            RecordingState::Failed(why) => Self::Failed(why.into()),
        }
    }
}

impl From<RecordingStateForm> for RecordingState {
    fn from(form: RecordingStateForm) -> Self {
        match form {
            RecordingStateForm::Writing => Self::Writing,
            RecordingStateForm::Waiting(why) => Self::Waiting(why.into()),
            RecordingStateForm::Completed => Self::Completed,
            RecordingStateForm::Failed(why) => Self::Failed(why.into()),
        }
    }
}

/// A [`Recording`] as its sidecar has it. Names no path: the sidecar lies beside its file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Sidecar {
    /// Says what the file is: `televisor recording`, and the version of its form.
    pub(crate) format: String,
    /// The timer that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timer: Option<i64>,
    channel: String,
    channel_name: String,
    programme: ProgrammeForm,
    start: Timestamp,
    stop: Timestamp,
    #[serde(default)]
    gaps: Vec<GapForm>,
    state: RecordingStateForm,
}

/// The first word on the form of sidecars; the number rises when a reader must know.
pub(crate) const SIDECAR_FORMAT: &str = "televisor recording 1";

impl From<&Recording> for Sidecar {
    fn from(r: &Recording) -> Self {
        Self {
            format: SIDECAR_FORMAT.to_owned(),
            timer: r.timer.map(|id| id.0),
            channel: r.channel.0.clone(),
            channel_name: r.channel_name.clone(),
            programme: (&r.programme).into(),
            start: r.start,
            stop: r.stop,
            gaps: r.gaps.iter().map(GapForm::from).collect(),
            state: (&r.state).into(),
        }
    }
}

impl Sidecar {
    /// Returns the recording that lies at `path`, under a new id.
    pub(crate) fn recording(
        self,
        id: RecordingId,
        path: std::path::PathBuf,
        size_bytes: u64,
    ) -> Recording {
        Recording {
            id,
            timer: self.timer.map(TimerId),
            channel: ChannelId(self.channel),
            channel_name: self.channel_name,
            programme: self.programme.into(),
            start: self.start,
            stop: self.stop,
            path,
            size_bytes,
            gaps: self.gaps.into_iter().map(Gap::from).collect(),
            state: self.state.into(),
        }
    }
}
