//! What a receiver takes: start to `ready`, resident memory idle, and per idle TLS session.
//!
//! Run it against an optimised build:
//! `cargo build --release -p televisor && cargo run -p televisor-e2e --example footprint`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measuring program"
)]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use televisor_client::pair::{Answer, pair_at};
use televisor_client::{Options, ProfileStore, Session};
use televisor_e2e::program::{free_port, root};
use tokio::time::Instant;

const STARTS: usize = 9;
const DEVICES: usize = 6;
const SESSIONS_EACH: usize = 8;

fn program() -> PathBuf {
    std::env::args().nth(1).map_or_else(|| root().join("target/release/televisor"), PathBuf::from)
}

fn start(folder: &Path) -> (Child, Duration) {
    let begun = Instant::now();
    let mut child = Command::new(program())
        .args(["serve", "--data-dir"])
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    (child, begun.elapsed())
}

fn resident_kilobytes(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn control(folder: &Path, words: &[&str]) -> serde_json::Value {
    let output = Command::new(program())
        .args(words)
        .args(["--json", "--data-dir"])
        .arg(folder)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let (xmpp, web) = (free_port(), free_port());
    let config = format!(
        "[xmpp]\nlisten = [\"127.0.0.1:{xmpp}\"]\n[web]\nlisten = [\"127.0.0.1:{web}\"]\n\
         [discovery]\ninterfaces = [\"lo\"]\n"
    );
    std::fs::write(folder.path().join("televisor.toml"), config).unwrap();
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let (mut child, took) = start(folder.path());
        starts.push(took);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    starts.sort();
    println!("start to ready: median {:?} of {STARTS} (first start left out)", starts[STARTS / 2]);

    let (mut child, _) = start(folder.path());
    tokio::time::sleep(Duration::from_secs(5)).await;
    let idle = resident_kilobytes(child.id());
    println!("resident, idle: {idle} kB");

    let mut sessions = Vec::new();
    for device in 0..DEVICES {
        control(folder.path(), &["pairing", "open"]);
        let store = ProfileStore::new(folder.path().join(format!("device-{device}")));
        let url = format!("http://127.0.0.1:{web}/pairing");
        let pairing = pair_at(&url, &format!("Device {device}")).await.unwrap();
        let code = control(folder.path(), &["screen"]);
        let code = code["passcode"]["code"].as_str().unwrap().to_owned();
        let Answer::Paired(profile) = pairing.finish(&code, &store).await.unwrap() else {
            panic!("the code was not taken")
        };
        for _ in 0..SESSIONS_EACH {
            let options = Options::keeping(store.clone());
            sessions.push(Session::connect(profile.as_ref().clone(), options).await.unwrap());
            if sessions.len() == SESSIONS_EACH {
                // The first sessions pay for what all share.
                tokio::time::sleep(Duration::from_secs(3)).await;
                println!(
                    "resident, {SESSIONS_EACH} sessions: {} kB",
                    resident_kilobytes(child.id())
                );
            }
        }
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let full = resident_kilobytes(child.id());
    println!("resident, {} sessions: {full} kB", sessions.len());
    child.kill().unwrap();
    child.wait().unwrap();
}
