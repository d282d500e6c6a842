//! `televisor backup FILE`: a copy of what the receiver keeps, while it runs.

use std::path::absolute;

use super::ask::{show, text};
use super::say;
use crate::cli::Backup;
use crate::control::wire::Request;
use crate::problem::Problem;

/// Has the running receiver write the copy: it runs in a folder of its own, and knows when it is on disk.
pub(crate) async fn run(args: &Backup) -> Result<(), Problem> {
    let file = absolute(&args.file)
        .map_err(|error| Problem::usage(format!("{}: {error}", args.file.display())))?;
    let file = file.to_str().map(str::to_owned).ok_or_else(|| {
        Problem::usage(format!("{} is no text", file.display())).hint("name the file in UTF-8")
    })?;
    show(&args.ask, Request::Backup { file, replace: args.force }, |v| {
        say(&format!("{} ({} bytes)", text(v, "file"), text(v, "bytes")));
        say("to restore it, see \"Backup\" in the manual; the folder tls is not in it");
    })
    .await
}
