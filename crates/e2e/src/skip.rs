//! What a machine does not permit. A skipped test says so by name, and is counted at the end.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::program::{rig, root};

/// Returns whether `program` can be run; else notes that `test` is skipped.
#[must_use]
pub fn without(test: &str, program: &str) -> bool {
    let found = std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    }) || PathBuf::from("/usr/sbin").join(program).is_file();
    if !found {
        note(test, &format!("{program} is not installed"));
    }
    !found
}

/// Returns whether network namespaces cannot be made; then notes that `test` is skipped.
#[must_use]
pub fn without_namespaces(test: &str) -> bool {
    let probe = Command::new("unshare")
        .args(["--net", "--mount", "true"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    let permitted = probe && !without(test, "ip");
    if !permitted {
        note(test, "network namespaces are not permitted (root is needed)");
    }
    !permitted
}

/// Returns the Python that has the clients; else notes that `test` is skipped.
#[must_use]
pub fn python(test: &str) -> Option<PathBuf> {
    let python = root().join(".venv/bin/python");
    let usable = Command::new(&python)
        .args(["-c", "import aiohttp, slixmpp, zeroconf, requests"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !usable {
        note(test, "the Python clients are not set up (make test does it)");
    }
    usable.then_some(python)
}

/// Returns whether the clients written in JavaScript are not there; then notes that `test` is skipped.
#[must_use]
pub fn without_node(test: &str) -> bool {
    if without(test, "node") {
        return true;
    }
    let there = rig("node").join("node_modules/@xmpp/client").is_dir();
    if !there {
        note(test, "the JavaScript clients are not set up (make test does it)");
    }
    !there
}

/// Notes that `test` is skipped, and why.
///
/// # Panics
/// If the note cannot be written: a skip must never be silent.
pub fn note(test: &str, why: &str) {
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(root().join("target/skipped.txt"))
        .expect("target/skipped.txt can be written");
    writeln!(file, "{test}: {why}").expect("target/skipped.txt can be written");
}
