//! `televisor completions` and `televisor manual`: made from the command line's own definition.

use std::io::Write as _;

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::problem::Problem;

/// Prints a completion script.
pub(crate) fn completions(shell: clap_complete::Shell) -> Result<(), Problem> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "televisor", &mut script);
    print(&script)
}

/// Prints the manual page (roff): one page that holds every verb.
pub(crate) fn manual() -> Result<(), Problem> {
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    let wrong = |error: std::io::Error| Problem::failed(format!("cannot print: {error}"));
    clap_mangen::Man::new(command.clone()).render(&mut page).map_err(wrong)?;
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
        let man = clap_mangen::Man::new(verb.clone());
        writeln!(page, ".SH \"televisor {}\"", verb.get_name()).map_err(wrong)?;
        man.render_description_section(&mut page).map_err(wrong)?;
        man.render_options_section(&mut page).map_err(wrong)?;
    }
    print(&page)
}

fn print(bytes: &[u8]) -> Result<(), Problem> {
    std::io::stdout()
        .write_all(bytes)
        .map_err(|error| Problem::failed(format!("cannot print: {error}")))
}
