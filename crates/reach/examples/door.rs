//! Opens the door and prints the state as it changes, a line each; takes
//! back what was mapped when it is told to terminate.
//!
//! `cargo run -p televisor-reach --example door -- FOLDER `

use std::io::Write as _;
use std::path::Path;

use televisor_clock::Clock;
use televisor_reach::{Config, Identity, Ports, Reach, State};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: door FOLDER")?;
    let folder = Path::new(&folder);
    let identity = Identity::load_or_make(folder, &["tv.local".to_owned()])?;
    let ports = Ports { client: 5222, server: 5269 };
    let reach = Reach::start(Config::default(), ports, folder, identity, Clock::system());
    let mut state = reach.state();
    let mut terminate = signal(SignalKind::terminate())?;
    loop {
        print(&state.borrow_and_update().clone())?;
        tokio::select! {
            changed = state.changed() => changed?,
            _ = terminate.recv() => break,
            _ = tokio::signal::ctrl_c() => break,
        }
    }
    reach.shutdown().await;
    Ok(())
}

/// `open ADDRESS BY ipv6=… 5222=… 5269=… since=…` or `shut`, then each obstacle on a line of its own.
fn print(state: &State) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    match &state.external {
        None => writeln!(out, "shut")?,
        Some(door) => {
            write!(out, "open {} {}", door.address, door.by.as_str())?;
            if let Some(ipv6) = door.ipv6 {
                write!(out, " ipv6={ipv6}")?;
            }
            for (port, outside) in &door.outside {
                write!(out, " {port}={outside}")?;
            }
            writeln!(out, " since={}", door.since)?;
        }
    }
    for obstacle in &state.obstacles {
        writeln!(out, "  {obstacle}")?;
    }
    out.flush()
}
