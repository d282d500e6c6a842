//! Where the program under test is, built once per test process.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Returns the workspace's folder.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns the path of a rig of this crate.
#[must_use]
pub fn rig(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rigs").join(name)
}

/// Returns the built `televisor`, building it first if it is out of date.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn televisor() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut cargo = Command::new(env!("CARGO"));
        // What cargo tells a test about its package makes build scripts (ring's) run again, and half
        // the program with them.
        for (name, _) in std::env::vars_os() {
            let shown = name.to_string_lossy();
            if shown.starts_with("CARGO_PKG_") || shown.starts_with("CARGO_MANIFEST_") {
                cargo.env_remove(&name);
            }
        }
        // target/debug/deps/TEST -> target/debug/televisor
        let test = std::env::current_exe().expect("this test has a path");
        let folder = test.ancestors().nth(2).expect("a test is two folders below its profile");
        let optimised = folder.ends_with("release").then_some("--release");
        let built = cargo
            .args(["build", "--quiet", "--package", "televisor"])
            .args(optimised)
            .current_dir(root())
            .status()
            .expect("cargo runs");
        assert!(built.success(), "televisor does not build");
        folder.join("televisor")
    })
}

/// Returns a port of the loopback address that nobody uses now.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}
