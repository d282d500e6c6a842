//! What is said over the control socket, and the JSON shapes that scripts rely on.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use televisor_model::{Contact, Device, Failure, Recording, RecordingState, Timer, TimerState};

use crate::serve::ExternalJson;

/// The longest line either side takes.
pub(crate) const LINE_LIMIT: u64 = 4 * 1024 * 1024;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Request {
    Status,
    Screen,
    Devices,
    Timers,
    Recordings,
    PairingOpen { seconds: Option<u32> },
    PairingClose,
    Forget { uuid: String },
    Accounts,
    Invite { jid: String },
    InviteLink,
    Allow { jid: String, role: Option<String> },
    Revoke { jid: String },
    Backup { file: String, replace: bool },
}

impl Request {
    /// Returns how long an answer may take: nearly all come from memory.
    pub(crate) const fn patience(&self) -> Duration {
        match self {
            Self::Backup { .. } => Duration::from_secs(600),
            Self::Status
            | Self::Screen
            | Self::Devices
            | Self::Timers
            | Self::Recordings
            | Self::PairingOpen { .. }
            | Self::PairingClose
            | Self::Forget { .. }
            | Self::Accounts
            | Self::Invite { .. }
            | Self::InviteLink
            | Self::Allow { .. }
            | Self::Revoke { .. } => Duration::from_secs(10),
        }
    }
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Answer {
    Ok(serde_json::Value),
    Error { what: String, hint: Option<String> },
}

impl Answer {
    /// Wraps a value that is made of maps with text keys, lists and plain values.
    pub(crate) fn of(value: &impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => Self::Ok(value),
            Err(error) => Self::Error { what: error.to_string(), hint: None },
        }
    }
}

/// `status --json`.
#[derive(Debug, Serialize)]
pub(crate) struct StatusJson {
    pub(crate) uuid: String,
    pub(crate) name: String,
    pub(crate) version: &'static str,
    pub(crate) domain: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) pairing_open: bool,
    pub(crate) pairing_path: &'static str,
    pub(crate) sessions: usize,
    pub(crate) recording: usize,
    pub(crate) channels: usize,
    pub(crate) guide_until: Option<Timestamp>,
    pub(crate) free_bytes: Option<u64>,
    /// The door to the outside; null while none is open.
    pub(crate) external: Option<ExternalJson>,
    /// The same for people, where it is open.
    pub(crate) from_outside: Vec<String>,
    pub(crate) reach: serde_json::Value,
    pub(crate) federation: serde_json::Value,
    pub(crate) component: serde_json::Value,
    pub(crate) uplink: serde_json::Value,
    /// The receiver's place among chat programs on the link; null where it has none.
    pub(crate) nearby: serde_json::Value,
    pub(crate) xmpp: Vec<String>,
    pub(crate) web: Vec<String>,
    pub(crate) certificate_sha256: String,
}

/// One row of `devices --json`.
#[derive(Debug, Serialize)]
pub(crate) struct DeviceJson {
    uuid: String,
    name: String,
    role: String,
    tier: &'static str,
    paired_at: Timestamp,
    last_seen: Option<Timestamp>,
    connected: bool,
}

impl DeviceJson {
    pub(crate) fn new(device: &Device, connected: bool) -> Self {
        Self {
            uuid: device.id.to_string(),
            name: device.name.clone(),
            role: device.role.to_string(),
            tier: match device.tier {
                televisor_model::Tier::Basic => "basic",
                televisor_model::Tier::Full => "full",
            },
            paired_at: device.paired_at,
            last_seen: device.last_seen,
            connected,
        }
    }
}

/// One row of `accounts --json`.
#[derive(Debug, Serialize)]
pub(crate) struct AccountJson {
    jid: String,
    name: Option<String>,
    role: String,
    state: String,
    since: Timestamp,
    invited_by: String,
    via: String,
}

impl AccountJson {
    pub(crate) fn new(contact: &Contact) -> Self {
        Self {
            jid: contact.jid.clone(),
            name: contact.name.clone(),
            role: contact.role.to_string(),
            state: contact.state.to_string(),
            since: contact.since,
            invited_by: contact.invited_by.clone(),
            via: contact.via.to_string(),
        }
    }
}

/// One row of `timers --json`.
#[derive(Debug, Serialize)]
pub(crate) struct TimerJson {
    id: i64,
    title: String,
    channel: String,
    channel_id: String,
    start: Timestamp,
    stop: Timestamp,
    record_from: Timestamp,
    record_until: Timestamp,
    set_by: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recording: Option<i64>,
}

impl TimerJson {
    pub(crate) fn new(timer: &Timer, channel: String) -> Self {
        let (state, reason, recording) = match &timer.state {
            TimerState::Scheduled => ("scheduled", None, None),
            TimerState::Recording(id) => ("recording", None, Some(id.0)),
            TimerState::Completed(id) => ("completed", None, Some(id.0)),
            TimerState::Failed(why) => ("failed", Some(why.to_string()), None),
            TimerState::Cancelled => ("cancelled", None, None),
        };
        Self {
            id: timer.id.0,
            title: timer.programme.title.clone(),
            channel,
            channel_id: timer.channel.0.clone(),
            start: timer.start,
            stop: timer.stop,
            record_from: timer.record_from(),
            record_until: timer.record_until(),
            set_by: timer.set_by.clone(),
            state,
            reason,
            recording,
        }
    }
}

/// One row of `recordings --json`.
#[derive(Debug, Serialize)]
pub(crate) struct RecordingJson {
    id: i64,
    title: String,
    channel: String,
    start: Timestamp,
    stop: Timestamp,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    path: String,
    size_bytes: u64,
    gaps: Vec<GapJson>,
}

/// One missing stretch of a recording.
#[derive(Debug, Serialize)]
struct GapJson {
    from: Timestamp,
    until: Timestamp,
    reason: String,
}

impl RecordingJson {
    pub(crate) fn new(recording: &Recording) -> Self {
        let (state, reason) = recording_state(&recording.state);
        let gap = |gap: &televisor_model::Gap| GapJson {
            from: gap.from,
            until: gap.until,
            reason: gap.reason.clone(),
        };
        Self {
            id: recording.id.0,
            title: recording.programme.title.clone(),
            channel: recording.channel_name.clone(),
            start: recording.start,
            stop: recording.stop,
            state,
            reason: reason.map(Failure::to_string),
            path: recording.path.display().to_string(),
            size_bytes: recording.size_bytes,
            gaps: recording.gaps.iter().map(gap).collect(),
        }
    }
}

fn recording_state(state: &RecordingState) -> (&'static str, Option<&Failure>) {
    match state {
        RecordingState::Writing => ("recording", None),
        RecordingState::Waiting(why) => ("waiting", Some(why)),
        RecordingState::Completed => ("completed", None),
        RecordingState::Failed(why) => ("failed", Some(why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_survives_the_wire() {
        let request = Request::PairingOpen { seconds: Some(300) };
        let line = serde_json::to_string(&request).unwrap();
        assert_eq!(line, r#"{"verb":"pairing-open","seconds":300}"#);
        assert_eq!(serde_json::from_str::<Request>(&line).unwrap(), request);
    }
}
