//! Reads the input of `chancery convert`: Services with all annotations, and Mappings.
//!
//! What can't be read is told if it was meant for us or one of the products: a key of theirs stands in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;
use serde_json::Value;

use super::compose::compose;
use super::decode::decode;
use super::disk::ReadError;
use super::encoding::{text, to_utf8};
use super::found::{Declared, RejectedAt};
use super::issue::Issue;
use super::load::{LoadError, STDIN, each_file};
use super::node::Node;
use super::split::{Chunk, split};
use super::template;
use super::trace::mentions;
use super::walk::{Met, walk};
use crate::model::compat::{self, Mapping, Product, is_mapping, is_mapping_of_other_version, is_tcp_mapping};
use crate::model::settings::PREFIX;
use crate::model::{Key, Kind, ObjectRef, Reason, Rejected, object};
use crate::source::objects::object_ref;

/// All that some directories and files hold of it.
#[derive(Debug, Default)]
pub struct Convertible {
    /// The Services; of several with one name the first.
    pub services: BTreeMap<Key, Declared<Annotated>>,
    /// Every namespace in which something stands, of whatever kind.
    pub namespaces: BTreeSet<String>,
    /// The Ingresses with an annotation of Emissary's, in the order of files.
    pub ingresses: Vec<Declared<(Key, BTreeMap<String, String>)>>,
    /// The Mappings that are objects of their own, in the order of files.
    pub mappings: Vec<Declared<Mapping>>,
    /// Emissary's TCPMappings, which take traffic, too, and have no counterpart.
    pub tcp_mappings: Vec<Declared<Key>>,
    /// Mappings that can't be read whatever is in their `spec`.
    pub unusable_mappings: Vec<RejectedAt>,
    /// What can't be read.
    pub rejected: Vec<RejectedAt>,
    /// Templates with annotations or Mappings in them, which have to be rendered first.
    pub templates: Vec<RejectedAt>,
}

/// What of a Service matters for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Annotated {
    /// All its annotations.
    pub annotations: BTreeMap<String, String>,
    /// Its TCP ports; none where the manifest doesn't tell, as in what was printed for `kubectl apply`.
    pub ports: Option<Vec<object::Port>>,
    /// Whether it is an `ExternalName`.
    pub external_name: bool,
}

/// Of a Service only this is read, so that what was printed for `kubectl apply` can be read again. What is wrong with its
/// `spec` is for `lint` to say.
#[derive(Deserialize)]
struct Service {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: Value,
}

#[derive(Deserialize)]
struct Ingress {
    metadata: ObjectMeta,
}

/// Its labels and all else are for the API server to judge.
#[derive(Deserialize)]
struct MappingObject {
    #[serde(default)]
    spec: serde_json::Map<String, Value>,
}

/// Reads directories, files of any name, and standard input (`-`).
pub fn load_convertible(roots: &[PathBuf]) -> Result<Convertible, LoadError> {
    let mut found = Convertible::default();
    let mut seen = BTreeSet::new();
    each_file(roots, |path, content| {
        if !seen.insert(Arc::clone(path)) {
            return;
        }
        match content {
            Ok(bytes) => found.read(path, &bytes),
            Err(ReadError::Absent | ReadError::Dangling(_)) => {}
            Err(ReadError::Unreadable(why)) => {
                found.rejected.push(Issue::new(0, Reason::Unparsable, why).of_whole_file(path));
            }
        }
    })?;
    Ok(found)
}

impl Convertible {
    fn read(&mut self, path: &Arc<str>, bytes: &[u8]) {
        for Chunk { offset, bytes } in split(&to_utf8(bytes)) {
            let text = text(bytes);
            let is_template = text.as_ref().is_ok_and(|text| template::has_action(text));
            match text.and_then(compose) {
                Ok(documents) => {
                    for document in &documents {
                        walk(document, &mut |met| {
                            if let Met::Object(api_version, kind, node) = met {
                                self.add(path, offset, (api_version, kind), node);
                            }
                        });
                    }
                }
                Err(_) if **path != *STDIN && !is_meant(&String::from_utf8_lossy(bytes)) => {}
                Err(issue) if is_template => self.template(path, offset, issue.line),
                Err(issue) => {
                    let Issue { line, message, .. } = *issue;
                    self.rejected.push(Issue::new(line, Reason::Unparsable, message).of_file(path, offset));
                }
            }
        }
    }

