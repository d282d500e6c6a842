//! The story, step by step, as a person with a laptop would live it.
//!
//! Every step checks that what it shows is true; the first that is not ends the demo.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use televisor_client::pair::Answer;
use televisor_client::{Options, ProfileStore, Session, Sighting, find};
use tokio::time::{Instant, sleep};

use super::receiver::{NAME, Receiver};
use super::schedule::{Feature, TITLE};
use super::verdict;
use crate::control::wire::Request;
use crate::verbs::{say, spaced};

/// What this device calls itself.
const DEVICE: &str = "Joe's laptop";
/// How long the link may take to tell of a receiver.
const FIND: Duration = Duration::from_secs(10);
/// How long the guide may take to be read.
const GUIDE: Duration = Duration::from_secs(15);
/// From now to the end of the recording, at most.
const RECORDING: Duration = Duration::from_secs(120);

/// Walks through it all.
pub(super) async fn walk(
    receiver: &Receiver,
    folder: &Path,
    feature: Feature,
) -> anyhow::Result<()> {
    let store = ProfileStore::new(folder.join("receivers"));
    step("Which receivers are on this network?", "televisor find");
    let nearby = find_it(&store).await?;
    line(&format!("{} at {}, ready to pair", nearby.receiver.name, nearby.receiver.host));

    step("Pair with it. The code is on the television.", &format!("televisor pair \"{NAME}\""));
    pair(receiver, &nearby, &store).await?;

    step("Log in and talk to it, over XMPP with TLS.", "televisor chat");
    let session = Session::connect(store.find(Some(NAME))?, Options::keeping(store)).await?;
    let told = talk(receiver, &session).await;
    let recorded = match told {
        Ok(()) => wait_for_recording(receiver, feature).await,
        Err(error) => Err(error),
    };
    let recorded = match recorded {
        Ok(recorded) => {
            exchange(&session, "recordings", &[TITLE]).await?;
            recorded
        }
        Err(error) => {
            session.close().await;
            return Err(error);
        }
    };
    session.close().await;

    step("Play it.", "ffprobe");
    play(&recorded, feature).await
}

async fn find_it(store: &ProfileStore) -> anyhow::Result<Sighting> {
    let until = Instant::now() + FIND;
    while Instant::now() < until {
        let all = find(store, Duration::from_secs(1)).await?;
        let mut here = all.into_iter().filter(|n| n.receiver.name.starts_with(NAME));
        if let Some(nearby) = here.find(|n| n.receiver.pairing.is_some()) {
            return Ok(nearby);
        }
    }
    bail!("the receiver was not found within {} seconds", FIND.as_secs())
}

async fn pair(receiver: &Receiver, nearby: &Sighting, store: &ProfileStore) -> anyhow::Result<()> {
    let pairing = televisor_client::pair::pair(&nearby.receiver, DEVICE).await?;
    let screen = receiver.ask(&Request::Screen).await?;
    let code = text(&screen, "/passcode/code").context("no code is on the screen")?;
    let asked_by = text(&screen, "/passcode/device_name").unwrap_or_default();
    line(&format!("the television shows:  {}   for “{asked_by}”", spaced(&code)));
    line(&format!("the laptop asks:       code? {code}"));
    let Answer::Paired(profile) = pairing.finish(&code, store).await? else {
        bail!("the code was not taken");
    };
    line(&format!("paired: this laptop is {}", profile.jid));
    let devices = receiver.ask(&Request::Devices).await?;
    ensure!(text(&devices, "/0/name").as_deref() == Some(DEVICE), "the device is not listed");
    ensure!(text(&devices, "/0/tier").as_deref() == Some("full"), "the code was not traded");
    line("the code is dead now; a 256-bit key has taken its place");
    Ok(())
}

async fn talk(receiver: &Receiver, session: &Session) -> anyhow::Result<()> {
    let until = Instant::now() + GUIDE;
    while receiver.ask(&Request::Status).await?.pointer("/guide_until").is_none_or(Value::is_null) {
        ensure!(Instant::now() < until, "the guide was not read within {} s", GUIDE.as_secs());
        sleep(Duration::from_millis(200)).await;
    }
    exchange(session, "what's on", &["Baird One", "Baird News"]).await?;
    exchange(session, "when is man with the flower on", &[TITLE]).await?;
    exchange(session, "record the man with the flower", &[TITLE, "UNDO"]).await?;
    exchange(session, "what's coming up", &[TITLE]).await
}

/// Says something and shows the answer, which must contain what is expected.
async fn exchange(session: &Session, said: &str, expected: &[&str]) -> anyhow::Result<()> {
    say(&format!("    Joe        {said}"));
    let answer = session.say(said).await?;
    for (number, row) in answer.lines().enumerate() {
        let who = if number == 0 { "Televisor" } else { "" };
        say(&format!("    {who:<9}  {row}"));
    }
    match expected.iter().find(|expected| !answer.contains(**expected)) {
        Some(missing) => bail!("the answer to “{said}” does not speak of {missing}"),
        None => Ok(()),
    }
}

async fn wait_for_recording(receiver: &Receiver, feature: Feature) -> anyhow::Result<Value> {
    let until = Instant::now() + RECORDING;
    line(&format!("(waiting for {} to be recorded, until {})", TITLE, feature.stop));
    while Instant::now() < until {
        let recordings = receiver.ask(&Request::Recordings).await?;
        let first =
            recordings.pointer("/0").filter(|r| text(r, "/title").as_deref() == Some(TITLE));
        if let Some(recording) = first {
            match text(recording, "/state").as_deref() {
                Some("completed") => return Ok(recording.clone()),
                Some("failed") => bail!("the recording failed: {recording}"),
                _ => {}
            }
        }
        sleep(Duration::from_millis(500)).await;
    }
    bail!("nothing was recorded within {} seconds", RECORDING.as_secs())
}

async fn play(recording: &Value, feature: Feature) -> anyhow::Result<()> {
    let path = text(recording, "/path").context("the recording has no path")?;
    let file = Path::new(&path);
    let found = verdict::of(file).await?;
    let name = file.file_name().unwrap_or_default().display();
    line(&format!("{name}: {:.1} s, {}", found.seconds, found.codecs.join(" and ")));
    let length = feature.stop.duration_since(feature.start).as_secs_f64();
    ensure!(
        (found.seconds - length).abs() < 6.0,
        "the file plays for {:.1} s, the programme was {length:.1} s long",
        found.seconds
    );
    ensure!(found.codecs == ["h264", "aac"], "it holds {:?}", found.codecs);
    ensure!(
        recording.pointer("/gaps").and_then(Value::as_array).is_some_and(Vec::is_empty),
        "gaps"
    );
    line("It plays. That is the whole story.");
    Ok(())
}

fn step(what: &str, command: &str) {
    say("");
    say(&format!("{what}   [{command}]"));
}

fn line(text: &str) {
    say(&format!("    {text}"));
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}
