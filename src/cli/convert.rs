//! `chancery convert`: annotations of other products, in ours.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::manifests::Problem;
use super::output::to_yaml;
use super::{Exit, Failure};
use crate::model::compat::{self, Compat, Mapping};
use crate::model::settings::{PREFIX, Translated};
use crate::model::{Key, ObjectRef, Reason, Rejected};
use crate::source::manifests::{Convertible, Declared, Wrong, load_convertible};

/// Print the annotations that say what those of another product say
///
/// Reads Services with annotations of wongnai/xds, Contour, Linkerd or Emissary (Ambassador), and Emissary's Mappings, and
/// prints for each Service the annotations of Chancery that it lacks. What has no counterpart is printed as a comment, and
/// goes to stderr in the words of `chancery lint`; then the exit code is 1. Once they are applied there is nothing left to
/// convert, and `serve` needs no --compat.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chancery convert ./services > chancery.yaml
  kubectl get services,mappings.getambassador.io -A -o yaml | chancery convert - | kubectl apply --server-side -f -
  chancery convert ./services -o text | sh
  chancery convert ./services --compat projectcontour.io")]
pub(super) struct Convert {
    /// Directories and files of manifests; - for standard input
    #[arg(value_name = "DIR|FILE|-", required = true)]
    paths: Vec<PathBuf>,

    /// The products to convert from: xds.lmwn.com, projectcontour.io, linkerd.io, getambassador.io, or all
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "all")]
    compat: Vec<Compat>,

    /// How to print it: patches for kubectl apply --server-side, or kubectl annotate commands
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value = "yaml")]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Yaml,
    Text,
}

/// What there is to say of one Service.
struct Converted {
    key: Key,
    /// Ours, with the prefix.
    annotations: BTreeMap<String, String>,
    problems: Vec<Problem>,
}

impl Convert {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Exit, Failure> {
        let Self { paths, compat, output } = self;
        let compat: Compat = compat.into_iter().collect();
        let Convertible { services, mappings, rejected, templates } =
            load_convertible(&paths).map_err(Failure::input)?;
        let problem = |Wrong { file, line, rejected }| Problem { file: Some(file), line, rejected };
        let mut problems: Vec<Problem> = rejected.into_iter().map(problem).collect();
        for template in templates.into_iter().map(problem) {
            eprintln!("{template}");
        }

        let mut mappings_of: BTreeMap<Key, Vec<Declared<Mapping>>> = BTreeMap::new();
        for mapping in mappings.into_iter().filter(|_| compat.reads(compat::Product::Ambassador)) {
            match mapping.it.service() {
                Some((namespace, name)) => mappings_of.entry(Key::new(namespace, name)).or_default().push(mapping),
                None => problems.push(names_no_service(&mapping)),
            }
        }
        let mut converted = Vec::new();
        let keys: BTreeSet<&Key> = services.keys().chain(mappings_of.keys()).collect();
        for key in keys {
            let mappings = mappings_of.get(key).map_or(&[][..], Vec::as_slice);
            converted.push(convert(compat, key, services.get(key), mappings));
        }

        for problem in &problems {
            writeln!(out, "# {}", one_line(problem))?;
        }
        let mut is_first = true;
        for one in converted.iter().filter(|one| !one.is_empty()) {
            match output {
                Format::Yaml => out.write_all(one.patch(is_first)?.as_bytes())?,
                Format::Text => out.write_all(one.command().as_bytes())?,
            }
            is_first &= one.annotations.is_empty();
        }
        problems.extend(converted.into_iter().flat_map(|one| one.problems));
        for problem in &problems {
            eprintln!("{problem}");
        }
        Ok(if problems.is_empty() { Exit::Ok } else { Exit::Input })
    }
}

/// Translates what is said of one Service, but for what it says in our words already.
fn convert(
    compat: Compat,
    key: &Key,
    service: Option<&Declared<BTreeMap<String, String>>>,
    mappings: &[Declared<Mapping>],
) -> Converted {
    let none = BTreeMap::new();
    let annotations = service.map_or(&none, |service| &service.it);
    let objects: Vec<Mapping> = mappings.iter().map(|mapping| mapping.it.clone()).collect();
    let translation = compat::translate(compat, key, annotations, &objects);
    let (translated, rejected) = Translated::parse(&ObjectRef::service(key), translation);

    let says = |name: &str| annotations.contains_key(&format!("{PREFIX}{name}"));
    let lacking = translated.good().filter(|(name, _)| {
        let plain = name.split_once('.').map_or(name.as_str(), |(plain, _)| plain);
        !says(name) && !says(plain)
    });
    let annotations = lacking.map(|(name, text)| (format!("{PREFIX}{name}"), text.to_owned())).collect();
    let problem = |rejected: Rejected| {
        let mapping = mappings.iter().find(|mapping| rejected.field.starts_with(mapping.it.origin()));
        let place = mapping.map(|mapping| (&mapping.file, mapping.line));
        let place = place.or_else(|| service.map(|service| (&service.file, service.line)));
        Problem { file: place.map(|(file, _)| Arc::clone(file)), line: place.map(|(_, line)| line), rejected }
    };
    Converted { key: key.clone(), annotations, problems: rejected.into_iter().map(problem).collect() }
}

fn names_no_service(mapping: &Declared<Mapping>) -> Problem {
    let Declared { file, line, it } = mapping;
    let rejected = Rejected {
        object: ObjectRef::File(Arc::clone(file)),
        field: format!("line {line}"),
        value: String::new(),
        reason: Reason::InvalidAnnotation,
        message: format!("{}service: expected the name of a Service, with or without namespace and port", it.origin()),
        meanwhile: "it is left out".to_owned(),
    };
    Problem { file: Some(Arc::clone(file)), line: Some(*line), rejected }
}

impl Converted {
    fn is_empty(&self) -> bool {
        self.annotations.is_empty() && self.problems.is_empty()
    }

    fn comments(&self) -> String {
        self.problems.iter().fold(String::new(), |mut text, problem| {
            let _ = writeln!(text, "# {}", one_line(problem));
            text
        })
    }

    fn patch(&self, is_first: bool) -> std::io::Result<String> {
        let separator = if is_first { "" } else { "---\n" };
        let mut text = format!("{separator}{}", self.comments());
        if !self.annotations.is_empty() {
            let Key { namespace, name } = &self.key;
            let patch = json!({
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": { "namespace": **namespace, "name": **name, "annotations": self.annotations },
            });
            text.push_str(&to_yaml(&patch)?);
        }
        Ok(text)
    }

    fn command(&self) -> String {
        let mut text = self.comments();
        if !self.annotations.is_empty() {
            let Key { namespace, name } = &self.key;
            let (namespace, name) = (quoted(namespace), quoted(name));
            let _ = write!(text, "kubectl annotate --overwrite --namespace {namespace} service {name}");
            for (name, value) in &self.annotations {
                let _ = write!(text, " {}", quoted(&format!("{name}={value}")));
            }
            text.push('\n');
        }
        text
    }
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-./=,".contains(&byte)) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A comment must not end before it is at its end.
fn one_line(problem: &Problem) -> String {
    problem.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
