//! The verbs that ask the receiver running on this machine, through its control socket.

use std::path::PathBuf;

use serde_json::Value;

use super::say;
use crate::cli::{Ask, Forget, Pairing, PairingVerb};
use crate::config::parse_duration;
use crate::control::ask::ask;
use crate::control::wire::Request;
use crate::paths;
use crate::problem::Problem;

fn folder(args: &Ask) -> PathBuf {
    args.data_dir.clone().unwrap_or_else(paths::data_dir)
}

/// Asks, and prints either the JSON or what `plain` makes of it.
pub(super) async fn show(args: &Ask, request: Request, plain: fn(&Value)) -> Result<(), Problem> {
    let value = ask(&folder(args), &request).await?;
    if args.json {
        let text = serde_json::to_string_pretty(&value);
        say(&text.map_err(|e| Problem::failed(e.to_string()))?);
    } else {
        plain(&value);
    }
    Ok(())
}

/// `televisor status`.
pub(crate) async fn status(args: &Ask) -> Result<(), Problem> {
    show(args, Request::Status, |v| {
        say(&format!("{} ({})", text(v, "name"), text(v, "version")));
        say(&format!("  address     {}@{}", text(v, "uuid"), text(v, "domain")));
        say(&format!("  also known  {}", list(v, "aliases")));
        say(&format!("  XMPP        {}", list(v, "xmpp")));
        say(&format!("  web         {}", list(v, "web")));
        say(&format!("  sessions    {}", text(v, "sessions")));
        say(&format!("  channels    {}", text(v, "channels")));
        say(&format!("  guide to    {}", when(v, "guide_until")));
        say(&format!("  recording   {}", text(v, "recording")));
        say(&format!("  free space  {}", bytes(v.get("free_bytes"))));
        if let Some(nearby) = v.get("nearby").filter(|nearby| !nearby.is_null()) {
            say(&format!(
                "  nearby      {} ({} others)",
                text(nearby, "name"),
                text(nearby, "peers")
            ));
        }
        for (n, line) in rows(v.get("from_outside")).iter().enumerate() {
            let label = if n == 0 { "outside" } else { "" };
            say(&format!("  {label:<12}{}", line.as_str().unwrap_or_default()));
        }
        let open = v.get("pairing_open") == Some(&Value::Bool(true));
        say(&format!("  pairing     {}", if open { "open" } else { "closed" }));
    })
    .await
}

/// `televisor screen`.
pub(crate) async fn screen(args: &Ask) -> Result<(), Problem> {
    show(args, Request::Screen, |v| {
        match v.get("passcode").filter(|p| !p.is_null()) {
            Some(pass) => {
                say(&format!("{} asks to pair. Type this on it:", quoted(pass, "device_name")));
                say(&format!("    {}", spaced(&text(pass, "code"))));
            }
            None if v.get("pairing_open") == Some(&Value::Bool(true)) => {
                say("ready for a new device: choose this receiver on it now");
            }
            None if v.get("invitation").is_some_and(|invitation| !invitation.is_null()) => {}
            None => say("nothing on the screen"),
        }
        if let Some(invitation) = v.get("invitation").filter(|i| !i.is_null()) {
            say(&format!("an invitation for one person: {}", text(invitation, "uri")));
        }
        for notice in rows(v.get("notices")) {
            say(&format!("* {}", notice.as_str().unwrap_or_default()));
        }
    })
    .await
}

/// `televisor devices`.
pub(crate) async fn devices(args: &Ask) -> Result<(), Problem> {
    show(args, Request::Devices, |v| {
        if rows(Some(v)).is_empty() {
            say("no device is paired (open the door with `televisor pairing open`)");
        }
        for device in rows(Some(v)) {
            let here = device.get("connected") == Some(&Value::Bool(true));
            let seen = if here { "connected".to_owned() } else { when(device, "last_seen") };
            say(&format!(
                "{}  {:<24} {:<7} {}",
                text(device, "uuid"),
                text(device, "name"),
                text(device, "role"),
                seen
            ));
        }
    })
    .await
}

/// `televisor timers`.
pub(crate) async fn timers(args: &Ask) -> Result<(), Problem> {
    show(args, Request::Timers, |v| {
        if rows(Some(v)).is_empty() {
            say("nothing is going to be recorded");
        }
        for timer in rows(Some(v)) {
            say(&line_of(timer));
        }
    })
    .await
}

