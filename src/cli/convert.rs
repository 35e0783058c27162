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
use crate::model::compat::{self, Compat, Destination, Mapping, Mappings, Subject, Translation};
use crate::model::settings::{PREFIX, Translated};
use crate::model::{Key, ObjectRef, Reason, Rejected};
use crate::source::manifests::{Annotated, Convertible, Declared, Wrong, load_convertible};

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

/// A Mapping, and the Service in whose annotation it stands, if it does.
struct Carried {
    carrier: Option<Key>,
    mapping: Declared<Mapping>,
}

/// A host and a prefix that the Mappings of one Service take.
type Claim = (String, String);

impl Convert {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Exit, Failure> {
        let Self { paths, compat, output } = self;
        let compat: Compat = compat.into_iter().collect();
        let found = load_convertible(&paths).map_err(Failure::input)?;
        let wrong = |Wrong { file, line, rejected }: &Wrong| Problem {
            file: Some(Arc::clone(file)),
            line: *line,
            rejected: rejected.clone(),
        };
        let mut problems: Vec<Problem> = found.rejected.iter().map(wrong).collect();
        let mappings = if compat.reads(compat::Product::Ambassador) {
            problems.extend(found.tcp_mappings.iter().map(is_left_out));
            let carried = mappings(&found, &mut problems);
            by_service(carried, &found, &mut problems)
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
        Ok(if problems.is_empty() { Exit::Ok } else { Exit::Input })
    }
}

/// Every Mapping there is, in annotations and as an object of its own.
fn mappings(found: &Convertible, problems: &mut Vec<Problem>) -> Vec<Carried> {
    let mut all = Vec::new();
    for (key, Declared { file, line, it }) in &found.services {
        let (mappings, rejected) = compat::embedded(key, &it.annotations);
        problems.extend(rejected.into_iter().map(|rejected| problem(file, *line, rejected)));
        let carried =
            |it| Carried { carrier: Some(key.clone()), mapping: Declared { file: file.clone(), line: *line, it } };
        all.extend(mappings.into_iter().map(carried));
    }
    for Declared { file, line, it: (key, annotations) } in &found.ingresses {
        let ingress = format!("Ingress {key}");
        let (mappings, rejected) = compat::embedded(key, annotations);
        problems.extend(rejected.into_iter().map(|rejected| {
            let field = format!("{ingress}: {}", rejected.field);
            of_file(file, *line, Rejected { field, ..rejected })
        }));
        let carried = |it: Mapping| Carried {
            carrier: None,
            mapping: Declared { file: file.clone(), line: *line, it: it.of(&ingress) },
        };
        all.extend(mappings.into_iter().map(carried));
    }
    all.extend(found.mappings.iter().map(|mapping| Carried { carrier: None, mapping: mapping.clone() }));
    all
}

/// The Mappings of each Service, those in its own annotation first. Says which are about no Service.
fn by_service(
    carried: Vec<Carried>,
    found: &Convertible,
    problems: &mut Vec<Problem>,
) -> BTreeMap<Key, Vec<Declared<Mapping>>> {
    let is_there = |key: &Key| found.services.contains_key(key) || found.namespaces.contains(&*key.namespace);
    let mut own: BTreeMap<Key, Vec<Declared<Mapping>>> = BTreeMap::new();
    let mut others = own.clone();
    for Carried { carrier, mapping: Declared { file, line, it } } in carried {
        match (it.destination(), carrier) {
            (Destination::Service(key) | Destination::Either(key), Some(carrier)) if key == carrier => {
                own.entry(key).or_default().push(Declared { file, line, it });
            }
            (destination, carrier) => {
                let key = match destination {
                    Destination::Service(key) => Some(key),
                    Destination::Either(key) => Some(key).filter(is_there),
                    Destination::Elsewhere(_) | Destination::Nowhere(_) => None,
                };
                let Some(key) = key else {
                    problems.push(match carrier {
                        Some(carrier) => problem(&file, line, it.left_out(ObjectRef::service(&carrier))),
                        None => of_file(&file, line, it.left_out(ObjectRef::File(Arc::clone(&file)))),
                    });
                    continue;
                };
                let it = match carrier {
                    Some(carrier) => it.of(&ObjectRef::service(&carrier).to_string()),
                    None => it,
                };
                others.entry(key).or_default().push(Declared { file, line, it });
            }
        }
    }
    for (key, mappings) in others {
        own.entry(key).or_default().extend(mappings);
    }
    own
}

/// Translates what is said of one Service, but for what it says in our words already.
fn convert(
    compat: Compat,
    key: &Key,
    service: Option<&Declared<Annotated>>,
    mappings: &[Declared<Mapping>],
    taken: &mut BTreeMap<Claim, Key>,
) -> Converted {
    let nothing = Annotated::default();
    let Annotated { annotations, ports } = service.map_or(&nothing, |service| &service.it);
    let objects: Vec<Mapping> = mappings.iter().map(|mapping| mapping.it.clone()).collect();
    let subject = Subject { key, annotations, ports: ports.as_deref() };
    let translation = compat::translate(compat, subject, Mappings::These(&objects));
    let mut rejected = split_elsewhere(key, &translation, taken);
    let (translated, more) = Translated::parse(&ObjectRef::service(key), translation);
    rejected.extend(more);
    rejected.extend(objects.first().filter(|_| service.is_none()).map(|first| is_unknown(key, first)));

    let says = |name: &str| annotations.contains_key(&format!("{PREFIX}{name}"));
    let lacking = translated.good().filter(|(name, _)| {
        let (plain, port) = name.split_once('.').unwrap_or((name, ""));
        let named = ports.iter().flatten().filter(|one| one.number.to_string() == port);
        !says(name) && !says(plain) && !named.into_iter().any(|port| says(&format!("{plain}.{}", port.name)))
    });
    let annotations = lacking.map(|(name, text)| (format!("{PREFIX}{name}"), text.to_owned())).collect();
    let located = |rejected: Rejected| {
        let mapping = mappings.iter().find(|mapping| rejected.field.starts_with(mapping.it.origin()));
        let place = mapping.map(|mapping| (&mapping.file, mapping.line));
        let place = place.or_else(|| service.map(|service| (&service.file, service.line)));
        Problem { file: place.map(|(file, _)| Arc::clone(file)), line: place.map(|(_, line)| line), rejected }
    };
    Converted { key: key.clone(), annotations, problems: rejected.into_iter().map(located).collect() }
}

/// Says of what the Mappings of a Service take that an earlier Service takes it, too: Emissary gives some requests to each.
fn split_elsewhere(key: &Key, translation: &Translation, taken: &mut BTreeMap<Claim, Key>) -> Vec<Rejected> {
    let items = |name: &str| translation.settings.iter().find(|setting| setting.name == name).map(|found| &found.items);
    let mut rejected = Vec::new();
    for setting in &translation.settings {
        let Some(port) = setting.name.strip_prefix("routes.") else { continue };
        for host in items(&format!("hosts.{port}")).into_iter().flat_map(BTreeMap::keys) {
            for (prefix, place) in &setting.items {
                let first = taken.entry((host.clone(), prefix.clone())).or_insert_with(|| key.clone());
                if first != key {
                    rejected.push(Rejected {
                        object: ObjectRef::service(key),
                        field: place.field.clone(),
                        value: Rejected::shorten(prefix),
                        reason: Reason::Duplicate,
                        message: format!(
                            "Service {first} takes it on host {host}, too; Emissary splits the requests, and here the older \
                             Service has all of them"
                        ),
                        meanwhile: "the annotations are printed for both".to_owned(),
                    });
                }
            }
        }
    }
    rejected
}

/// Says that nobody knows the Service of a Mapping.
fn is_unknown(key: &Key, mapping: &Mapping) -> Rejected {
    Rejected {
        reason: Reason::DoubtfulAnnotation,
        message: "there is no such Service among what was read, so nobody knows what ports and annotations it has"
            .to_owned(),
        meanwhile: "the annotations are printed all the same".to_owned(),
        ..mapping.left_out(ObjectRef::service(key))
    }
}

fn is_left_out(tcp_mapping: &Declared<Key>) -> Problem {
    let Declared { file, line, it } = tcp_mapping;
    let rejected = Rejected {
        object: ObjectRef::File(Arc::clone(file)),
        field: format!("TCPMapping {it}"),
        value: String::new(),
        reason: Reason::Unsupported,
        message: "connections that aren't HTTP aren't routed here".to_owned(),
        meanwhile: "it is left out".to_owned(),
    };
    of_file(file, *line, rejected)
}

/// What is said of an object of a kind that only `convert` knows: then the message names the field.
fn of_file(file: &Arc<str>, line: u32, rejected: Rejected) -> Problem {
    let Rejected { object: _, field, value, reason, message, meanwhile } = rejected;
    let value = if value.is_empty() { value } else { format!("\"{value}\": ") };
    let rejected = Rejected {
        object: ObjectRef::File(Arc::clone(file)),
        field: format!("line {line}"),
        value: String::new(),
        reason,
        message: format!("{field}: {value}{message}"),
        meanwhile,
    };
    problem(file, line, rejected)
}

fn problem(file: &Arc<str>, line: u32, rejected: Rejected) -> Problem {
    Problem { file: Some(Arc::clone(file)), line: Some(line), rejected }
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
