//! Shows who is on the link, until Ctrl-C: `cargo run -p televisor-serverless --example who`.
//! With a user and a machine (`-- juliet pronto`) it takes part itself; more words are its status.

#![allow(clippy::print_stdout, reason = "showing is all it does")]

use std::time::Duration;

use televisor_serverless::{Change, Config, Link, Me, Presence};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), televisor_serverless::Error> {
    let mut words = std::env::args().skip(1);
    let me = match (words.next(), words.next()) {
        (Some(user), Some(machine)) => {
            let msg = words.collect::<Vec<_>>().join(" ");
            let presence = Presence { msg: Some(msg), ..Presence::default() };
            Some(Me { user, machine, presence })
        }
        _ => None,
    };
    let began = Instant::now();
    let (link, _incoming) = Link::start(Config { port: 0, ..Config::default() }, me, None).await?;
    let mut changes = link.changes();
    if let Some(name) = link.announced(Duration::from_secs(10)).await {
        println!("{:6.2} announced as {name}", began.elapsed().as_secs_f32());
    }
    loop {
        let change = tokio::select! {
            change = changes.recv() => change,
            _ = tokio::signal::ctrl_c() => break,
        };
        let at = began.elapsed().as_secs_f32();
        match change {
            Ok(Change::Appeared(peer)) => println!("{at:6.2} + {peer:?}"),
            Ok(Change::Changed(peer)) => println!("{at:6.2} ~ {peer:?}"),
            Ok(Change::Gone(name)) => println!("{at:6.2} - {name}"),
            Err(RecvError::Lagged(missed)) => println!("{at:6.2} missed {missed}"),
            Err(RecvError::Closed) => break,
        }
    }
    link.close().await;
    Ok(())
}
