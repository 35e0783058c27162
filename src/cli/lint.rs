//! `chancery lint`: every mistake in manifests.

use std::fmt;
use std::io::Write;

use clap::Args;
use serde::Serialize;

use super::manifests::{Manifests, Problem, Read};
use super::{Exit, Failure};
use crate::admin::RejectedJson;
use crate::model::{ObjectRef, Rejected, Severity};

/// Show every mistake in manifests
///
/// Reads manifests as `serve --manifests` does, and prints each thing in them that can't be used, with its file and line,
/// what is accepted, and what is in force meanwhile. Exits with 1 if there is an error; warnings alone are fine.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chancery lint ./services
  kubectl get services,endpointslices -A -o yaml | chancery lint -
  chancery lint ./services -o json")]
pub(super) struct Lint {
    #[command(flatten)]
    manifests: Manifests,

    /// How to print it: lines to read, or a list for programs
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value = "text")]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

/// A problem, for programs.
#[derive(Debug, Serialize)]
struct ProblemJson<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(flatten)]
    rejected: RejectedJson,
}

impl Lint {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Exit, Failure> {
        let Self { manifests, output } = self;
        let Read { objects, offline: _, problems } = manifests.read()?;
        match output {
            Format::Text => {
                for problem in &problems {
                    writeln!(out, "{problem}")?;
                }
                writeln!(out, "{}", summary(objects, &problems))?;
            }
            Format::Json => {
                let list: Vec<_> = problems.iter().map(ProblemJson::from).collect();
                serde_json::to_writer_pretty(&mut *out, &list).map_err(std::io::Error::from)?;
                writeln!(out)?;
            }
        }
        Ok(exit(&problems))
    }
}

/// Errors make the input bad, warnings don't.
pub(super) fn exit(problems: &[Problem]) -> Exit {
    if count(problems, Severity::Error) == 0 { Exit::Ok } else { Exit::Input }
}

fn count(problems: &[Problem], severity: Severity) -> usize {
    problems.iter().filter(|problem| problem.rejected.reason.severity() == severity).count()
}

fn summary(objects: usize, problems: &[Problem]) -> String {
    let plural = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    format!(
        "{}: {}, {}",
        plural(objects, "object"),
        plural(count(problems, Severity::Error), "error"),
        plural(count(problems, Severity::Warning), "warning")
    )
}

impl<'a> From<&'a Problem> for ProblemJson<'a> {
    fn from(problem: &'a Problem) -> Self {
        let Problem { file, line, rejected } = problem;
        Self { file, line: *line, rejected: RejectedJson::from(rejected) }
    }
}

/// `file:line: error: object: field: "value": message (meanwhile)`, as editors and terminals like it.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, rejected } = self;
        f.write_str(file)?;
        if let Some(line) = line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}: ", rejected.reason.severity())?;
        let Rejected { object, field: _, value, reason: _, message, meanwhile } = rejected;
        match object {
            ObjectRef::Object(..) => rejected.fmt(f),
            // Its path and line have been said.
            ObjectRef::File(_) => {
                if !value.is_empty() {
                    write!(f, "\"{value}\": ")?;
                }
                f.write_str(message)?;
                if !meanwhile.is_empty() {
                    write!(f, " ({meanwhile})")?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;
