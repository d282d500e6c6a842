//! Which verb goes where.

use std::future::Future;

use crate::cli::Verb;
use crate::config;
use crate::problem::Problem;
use crate::{demo, serve};

use super::{ask, backup, find, nearby, nearby_chat, pair, people, shell, talk};

/// Does what the command line says.
pub(crate) fn run(verb: Verb) -> Result<(), Problem> {
    match verb {
        Verb::Serve(args) => serve::run(&args),
        Verb::Demo(args) => block_on(demo::run(args)),
        Verb::CheckConfig(args) => check_config(&args),
        Verb::Status(args) => block_on(ask::status(&args)),
        Verb::Screen(args) => block_on(ask::screen(&args)),
        Verb::Devices(args) => block_on(ask::devices(&args)),
        Verb::Timers(args) => block_on(ask::timers(&args)),
        Verb::Recordings(args) => block_on(ask::recordings(&args)),
        Verb::Pairing(args) => block_on(ask::pairing(&args)),
        Verb::Forget(args) => block_on(ask::forget(&args)),
        Verb::Invite(args) => block_on(people::invite(&args)),
        Verb::Allow(args) => block_on(people::allow(&args)),
        Verb::Revoke(args) => block_on(people::revoke(&args)),
        Verb::Accounts(args) => block_on(people::accounts(&args)),
        Verb::Backup(args) => block_on(backup::run(&args)),
        Verb::Find(args) => block_on(find::run(&args)),
        Verb::Pair(args) => block_on(pair::run(&args)),
        Verb::Say(args) => block_on(talk::say(&args)),
        Verb::Chat(args) if args.nearby => block_on(nearby_chat::run(&args)),
        Verb::Chat(args) => block_on(talk::chat(&args)),
        Verb::Nearby(args) => block_on(nearby::run(&args)),
        Verb::Broadcast(args) => block_on(demo::broadcast(args)),
        Verb::Completions { shell } => shell::completions(shell),
        Verb::Manual => shell::manual(),
    }
}

/// Runs a verb's future to its end.
pub(crate) fn block_on(future: impl Future<Output = Result<(), Problem>>) -> Result<(), Problem> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::failed(format!("cannot start: {error}")))?
        .block_on(future)
}

fn check_config(args: &crate::cli::ConfigFile) -> Result<(), Problem> {
    let loaded = config::load(args.config.as_deref(), None)?;
    match &loaded.file {
        Some(file) => say(&format!("{} is fine", file.display())),
        None => say("there is no configuration file; the defaults are used"),
    }
    Ok(())
}

/// Prints one line to standard output; a closed pipe is the reader's wish.
pub(crate) fn say(line: &str) {
    use std::io::Write as _;
    drop(writeln!(std::io::stdout(), "{line}"));
}
