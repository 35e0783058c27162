//! Exit codes and failures of commands.

use std::io;
use std::process::ExitCode;

/// The exit codes of every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It did what it was asked.
    Ok = 0,
    /// What it was given is bad: a manifest, a configuration file, an address that is taken.
    Input = 1,
    /// It was called in a way that makes no sense.
    Usage = 2,
    /// The server could not be reached.
    Unreachable = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command couldn't do what it was asked.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    error: anyhow::Error,
}

impl Failure {
    /// What it was given is bad.
    pub fn input(error: impl Into<anyhow::Error>) -> Self {
        Self { exit: Exit::Input, error: error.into() }
    }

    /// It was called in a way that makes no sense.
    pub fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self { exit: Exit::Usage, error: error.into() }
    }

    /// The server could not be reached.
    pub fn unreachable(error: impl Into<anyhow::Error>) -> Self {
        Self { exit: Exit::Unreachable, error: error.into() }
    }

    /// Says on stderr what failed, on one line, and gives the exit code. That nobody reads stdout any more
    /// (`chancery render … | head`) is no failure.
    pub(super) fn report(self) -> Exit {
        if self.is_closed_pipe() {
            return Exit::Ok;
        }
        eprintln!("error: {}", self.line());
        self.exit
    }

    fn is_closed_pipe(&self) -> bool {
        self.error.chain().any(|cause| {
            cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
        })
    }

    /// The error and its causes, outermost first. A cause that its effect has repeated already isn't said again.
    fn line(&self) -> String {
        let mut line = String::new();
        for cause in self.error.chain() {
            let text = cause.to_string();
            if line.is_empty() {
                line = text;
            } else if !line.ends_with(&text) {
                line = format!("{line}: {text}");
            }
        }
        line.lines().map(str::trim).collect::<Vec<_>>().join(" ")
    }
}

/// Output that couldn't be written.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::input(anyhow::Error::new(error).context("can't write the output"))
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer: {0}")]
    struct Outer(#[source] io::Error);

    #[test]
    fn an_error_is_one_line_with_its_causes_once() {
        let line = |error: anyhow::Error| Failure::input(error).line();
        assert_eq!(line(anyhow!("inner").context("middle").context("outer")), "outer: middle: inner");
        assert_eq!(line(anyhow!("two\n  lines\n")), "two lines");
        let error = Outer(io::Error::other("disk full"));
        assert_eq!(line(error.into()), "outer: disk full");
    }

    #[test]
    fn a_closed_pipe_is_no_failure() {
        let closed = || io::Error::from(io::ErrorKind::BrokenPipe);
        assert_eq!(Failure::from(closed()).report(), Exit::Ok);
        assert_eq!(Failure::usage(anyhow::Error::new(closed()).context("deep")).report(), Exit::Ok);
        assert_eq!(Failure::usage(anyhow!("other")).report(), Exit::Usage);
        assert_eq!(Failure::from(io::Error::other("disk full")).report(), Exit::Input);
    }
}