    fn add(&mut self, path: &Arc<str>, offset: u32, kind: (&str, &str), node: &Node) {
        let (file, line) = (Arc::clone(path), offset.saturating_add(node.line));
        let metadata = |field| node.metadata(field)?.as_str();
        let namespace = if kind == ("v1", "Namespace") { metadata("name") } else { metadata("namespace") };
        self.namespaces.extend(namespace.map(str::to_owned));
        if (kind == ("v1", "Service") || is_mapping(kind.0, kind.1)) && template::is_template(Kind::Service, node) {
            if is_mapping(kind.0, kind.1) || is_annotated(node) {
                self.template(path, offset, node.line);
            }
        } else if kind == ("v1", "Service") {
            match decode(node) {
                Ok(Service { metadata, spec }) => {
                    let annotations = metadata.annotations.clone().unwrap_or_default();
                    let external_name = spec.get("type").and_then(Value::as_str) == Some("ExternalName");
                    let it = Annotated { annotations, ports: ports(&spec), external_name };
                    let declared = Declared { file, line, it };
                    self.services.entry(key(&metadata)).or_insert(declared);
                }
                Err(issues) => {
                    let key = key_of(node);
                    if is_annotated(node) {
                        self.issues(path, offset, &ObjectRef::service(&key), issues);
                    }
                    self.services.entry(key).or_insert(Declared { file, line, it: Annotated::default() });
                }
            }
        } else if is_mapping_of_other_version(kind.0, kind.1) {
            let (api_version, kind) = (Rejected::shorten(kind.0), Rejected::shorten(kind.1));
            let message = format!("{kind} {}: apiVersion: \"{api_version}\": {}", key_of(node), compat::not_read());
            self.unusable_mapping(path, offset, node.line_of(["apiVersion"]), message);
        } else if is_mapping(kind.0, kind.1) && metadata("name").unwrap_or_default().is_empty() {
            let message = "Mapping: metadata.name: missing; expected a string".to_owned();
            self.unusable_mapping(path, offset, node.line, message);
        } else if is_mapping(kind.0, kind.1) {
            match decode(node) {
                Ok(MappingObject { spec }) => {
                    let Key { namespace, name } = key_of(node);
                    self.mappings.push(Declared { file, line, it: Mapping::object(kind.0, &namespace, &name, spec) });
                }
                Err(issues) => {
                    let name = key_of(node);
                    let named = |issue: Issue| {
                        let value =
                            if issue.value.is_empty() { String::new() } else { format!("\"{}\": ", issue.value) };
                        let message = format!("Mapping {name}: {}: {value}{}", issue.field, issue.message);
                        Issue { value: String::new(), message, ..issue }
                    };
                    self.issues(path, offset, &ObjectRef::File(file), issues.into_iter().map(named).collect());
                }
            }
        } else if kind.1 == "Ingress" {
            // What is wrong with it otherwise is nobody's business here.
            if let Ok(Ingress { metadata }) = decode(node)
                && let Some(annotations) = metadata.annotations.as_ref().filter(|all| all.contains_key(compat::OPT_IN))
            {
                self.ingresses.push(Declared { file, line, it: (key(&metadata), annotations.clone()) });
            }
        } else if is_tcp_mapping(kind.0, kind.1) {
            self.tcp_mappings.push(Declared { file, line, it: key_of(node) });
        }
    }

    fn issues(&mut self, path: &Arc<str>, offset: u32, object: &ObjectRef, issues: Vec<Issue>) {
        self.rejected.extend(issues.into_iter().map(|issue| RejectedAt {
            file: Arc::clone(path),
            line: Some(offset.saturating_add(issue.line)),
            rejected: issue.of_object(object.clone()),
        }));
    }

    fn unusable_mapping(&mut self, path: &Arc<str>, offset: u32, line: u32, message: String) {
        let issue = Issue::new(line, Reason::InvalidObject, message);
        let issue = Issue { meanwhile: "the Mapping is ignored", ..issue };
        self.unusable_mappings.push(issue.of_file(path, offset));
    }

    fn template(&mut self, path: &Arc<str>, offset: u32, line: u32) {
        // It is rendered as a whole, however many documents it has.
        if self.templates.last().is_none_or(|last| last.file != *path) {
            let issue = Issue::new(line, Reason::DoubtfulObject, template::CONVERT);
            self.templates.push(issue.of_file(path, offset));
        }
    }
}

/// Whether something of us or of the products stands in a text, outside of comments.
fn is_meant(text: &str) -> bool {
    let lines = || text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let of_product = |product: Product| lines().any(|line| line.contains(&format!("{product}/")));
    mentions(text) || Product::ALL.into_iter().any(of_product)
}

/// Whether an object has an annotation of us or of the products.
fn is_annotated(node: &Node) -> bool {
    let is_known = |key: &str| key.starts_with(PREFIX) || Product::ALL.into_iter().any(|product| product.has(key));
    node.metadata("annotations").is_some_and(|all| all.entries().iter().any(|entry| is_known(&entry.key)))
}

fn key(metadata: &ObjectMeta) -> Key {
    match object_ref(Kind::Service, metadata) {
        ObjectRef::Object(_, key) => key,
        ObjectRef::File(name) => Key::new("", name),
    }
}

/// What an object is called whose metadata can't be read as a whole.
fn key_of(node: &Node) -> Key {
    let of = |field| node.metadata(field)?.text().map(str::to_owned);
    key(&ObjectMeta { name: of("name"), namespace: of("namespace"), ..ObjectMeta::default() })
}

/// The TCP ports in the `spec` of a Service, if all of them can be told. Those of an `ExternalName` have nothing behind them.
fn ports(spec: &Value) -> Option<Vec<object::Port>> {
    if spec.get("type").and_then(Value::as_str) == Some("ExternalName") {
        return Some(Vec::new());
    }
    let word = |port: &Value, field| port.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let is_tcp = |port: &&Value| matches!(word(port, "protocol").as_str(), "" | "TCP");
    let port = |port: &Value| {
        let number = port.get("port")?.as_u64().and_then(|number| u16::try_from(number).ok())?;
        let app_protocol = port.get("appProtocol").and_then(Value::as_str).map(Into::into);
        Some(object::Port { name: word(port, "name").into(), number, app_protocol })
    };
    spec.get("ports")?.as_array()?.iter().filter(is_tcp).map(port).collect()
}

#[cfg(test)]
mod tests;
