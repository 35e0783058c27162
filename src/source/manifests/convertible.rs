//! What `chancery convert` reads: Services with all their annotations, and Emissary's Mappings.
//!
//! What can't be read is told if it was meant for us or one of the products: a key of theirs stands in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;

use super::compose::{ComposeError, compose};
use super::contents::reject as reject_file;
use super::decode::{Mistake, decode};
use super::directory::Trouble;
use super::document::{IGNORED, readable_metadata, reject, text};
use super::load::{LoadError, STDIN, Wrong, each_file};
use super::node::Node;
use super::split::{Chunk, split};
use super::template;
use super::trace::mentions;
use super::walk::{Met, walk};
use crate::model::compat::{Mapping, Product, is_mapping};
use crate::model::settings::PREFIX;
use crate::model::{Key, Kind, ObjectRef, Reason};
use crate::source::lower::object_ref;

/// All that some directories and files hold of it.
#[derive(Debug, Default)]
pub struct Convertible {
    /// The Services and their annotations; of several with one name the first.
    pub services: BTreeMap<Key, Declared<BTreeMap<String, String>>>,
    /// The Mappings that are objects of their own, in the order of files.
    pub mappings: Vec<Declared<Mapping>>,
    /// What can't be read.
    pub rejected: Vec<Wrong>,
    /// Templates with annotations or Mappings in them, which have to be rendered first.
    pub templates: Vec<Wrong>,
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

/// Of a Service only this is read, so that what was printed for `kubectl apply` can be read again.
#[derive(Deserialize)]
struct Service {
    metadata: ObjectMeta,
}

#[derive(Deserialize)]
struct MappingObject {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: serde_json::Map<String, serde_json::Value>,
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
        for Chunk { offset, bytes } in split(bytes) {
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
        if (kind == ("v1", "Service") || is_mapping(kind.0, kind.1)) && template::is_template(Kind::Service, node) {
            if is_mapping(kind.0, kind.1) || is_annotated(node) {
                self.template(path, line);
            }
        } else if kind == ("v1", "Service") {
            match decode(node) {
                Ok(Service { metadata }) => {
                    let annotations = metadata.annotations.clone().unwrap_or_default();
                    let declared = Declared { file, line, it: annotations };
                    self.services.entry(key(&metadata)).or_insert(declared);
                }
                Err(mistakes) if is_annotated(node) => self.mistaken(path, offset, &name(node), mistakes),
                Err(_) => {}
            }
        } else if is_mapping(kind.0, kind.1) {
            match decode(node) {
                Ok(MappingObject { metadata, spec }) => {
                    let Key { namespace, name } = key(&metadata);
                    self.mappings.push(Declared { file, line, it: Mapping::object(&namespace, &name, spec) });
                }
                Err(mistakes) => self.mistaken(path, offset, &ObjectRef::File(file), mistakes),
            }
        }
    }

    fn mistaken(&mut self, path: &Arc<str>, offset: u32, object: &ObjectRef, mistakes: Vec<Mistake>) {
        self.rejected.extend(mistakes.into_iter().map(|mistake| Wrong {
            file: Arc::clone(path),
            line: Some(offset.saturating_add(mistake.line)),
            rejected: reject(object, mistake),
        }));
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
    let is_known = |key: String| {
        let domain = key.split_once('/').map_or("", |(domain, _)| domain);
        let of = |product: Product| {
            domain.strip_suffix(product.as_str()).is_some_and(|sub| sub.is_empty() || sub.ends_with('.'))
        };
        key.starts_with(PREFIX) || Product::ALL.into_iter().any(of)
    };
    keys.into_iter().any(is_known)
}

fn key(metadata: &ObjectMeta) -> Key {
    match object_ref(Kind::Service, metadata) {
        ObjectRef::Object(_, key) => key,
        ObjectRef::File(name) => Key::new("", name),
    }
}

/// What a Service is called whose metadata can't be read as a whole.
fn name(node: &Node<'_>) -> ObjectRef {
    let of = |field| node.get("metadata")?.get(field)?.as_str().map(str::to_owned);
    object_ref(Kind::Service, &ObjectMeta { name: of("name"), namespace: of("namespace"), ..ObjectMeta::default() })
}

#[cfg(test)]
mod tests;
