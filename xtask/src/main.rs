//! Workspace checks and generators, run as `cargo xtask NAME`.
//!
//! | name | does |
//! | --- | --- |
//! | `tidy` | says which rules of the house are broken; also a test, so that `make test` runs it |

mod layers;
mod sources;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    match std::env::args().nth(1).as_deref() {
        Some("tidy") => {
            let broken = tidy()?;
            broken.iter().for_each(|line| say(line));
            Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        _ => {
            say("usage: cargo xtask tidy");
            Ok(ExitCode::from(2))
        }
    }
}

#[expect(clippy::print_stdout, reason = "what a check finds is its output")]
fn say(line: &str) {
    println!("{line}");
}

/// Returns one line for each broken rule.
fn tidy() -> anyhow::Result<Vec<String>> {
    let root = root();
    let mut broken = layers::check(&root)?;
    broken.extend(sources::check(&root)?);
    Ok(broken)
}

/// The workspace's folder.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_house_is_tidy() {
        let broken = super::tidy().unwrap();
        assert!(broken.is_empty(), "\n{}", broken.join("\n"));
    }
}
