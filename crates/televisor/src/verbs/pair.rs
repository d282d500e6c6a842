//! `televisor pair`: this device and a receiver.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use televisor_client::pair::{Answer, Pairing, pair, pair_at};
use televisor_client::{ProfileStore, find};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::find::store;
use super::say;
use super::talk::problem;
use crate::cli::Pair;
use crate::problem::Problem;

/// How long to look for a receiver by its name.
const FIND: Duration = Duration::from_secs(4);

/// `televisor pair`.
pub(crate) async fn run(args: &Pair) -> Result<(), Problem> {
    let store = store(&args.profile);
    let device_name = args.device_name.clone().unwrap_or_else(host_name);
    let mut pairing = begin(&args.receiver, &device_name, &store).await?;
    loop {
        let code = match &args.code {
            Some(code) => code.clone(),
            None => ask_for_code().await?,
        };
        match pairing.finish(&code, &store).await.map_err(|error| problem(&error))? {
            Answer::Paired(profile) => {
                say(&format!("paired with “{}”; this device is {}", profile.name, profile.jid));
                say("now say something to it: televisor say what is on");
                return Ok(());
            }
            Answer::Wrong(_) if args.code.is_some() => {
                return Err(Problem::failed("the code is wrong")
                    .hint("the television shows a fresh one: pair again, and type that"));
            }
            Answer::Wrong(again) => {
                say("that was not the code; the television shows a fresh one now");
                pairing = *again;
            }
        }
    }
}

async fn begin(
    receiver: &str,
    device_name: &str,
    store: &ProfileStore,
) -> Result<Pairing, Problem> {
    if receiver.starts_with("http://") || receiver.starts_with("https://") {
        return pair_at(&root(receiver), device_name).await.map_err(|error| problem(&error));
    }
    let all = find(store, FIND).await.map_err(|error| problem(&error))?;
    let wanted = receiver.to_lowercase();
    let found = all.iter().find(|n| n.receiver.name.to_lowercase() == wanted).or_else(|| {
        let mut like = all.iter().filter(|n| n.receiver.name.to_lowercase().contains(&wanted));
        like.next().filter(|_| like.next().is_none())
    });
    let Some(nearby) = found else {
        return Err(Problem::failed(format!("no receiver called “{receiver}” is on this network"))
            .hint("`televisor find` lists those that are; a web address works too"));
    };
    pair(&nearby.receiver, device_name).await.map_err(|error| problem(&error))
}

/// A receiver's web address is enough: pairing is below it.
fn root(url: &str) -> String {
    let url = url.trim_end_matches('/');
    match url.split_once("://").map(|(_, rest)| rest.contains('/')) {
        Some(true) => url.to_owned(),
        _ => format!("{url}/pairing"),
    }
}

/// Asks for the code at the terminal, or takes a line of the input.
async fn ask_for_code() -> Result<String, Problem> {
    if std::io::stdin().is_terminal() {
        let mut out = std::io::stdout();
        drop(out.write_all("Type the code that the television shows: ".as_bytes()));
        drop(out.flush());
    }
    let mut line = String::new();
    let mut input = BufReader::new(tokio::io::stdin());
    match input.read_line(&mut line).await {
        Ok(n) if n > 0 => Ok(line.trim().to_owned()),
        _ => Err(Problem::usage("no code was typed").hint("give it with --code")),
    }
}

fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "a computer".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_web_address_leads_to_pairing() {
        assert_eq!(root("http://192.0.2.7:8010/"), "http://192.0.2.7:8010/pairing");
        assert_eq!(root("http://192.0.2.7:8010/pairing"), "http://192.0.2.7:8010/pairing");
    }
}
