//! `televisor say` and `televisor chat`: talking to a paired receiver.

use std::time::Duration;

use televisor_client::{Error, Incoming, Options, ProfileStore, Session};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::find::store;
use super::say as print;
use crate::cli::{Chat, Profile, Say};
use crate::problem::Problem;

/// How long the receiver may take to be found and to log this device in.
const LOGIN: Duration = Duration::from_secs(20);

/// `televisor say`.
pub(crate) async fn say(args: &Say) -> Result<(), Problem> {
    let session = log_in(&args.profile, args.to.as_deref()).await?;
    let answer = session.say(&args.text.join(" ")).await;
    session.close().await;
    print(&answer.map_err(|error| problem(&error))?);
    Ok(())
}

/// `televisor chat`: a line in, an answer out, and whatever the receiver says by itself.
pub(crate) async fn chat(args: &Chat) -> Result<(), Problem> {
    let session = log_in(&args.profile, args.to.as_deref()).await?;
    let mut incoming = session.incoming();
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    print("Say what you want (help shows how); an empty line or Ctrl-D ends.");
    loop {
        tokio::select! {
            line = lines.next_line() => match line {
                Ok(Some(line)) if !line.trim().is_empty() => {
                    match session.say(line.trim()).await {
                        Ok(answer) => print(&answer),
                        Err(error) if error.is_final() => return Err(problem(&error)),
                        Err(error) => print(&format!("({error})")),
                    }
                }
                _ => break,
            },
            Ok(Incoming::Message(message)) = incoming.recv() => print(&format!("* {}", message.body)),
        }
    }
    session.close().await;
    Ok(())
}

async fn log_in(profile: &Profile, to: Option<&str>) -> Result<Session, Problem> {
    let store: ProfileStore = store(profile);
    let kept = store.find(to).map_err(|error| problem(&error))?;
    let connecting = Session::connect(kept, Options::keeping(store));
    match tokio::time::timeout(LOGIN, connecting).await {
        Ok(Ok(session)) => Ok(session),
        Ok(Err(error)) => Err(problem(&error)),
        Err(_) => Err(Problem::failed("the receiver did not answer within 20 seconds")
            .hint("is it on, and is this device on the same network? `televisor find` looks")),
    }
}

/// Says what went wrong and the way out.
pub(crate) fn problem(error: &Error) -> Problem {
    let what = Problem::failed(error.to_string());
    match error {
        Error::NotPaired(_) => {
            what.hint("`televisor find` shows receivers, `televisor pair NAME` pairs")
        }
        Error::Ambiguous { .. } => what.hint("say which with --to NAME"),
        Error::Refused { .. } => {
            what.hint("the receiver may have forgotten this device: pair again")
        }
        _ => what,
    }
}
