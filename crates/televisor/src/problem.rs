//! How the program ends when it cannot do what it was asked: one line that says what, one that
//! says the way out, and an exit status for scripts.

use std::process::ExitCode;

/// What went wrong, for a person at a terminal.
#[derive(Debug)]
pub(crate) struct Problem {
    /// 1: refused or failed; 2: usage or configuration.
    status: u8,
    what: String,
    hint: Option<String>,
}

impl Problem {
    /// Something was refused or failed (exit status 1).
    pub(crate) fn failed(what: impl Into<String>) -> Self {
        Self { status: 1, what: what.into(), hint: None }
    }

    /// The command line or the configuration is wrong (exit status 2).
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self { status: 2, what: what.into(), hint: None }
    }

    /// Adds the way out.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Prints it to standard error and returns the exit status.
    #[expect(clippy::print_stderr, reason = "the program's own last words")]
    pub(crate) fn report(&self) -> ExitCode {
        eprintln!("televisor: {}", self.what);
        if let Some(hint) = &self.hint {
            eprintln!("hint: {hint}");
        }
        ExitCode::from(self.status)
    }
}

impl From<anyhow::Error> for Problem {
    fn from(error: anyhow::Error) -> Self {
        Self::failed(format!("{error:#}"))
    }
}
