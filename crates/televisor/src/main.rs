//! The one program: the receiver, the verbs that ask it, and the verbs of secondary devices.
//!
//! Only here are concrete parts wired together.
//!
//! | module | holds |
//! | --- | --- |
//! | [`cli`] | the command line |
//! | [`config`] | the configuration file, one table per crate |
//! | [`control`] | the running receiver's socket, both ends |
//! | [`serve`] | the receiver, wired |
//! | [`verbs`] | one file per verb that asks or pairs |
//! | [`demo`] | a made-up broadcaster and the guided tour |
//! | [`problem`] | how the program ends when it cannot do what it was asked |

mod cli;
mod config;
mod control;
mod demo;
mod paths;
mod problem;
mod serve;
mod verbs;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match verbs::run(cli.verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => problem.report(),
    }
}
