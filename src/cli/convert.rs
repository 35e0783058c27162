//! `chancery convert`: converts annotations of other products.

mod mappings;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use mappings::{Claim, Holder, by_service, is_left_out, is_unknown, split_elsewhere};

use super::manifests::Problem;
use super::output::to_yaml;
use super::{Exit, Failure};
use crate::model::compat::{self, Compat, Mapping, Mappings, Subject};
use crate::model::settings::{PREFIX, Settings, Translated, resolve};
use crate::model::{Key, ObjectRef, Rejected, ZoneRouting, object};
use crate::source::manifests::{Annotated, Declared, RejectedAt, load_convertible};

/// Convert annotations of other products
///
/// Reads Services with annotations of wongnai/xds, Contour, Linkerd or Emissary (Ambassador), and Emissary's Mappings, and
/// prints for each Service the equivalent chancery.dev annotations that it lacks. A Mapping is written onto the Service that it
/// names, wherever it is defined, so pass Services and Mappings together. What has no equivalent is printed as a comment and
/// reported on stderr, as with `chancery lint`; the exit code is then 1. Once the annotations are applied, there is nothing left
/// to convert, and `serve` needs no --compat.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chancery convert ./services > chancery.yaml
  kubectl get services,ingresses,mappings.getambassador.io -A -o yaml | chancery convert - | kubectl apply --server-side -f -
  chancery convert ./services -o text | sh
  chancery convert ./services --compat projectcontour.io")]
pub(super) struct Convert {
    /// Directories and files of manifests; - for standard input
    #[arg(value_name = "DIR|FILE|-", required = true)]
    paths: Vec<PathBuf>,

    /// Products to convert from: xds.lmwn.com, projectcontour.io, linkerd.io, getambassador.io, or all
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "all")]
    compat: Vec<Compat>,

    /// Output format: yaml, patches for kubectl apply --server-side; text, kubectl annotate commands
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
        let found = load_convertible(&paths).map_err(Failure::input)?;
        let wrong = |RejectedAt { file, line, rejected }: &RejectedAt| Problem {
            file: Some(Arc::clone(file)),
            line: *line,
            rejected: rejected.clone(),
        };
        for template in found.templates.iter().map(wrong) {
            eprintln!("{template}");
        }
        let mut problems: Vec<Problem> = found.rejected.iter().map(wrong).collect();
        let mappings = if compat.reads(compat::Product::Ambassador) {
            problems.extend(found.unusable_mappings.iter().map(wrong));
            problems.extend(found.tcp_mappings.iter().map(is_left_out));
            let all = mappings::every(&found, &mut problems);
            by_service(all, &found, &mut problems)
        } else {
            BTreeMap::new()
        };

        let mut converted = Vec::new();
        let mut taken = BTreeMap::new();
        let keys: BTreeSet<&Key> = found.services.keys().chain(mappings.keys()).collect();
        for key in keys {
            let mappings = mappings.get(key).map_or(&[][..], Vec::as_slice);
            converted.push(convert(compat, key, found.services.get(key), mappings, &mut taken));
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
        // A template holds traffic that nobody sees here.
        Ok(if problems.is_empty() && found.templates.is_empty() { Exit::Ok } else { Exit::Input })
    }
}

/// Translates what is said of one Service, but for what it says in our words already.
fn convert(
    compat: Compat,
    key: &Key,
    service: Option<&Declared<Annotated>>,
    mappings: &[Declared<Mapping>],
    taken: &mut BTreeMap<Claim, Holder>,
) -> Converted {
    let nothing = Annotated::default();
    let Annotated { annotations, ports, external_name } = service.map_or(&nothing, |service| &service.it);
    let objects: Vec<Mapping> = mappings.iter().map(|mapping| mapping.it.clone()).collect();
    let subject = Subject { key, annotations, ports: ports.as_deref(), external_name: *external_name };
    let translation = compat::translate(compat, subject, Mappings::These(&objects));
    let mut rejected = split_elsewhere(key, &translation, taken);
    let (translated, more) = Translated::parse(&ObjectRef::service(key), translation);
    rejected.extend(more);
    if let (Some(ports), false) = (ports, external_name) {
        rejected.extend(misfits(key, annotations, ports, &translated));
    }
    rejected.extend(objects.first().filter(|_| service.is_none()).map(|first| is_unknown(key, first)));

    let says = |name: &str| annotations.contains_key(&format!("{PREFIX}{name}"));
    let lacking = translated.good().filter(|(name, _)| {
        let (plain, port) = name.split_once('.').unwrap_or((name, ""));
        let named = ports.iter().flatten().filter(|one| one.number.to_string() == port);
        !says(name) && !says(plain) && !named.into_iter().any(|port| says(&format!("{plain}.{}", port.name)))
    });
    let annotations = lacking.map(|(name, text)| (format!("{PREFIX}{name}"), text.to_owned())).collect();
    let located = |rejected: Rejected| {
        let mapping = mappings.iter().find(|mapping| mapping.it.holds(&rejected.field));
        let place = mapping.map(|mapping| (&mapping.file, mapping.line));
        let place = place.or_else(|| service.map(|service| (&service.file, service.line)));
        Problem { file: place.map(|(file, _)| Arc::clone(file)), line: place.map(|(_, line)| line), rejected }
    };
    Converted { key: key.clone(), annotations, problems: rejected.into_iter().map(located).collect() }
}

/// What of it can't be on a Service of these ports, or not together, beside what the Service says in our words.
fn misfits(
    key: &Key,
    annotations: &BTreeMap<String, String>,
    ports: &[object::Port],
    translated: &Translated,
) -> Vec<Rejected> {
    let service = object::Service {
        key: key.clone(),
        created: i64::MAX,
        settings: Settings::parse(&ObjectRef::service(key), annotations).0,
        translated: Some(Box::new(translated.clone())),
        ports: ports.to_vec(),
        external_name: false,
        publish_not_ready: false,
        zone_routing: ZoneRouting::default(),
        traffic: object::Traffic::default(),
    };
    let is_translated = |rejected: &Rejected| translated.fields().any(|field| *field == rejected.field);
    resolve(&service, None).rejected.into_iter().filter(is_translated).collect()
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
