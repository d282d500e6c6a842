//! From the command line to `ready`, and down again on a signal.

use std::io::IsTerminal as _;
use std::io::Write as _;

use tokio::signal::unix::{SignalKind, signal};

use super::{assembly, lock};
use crate::cli::Serve;
use crate::config::{self, Loaded};
use crate::problem::Problem;
use crate::verbs::{block_on, say};

/// `televisor serve`.
pub(crate) fn run(args: &Serve) -> Result<(), Problem> {
    let loaded = config::load(args.file.config.as_deref(), args.data_dir.as_deref())?;
    log();
    let _lock = lock::take(&loaded.data_dir)?;
    block_on(serve(loaded))
}

async fn serve(loaded: Loaded) -> Result<(), Problem> {
    // Before anything is announced, so that a signal at any later moment ends in good order.
    let mut term = signal(SignalKind::terminate()).map_err(anyhow::Error::from)?;
    let mut int = signal(SignalKind::interrupt()).map_err(anyhow::Error::from)?;
    let assembly = assembly::put_together(loaded).await?;
    say("ready");
    drop(std::io::stdout().flush());
    // Without systemd there is nobody to notify.
    drop(sd_notify::notify(&[sd_notify::NotifyState::Ready]));
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    tracing::info!("going down");
    assembly.take_down().await;
    Ok(())
}

/// Logs to standard error; `TELEVISOR_LOG` chooses (`debug`, `televisor_server=debug`).
fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("TELEVISOR_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,mdns_sd=off"));
    // A second call changes nothing, and there is none.
    drop(
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            // Colours are for eyes: a journal or a file gets none.
            .with_ansi(std::io::stderr().is_terminal())
            .with_target(false)
            .try_init(),
    );
}
