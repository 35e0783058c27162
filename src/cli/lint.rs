//! `chancery lint`: checks manifests or a live cluster.

use std::fmt;
use std::io::Write;
use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;
use serde::Serialize;

use super::cluster::Cluster;
use super::manifests::{Problem, Read, Reading};
use super::{Exit, Failure};
use crate::model::{ObjectRef, RejectedJson, Severity};
use crate::source::manifests::LeftAlone;

/// Check manifests or a live cluster
///
/// Reads manifests as `serve --manifests` does, or the current objects of a cluster, and reports each mistake with its file
/// and line, what is accepted, and what is in force meanwhile. The exit code is 1 if there is an error; warnings don't change
/// it. The last good values, which a running server keeps, are unknown here.
///
/// Objects that don't take part, and files that hold something else, are counted in one line (on stderr with -o json).
/// Render Helm templates and kustomizations first.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chancery lint ./services
  kubectl get services,endpointslices -A -o yaml | chancery lint -
  helm template ./chart | chancery lint -
  kubectl kustomize ./overlays/prod | chancery lint -
  chancery lint --context staging --namespace shop
  chancery lint ./services -o json")]
pub(super) struct Lint {
    /// Directories and files of manifests; - for standard input
    #[arg(value_name = "DIR|FILE|-")]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    cluster: Cluster,

    #[command(flatten)]
    reading: Reading,

    /// Output format: text for people, json for programs
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value = "text")]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

/// What somebody hears who says neither what to read nor where.
const NOTHING: &str = "nothing to look at: name directories or files of manifests (- for standard input), or a live \
                       cluster with --kubeconfig FILE or --context NAME";

/// A problem, for programs.
#[derive(Debug, Serialize)]
struct ProblemJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(flatten)]
    rejected: RejectedJson,
}

impl Lint {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Exit, Failure> {
        let Self { paths, cluster, reading, output } = self;
        let Read { objects, offline: _, problems, left_alone, unread: _ } = match paths.as_slice() {
            [] if cluster.is_named() => reading.cluster(cluster)?,
            [] => return Err(Failure::usage(anyhow!(NOTHING))),
            paths => reading.manifests(paths)?,
        };
        match output {
            Format::Text => {
                for problem in &problems {
                    writeln!(out, "{problem}")?;
                }
                if !left_alone.is_empty() {
                    writeln!(out, "left alone: {left_alone}")?;
                }
                writeln!(out, "{}", summary(objects, &problems))?;
            }
            Format::Json => {
                let list: Vec<_> = problems.iter().map(ProblemJson::from).collect();
                serde_json::to_writer_pretty(&mut *out, &list).map_err(std::io::Error::from)?;
                writeln!(out)?;
                tell_left_alone(left_alone);
            }
        }
        Ok(exit(&problems))
    }
}

/// Says on stderr how much there is that isn't ours.
pub(super) fn tell_left_alone(left_alone: LeftAlone) {
    if !left_alone.is_empty() {
        eprintln!("left alone: {left_alone}");
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
        Self { file: file.as_deref(), line: *line, rejected: RejectedJson::from(rejected) }
    }
}

/// `file:line: error: object: field: "value": message (meanwhile)`, as editors and terminals like it; without a file it
/// begins with the severity.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, rejected } = self;
        if let Some(file) = file {
            f.write_str(file)?;
            if let Some(line) = line {
                write!(f, ":{line}")?;
            }
            f.write_str(": ")?;
        }
        write!(f, "{}: ", rejected.reason.severity())?;
        match rejected.object {
            ObjectRef::Object(..) => rejected.fmt(f),
            // Its path and line have been said.
            ObjectRef::File(_) => rejected.remark().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Key, Reason, Rejected};

    fn problem(object: ObjectRef, line: Option<u32>, value: &str, reason: Reason, meanwhile: &str) -> Problem {
        Problem {
            file: Some("a.yaml".into()),
            line,
            rejected: Rejected {
                object,
                field: ["spec"].into(),
                value: value.to_owned(),
                reason,
                message: "bad".to_owned(),
                meanwhile: meanwhile.to_owned(),
            },
        }
    }

    #[test]
    fn a_line_says_where_how_bad_and_what() {
        let cart = || ObjectRef::service(&Key::new("shop", "cart"));
        let file = || ObjectRef::File("a.yaml".into());
        for (problem, line) in [
            (
                problem(cart(), Some(3), "x", Reason::InvalidAnnotation, "y stays"),
                "a.yaml:3: error: Service shop/cart: spec: \"x\": bad (y stays)",
            ),
            (problem(cart(), None, "", Reason::UnknownAnnotation, ""), "a.yaml: warning: Service shop/cart: spec: bad"),
            (problem(file(), Some(1), "x", Reason::Unparsable, "y stays"), "a.yaml:1: error: \"x\": bad (y stays)"),
            (problem(file(), None, "", Reason::Unparsable, ""), "a.yaml: error: bad"),
        ] {
            assert_eq!(problem.to_string(), line);
        }
        let in_cluster = Problem { file: None, ..problem(cart(), None, "x", Reason::InvalidAnnotation, "y stays") };
        assert_eq!(in_cluster.to_string(), "error: Service shop/cart: spec: \"x\": bad (y stays)");
    }

    #[test]
    fn errors_fail_and_warnings_do_not() {
        let object = || ObjectRef::File("a.yaml".into());
        let warning = problem(object(), None, "", Reason::UnknownAnnotation, "");
        let error = problem(object(), None, "", Reason::Unparsable, "");
        assert_eq!(exit(&[]), Exit::Ok);
        assert_eq!(exit(std::slice::from_ref(&warning)), Exit::Ok);
        assert_eq!(exit(&[warning.clone(), error.clone()]), Exit::Input);
        assert_eq!(summary(0, &[]), "0 objects: 0 errors, 0 warnings");
        assert_eq!(summary(1, &[warning.clone(), error.clone()]), "1 object: 1 error, 1 warning");
        assert_eq!(summary(2, &[warning.clone(), warning]), "2 objects: 0 errors, 2 warnings");
    }
}
