//! What `chancery convert` reads: Services with all their annotations, and Emissary's Mappings.
//!
//! What can't be read is told if it was meant for us or one of the products: a key of theirs stands in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;
use serde_json::Value;

use super::compose::{ComposeError, compose};
use super::contents::reject as reject_file;
use super::decode::{Mistake, decode};
use super::directory::Trouble;
use super::document::{IGNORED, readable_metadata, reject, text};
use super::encoding::to_utf8;
use super::load::{LoadError, STDIN, Wrong, each_file};
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
    pub unusable_mappings: Vec<Wrong>,
    /// What can't be read.
    pub rejected: Vec<Wrong>,
    /// Templates with annotations or Mappings in them, which have to be rendered first.
    pub templates: Vec<Wrong>,
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

/// Something, and where it was declared.
#[derive(Debug, Clone, PartialEq)]
pub struct Declared<T> {
    /// The file.
    pub file: Arc<str>,
    /// The line where it begins, from 1.
    pub line: u32,
    /// What it is.
    pub it: T,
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
            Err(Trouble::Dangling(_)) => {}
            Err(Trouble::Unreadable(why)) => found.unreadable(path, None, why),
        }
    })?;
    Ok(found)
}

impl Convertible {
    fn read(&mut self, path: &Arc<str>, bytes: &[u8]) {
        for Chunk { offset, bytes } in split(&to_utf8(bytes)) {
            let text = text(bytes);
            match text.clone().and_then(compose) {
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
                Err(ComposeError { line, .. }) if text.is_ok_and(template::has_action) => {
                    self.template(path, offset.saturating_add(line));
                }
                Err(ComposeError { line, message }) => {
                    self.unreadable(path, Some(offset.saturating_add(line)), message);
                }
            }
        }
    }

    fn add(&mut self, path: &Arc<str>, offset: u32, kind: (&str, &str), node: &Node<'_>) {
        let (file, line) = (Arc::clone(path), offset.saturating_add(node.line));
        let metadata = |field| node.get("metadata")?.get(field)?.as_str();
        let namespace = if kind == ("v1", "Namespace") { metadata("name") } else { metadata("namespace") };
        self.namespaces.extend(namespace.map(str::to_owned));
        if (kind == ("v1", "Service") || is_mapping(kind.0, kind.1)) && template::is_template(Kind::Service, node) {
            if is_mapping(kind.0, kind.1) || is_annotated(node) {
                self.template(path, line);
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
                Err(mistakes) => {
                    let key = key_of(node);
                    if is_annotated(node) {
                        self.mistaken(path, offset, &ObjectRef::service(&key), mistakes);
                    }
                    self.services.entry(key).or_insert(Declared { file, line, it: Annotated::default() });
                }
            }
        } else if is_mapping_of_other_version(kind.0, kind.1) {
            let (api_version, kind) = (Rejected::shorten(kind.0), Rejected::shorten(kind.1));
            let message = format!("{kind} {}: apiVersion: \"{api_version}\": {}", key_of(node), compat::not_read());
            self.unusable_mapping(path, offset.saturating_add(node.line_of("apiVersion")), message);
        } else if is_mapping(kind.0, kind.1) && metadata("name").unwrap_or_default().is_empty() {
            let message = "Mapping: metadata.name: missing; expected a string".to_owned();
            self.unusable_mapping(path, line, message);
        } else if is_mapping(kind.0, kind.1) {
            match decode(node) {
                Ok(MappingObject { spec }) => {
                    let Key { namespace, name } = key_of(node);
                    self.mappings.push(Declared { file, line, it: Mapping::object(kind.0, &namespace, &name, spec) });
                }
                Err(mistakes) => {
                    let name = key_of(node);
                    let named = |mistake: Mistake| {
                        let Mistake { field, line, value, message } = mistake;
                        let value = if value.is_empty() { value } else { format!("\"{value}\": ") };
                        let message = format!("Mapping {name}: {field}: {value}{message}");
                        Mistake { field, line, value: String::new(), message }
                    };
                    self.mistaken(path, offset, &ObjectRef::File(file), mistakes.into_iter().map(named).collect());
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

    fn mistaken(&mut self, path: &Arc<str>, offset: u32, object: &ObjectRef, mistakes: Vec<Mistake>) {
        self.rejected.extend(mistakes.into_iter().map(|mistake| Wrong {
            file: Arc::clone(path),
            line: Some(offset.saturating_add(mistake.line)),
            rejected: reject(object, mistake),
        }));
    }

    fn unusable_mapping(&mut self, path: &Arc<str>, line: u32, message: String) {
        let meanwhile = "the Mapping is ignored".to_owned();
        let rejected = reject_file(path, Some(line), String::new(), Reason::InvalidObject, message, meanwhile);
        self.unusable_mappings.push(Wrong { file: Arc::clone(path), line: Some(line), rejected });
    }

    fn template(&mut self, path: &Arc<str>, line: u32) {
        let (reason, message) = (Reason::DoubtfulObject, template::CONVERT.to_owned());
        let rejected = reject_file(path, Some(line), String::new(), reason, message, IGNORED.to_owned());
        // It is rendered as a whole, however many documents it has.
        if self.templates.last().is_none_or(|last| last.file != *path) {
            self.templates.push(Wrong { file: Arc::clone(path), line: Some(line), rejected });
        }
    }

    fn unreadable(&mut self, path: &Arc<str>, line: Option<u32>, message: String) {
        let rejected = reject_file(path, line, String::new(), Reason::Unparsable, message, IGNORED.to_owned());
        self.rejected.push(Wrong { file: Arc::clone(path), line, rejected });
    }
}

/// Whether something of us or of the products stands in a text, outside of comments.
fn is_meant(text: &str) -> bool {
    let lines = || text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let of_product = |product: Product| lines().any(|line| line.contains(&format!("{product}/")));
    mentions(text) || Product::ALL.into_iter().any(of_product)
}

/// Whether an object has an annotation of us or of the products.
fn is_annotated(node: &Node<'_>) -> bool {
    let ObjectMeta { annotations, .. } = readable_metadata("", node);
    let keys = annotations.unwrap_or_default().into_keys();
    let is_known = |key: String| key.starts_with(PREFIX) || Product::ALL.into_iter().any(|product| product.has(&key));
    keys.into_iter().any(is_known)
}

fn key(metadata: &ObjectMeta) -> Key {
    match object_ref(Kind::Service, metadata) {
        ObjectRef::Object(_, key) => key,
        ObjectRef::File(name) => Key::new("", name),
    }
}

/// What an object is called whose metadata can't be read as a whole.
fn key_of(node: &Node<'_>) -> Key {
    let of = |field| node.get("metadata")?.get(field)?.scalar().map(|(text, _)| text.to_owned());
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
