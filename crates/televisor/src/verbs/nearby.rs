//! `televisor nearby` and `televisor chat --nearby`: who is on this link, and talking to them without
//! a receiver, and without a pairing.

use std::time::Duration;

use serde_json::{Value, json};
use televisor_client::{Availability, Nearby, NearbyOptions, Owner, Peer, ProfileStore};
use tokio::time::sleep;

use super::find::store;
use super::say;
use super::talk::problem;
use crate::cli;
use crate::problem::Problem;

/// How long it may take until our name is ours.
const ANNOUNCED: Duration = Duration::from_secs(5);
/// How long a peer may take to prove who it is.
const PROOF: Duration = Duration::from_secs(5);

/// `televisor nearby`.
pub(crate) async fn run(args: &cli::Nearby) -> Result<(), Problem> {
    let store = store(&args.profile);
    let options = if args.prove {
        NearbyOptions::of_this_device(&store).map_err(|error| problem(&error))?
    } else {
        NearbyOptions::watching()
    };
    let (nearby, _arrivals) = Nearby::start(options).await.map_err(|error| problem(&error))?;
    sleep(Duration::from_secs(args.wait)).await;
    let mut rows = Vec::new();
    for peer in nearby.peers() {
        let proven = if args.prove { prove(&nearby, &store, &peer).await } else { None };
        rows.push((peer, proven));
    }
    nearby.close().await;
    if args.json {
        let rows: Vec<Value> =
            rows.iter().map(|(peer, proven)| row(peer, proven.as_ref())).collect();
        let text = serde_json::to_string_pretty(&rows);
        say(&text.map_err(|error| Problem::failed(error.to_string()))?);
        return Ok(());
    }
    if rows.is_empty() {
        say("nobody can be talked to on this network");
    }
    for (peer, proven) in &rows {
        say(&line(peer, proven.as_ref()));
    }
    Ok(())
}

/// Asks those for a proof who say that they are of a household of ours; the others have none.
async fn prove(nearby: &Nearby, store: &ProfileStore, peer: &Peer) -> Option<Owner> {
    let jids = peer.presence.jid.as_deref()?;
    let domain = |jid: &str| jid.split_once('@').map(|(_, domain)| domain.to_ascii_lowercase());
    let ours: Vec<String> =
        store.list().ok()?.iter().map(|profile| profile.domain().to_ascii_lowercase()).collect();
    jids.split_whitespace().filter_map(domain).find(|theirs| ours.contains(theirs))?;
    match tokio::time::timeout(PROOF, nearby.prove(&peer.name)).await {
        Ok(Ok(proven)) => proven,
        Ok(Err(_)) | Err(_) => None,
    }
}

fn row(peer: &Peer, proven: Option<&Owner>) -> Value {
    json!({
        "name": peer.name.as_str(),
        "nick": peer.presence.nick,
        "status": status(peer),
        "msg": peer.presence.msg,
        "jid": peer.presence.jid,
        "host": peer.host,
        "addresses": peer.addresses,
        "proven": proven.map(|owner| json!({"jid": owner.jid, "name": owner.name})),
    })
}

fn line(peer: &Peer, proven: Option<&Owner>) -> String {
    let shown = match status(peer) {
        "avail" => String::new(),
        other => format!(" ({other})"),
    };
    let message = peer.presence.msg.as_deref().map(|msg| format!("  {}", printable(msg)));
    let proven = proven.map(|owner| format!("  [proven: {}]", printable(&owner.name)));
    let (name, called) = (printable(peer.name.as_str()), called(peer));
    let name = if name == called { String::new() } else { format!("  {name}") };
    let (message, proven) = (message.unwrap_or_default(), proven.unwrap_or_default());
    format!("{called:<24}{shown}{name}{message}{proven}")
}

/// The words of XEP-0174.
fn status(peer: &Peer) -> &'static str {
    match peer.presence.status {
        Availability::Available => "avail",
        Availability::Away => "away",
        Availability::DoNotDisturb => "dnd",
    }
}

/// What people call a peer; it has said so itself.
pub(super) fn called(peer: &Peer) -> String {
    let nick = peer.presence.nick.as_deref().filter(|nick| !nick.trim().is_empty());
    printable(nick.unwrap_or(peer.name.as_str()))
}

/// Anybody on the link can send anything: no control characters reach the terminal.
pub(super) fn printable(text: &str) -> String {
    let is_meant = |c: char| c == '\n' || c == '\t';
    text.chars().filter(|c| is_meant(*c) || !(c.is_control() || is_direction(*c))).collect()
}

/// Marks that turn the direction of the text around them.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Takes part as this device and waits until it is known.
pub(super) async fn take_part(
    store: &ProfileStore,
) -> Result<(Nearby, tokio::sync::mpsc::Receiver<televisor_client::Arrival>), Problem> {
    let options = NearbyOptions::of_this_device(store).map_err(|error| problem(&error))?;
    let (nearby, arrivals) = Nearby::start(options).await.map_err(|error| problem(&error))?;
    match nearby.announced(ANNOUNCED).await {
        Some(me) => say(&format!("You are {me} on this network; an empty line or Ctrl-D ends.")),
        None => say("This device is not announced yet: others may not see it."),
    }
    Ok((nearby, arrivals))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_not_told_what_to_do() {
        assert_eq!(printable("\u{1b}[2Jhello\u{7}\u{202e}\nthere"), "[2Jhello\nthere");
    }
}