/// `televisor recordings`.
pub(crate) async fn recordings(args: &Ask) -> Result<(), Problem> {
    show(args, Request::Recordings, |v| {
        if rows(Some(v)).is_empty() {
            say("nothing has been recorded yet");
        }
        for recording in rows(Some(v)) {
            let size = bytes(recording.get("size_bytes"));
            say(&format!("{}  {size}", line_of(recording)));
            say(&format!("      {}", text(recording, "path")));
            for gap in rows(recording.get("gaps")) {
                let (from, until) = (when(gap, "from"), when(gap, "until"));
                say(&format!("      missing {from} to {until}: {}", text(gap, "reason")));
            }
        }
    })
    .await
}

/// `televisor pairing open` and `televisor pairing close`.
pub(crate) async fn pairing(args: &Pairing) -> Result<(), Problem> {
    match &args.what {
        PairingVerb::Open { duration, ask } => {
            let seconds = match duration {
                Some(text) => Some(window_seconds(text)?),
                None => None,
            };
            show(ask, Request::PairingOpen { seconds }, |v| {
                say(&format!("devices may pair until {}", when(v, "open_until")));
                say("on the device: televisor pair, or any client of the pairing protocol");
            })
            .await
        }
        PairingVerb::Close { ask } => {
            show(ask, Request::PairingClose, |_| say("no further device may pair")).await
        }
    }
}

fn window_seconds(text: &str) -> Result<u32, Problem> {
    let seconds = parse_duration(text).map_err(Problem::usage)?.as_secs();
    u32::try_from(seconds)
        .ok()
        .filter(|seconds| (180..=900).contains(seconds))
        .ok_or_else(|| Problem::usage(format!("`{text}` is not between 3 and 15 minutes")))
}

/// `televisor forget UUID`.
pub(crate) async fn forget(args: &Forget) -> Result<(), Problem> {
    let request = Request::Forget { uuid: args.uuid.clone() };
    show(&args.ask, request, |v| {
        say(&format!("{} is no longer paired", quoted(v, "name")));
    })
    .await
}

/// One timer or recording as a line.
fn line_of(row: &Value) -> String {
    let reason = row.get("reason").map(|_| format!(" ({})", text(row, "reason")));
    format!(
        "{:>4}  {}  {:<32} {:<20} {}{}",
        text(row, "id"),
        when(row, "start"),
        text(row, "title"),
        text(row, "channel"),
        text(row, "state"),
        reason.unwrap_or_default()
    )
}

pub(super) fn rows(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A field as text: strings as they are, numbers in digits, nothing as a dash.
pub(super) fn text(value: &Value, key: &str) -> String {
    match value.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => "-".to_owned(),
        Some(other) => other.to_string(),
    }
}

fn quoted(value: &Value, key: &str) -> String {
    format!("“{}”", text(value, key))
}

fn list(value: &Value, key: &str) -> String {
    let all: Vec<&str> = rows(value.get(key)).iter().filter_map(Value::as_str).collect();
    if all.is_empty() { "-".to_owned() } else { all.join(", ") }
}

/// A field that holds an instant, in local time.
pub(super) fn when(value: &Value, key: &str) -> String {
    let instant = value.get(key).and_then(Value::as_str).and_then(|t| t.parse().ok());
    instant.map_or_else(
        || "-".to_owned(),
        |at: jiff::Timestamp| {
            at.to_zoned(jiff::tz::TimeZone::system()).strftime("%a %d %b %H:%M").to_string()
        },
    )
}

fn bytes(value: Option<&Value>) -> String {
    match value.and_then(Value::as_u64) {
        Some(n) if n >= 10_000_000_000 => format!("{} GB", n / 1_000_000_000),
        Some(n) => format!("{} MB", n / 1_000_000),
        None => "-".to_owned(),
    }
}

/// `12345678` as `1234 5678`.
pub(crate) fn spaced(code: &str) -> String {
    match code.split_at_checked(code.len().div_ceil(2)) {
        Some((first, rest)) => format!("{first} {rest}"),
        None => code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_shown_in_two_halves() {
        assert_eq!(spaced("12345678"), "1234 5678");
        assert_eq!(spaced("0123456"), "0123 456");
    }

    #[test]
    fn the_window_is_three_to_fifteen_minutes() {
        assert_eq!(window_seconds("5m").unwrap(), 300);
        assert!(window_seconds("2m").is_err() && window_seconds("16m").is_err());
    }
}
