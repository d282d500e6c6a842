//! The receiver's display: the terminal it runs in, the page `/screen`, and an optional command.

use std::io::IsTerminal as _;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use televisor_clock::Clock;
use televisor_pairing::{Notice, Pairing, State};
use televisor_reach::link;
use televisor_receiver::Receiver;
use televisor_web::{Invitation, Passcode, Screen, ScreenView};
use tokio::sync::watch;

use super::notices::Notices;
use super::placard::Placard;
use crate::verbs::{say, spaced};

/// How long the screen command may take before it is ended.
const COMMAND: Duration = Duration::from_secs(10);

/// What the screen is drawn from.
#[derive(Clone)]
pub(super) struct Display {
    pub(super) receiver: Receiver,
    pub(super) pairing: Pairing,
    pub(super) notices: Notices,
    pub(super) placard: Placard,
}

impl Screen for Display {
    fn name(&self) -> String {
        self.receiver.identity().name()
    }

    fn view(&self) -> ScreenView {
        let state = self.pairing.state().borrow().clone();
        ScreenView {
            passcode: state.notice.as_ref().map(passcode),
            invitation: self.placard.now(&self.receiver).map(|shown| Invitation {
                uri: shown.uri,
                picture: shown.picture,
                expires_at: shown.expires_at.to_string(),
            }),
            pairing_open: state.open_until.is_some(),
            notices: self.notices.list(),
        }
    }

    fn open_pairing(&self) {
        self.pairing.open(None);
    }

    fn is_this_machine(&self, peer: IpAddr) -> bool {
        link::is_this_machine(peer)
    }
}

fn passcode(notice: &Notice) -> Passcode {
    Passcode {
        code: notice.code.clone(),
        device_name: notice.device_name.clone(),
        client_uuid: notice.client_uuid.to_string(),
        expires_at: notice.expires_at.to_string(),
    }
}

/// Shows each new code on the terminal, where there is one, and runs the command, where there is one.
pub(super) async fn show(
    mut states: watch::Receiver<State>,
    clock: Clock,
    command: Option<PathBuf>,
) {
    let terminal = std::io::stdout().is_terminal();
    let mut shown: Option<Notice> = None;
    loop {
        let now = states.borrow_and_update().notice.clone();
        if now != shown {
            if terminal {
                draw(now.as_ref(), &clock);
            }
            if let Some(command) = &command {
                run(command, now.as_ref(), &clock).await;
            }
            shown = now;
        }
        if states.changed().await.is_err() {
            return;
        }
    }
}

fn seconds_left(notice: &Notice, clock: &Clock) -> i64 {
    notice.expires_at.duration_since(clock.now()).as_secs().max(0)
}

fn draw(notice: Option<&Notice>, clock: &Clock) {
    match notice {
        Some(notice) => {
            let digits: Vec<String> = spaced(&notice.code).chars().map(String::from).collect();
            say("");
            say(&format!("    “{}” wants to pair. Type this on it:", notice.device_name));
            say("");
            say(&format!("        {}", digits.join(" ")));
            say("");
            say(&format!("    {} seconds left", seconds_left(notice, clock)));
            say("");
        }
        None => say("    (the code is gone)"),
    }
}

async fn run(command: &PathBuf, notice: Option<&Notice>, clock: &Clock) {
    let code = notice.map_or("", |n| n.code.as_str());
    let device = notice.map_or("", |n| n.device_name.as_str());
    let seconds = notice.map_or_else(String::new, |n| seconds_left(n, clock).to_string());
    let child = tokio::process::Command::new(command)
        .env("TELEVISOR_CODE", code)
        .env("TELEVISOR_DEVICE", device)
        .env("TELEVISOR_SECONDS", seconds)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .status();
    match tokio::time::timeout(COMMAND, child).await {
        Ok(Ok(status)) if status.success() => {}
        Ok(Ok(status)) => tracing::warn!(%status, "the screen command failed"),
        Ok(Err(error)) => tracing::warn!(%error, "the screen command cannot be run"),
        Err(_) => tracing::warn!("the screen command took more than 10 seconds"),
    }
}
