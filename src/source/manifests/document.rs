//! One document of a file to the objects in it.

use std::sync::Arc;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::discovery::v1 as discovery;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::de::DeserializeOwned;

use crate::model::compat::{OPT_IN, Product, is_mapping};
use crate::model::settings::PREFIX;
use crate::model::{Concern, Converted, Key, Kind, ObjectRef, Reason, Rejected};
use crate::source::objects::{Conversion, WEIGHT_LABEL, object_ref};

use super::astray::{astray, misplaced};
use super::compose::{ComposeError, compose};
use super::decode::{Mistake, decode};
use super::node::{Node, Value};
use super::template;
use super::trace::{mentions, trace};
use super::walk::{Met, walk};

/// What one document gives. Its lines are counted from its own beginning, so that it keeps when it moves in its file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    /// The objects of our kinds, in their order.
    pub objects: Vec<Arc<Located>>,
    /// What belongs to no object.
    pub complaints: Vec<Complaint>,
    /// Whether it can't be parsed, or not before it is rendered, so that nobody knows what is in it.
    pub broken: bool,
    /// Whether something stands in it that Kubernetes takes for no object, in the place of one perhaps.
    pub odd: bool,
    /// What it holds besides objects, if anything.
    pub other: Option<Other>,
    /// Whether it holds objects of any kind.
    pub has_objects: bool,
    /// The objects of the old kind Endpoints: the line of each, and the Service of its name.
    pub endpoints: Vec<(u32, Key)>,
    /// How many objects besides Services say what Emissary does, where its annotations are read.
    pub mappings: usize,
}

/// What isn't an object. The later, the more there is to say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Other {
    /// Something with neither `apiVersion` nor `kind`.
    Foreign,
    /// Text that can't be parsed.
    Unparsable,
    /// A template of objects.
    Template,
}

/// An object, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Located {
    /// The line where it begins.
    pub line: u32,
    /// The object.
    pub converted: Converted,
    /// The line of each of [`Converted::rejected`].
    pub lines: Vec<u32>,
}

/// Something wrong that belongs to no object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The line.
    pub line: u32,
    /// What stands there, shortened. Nothing of what isn't an object is ever shown: it may be a secret.
    pub value: String,
    /// The kind of mistake.
    pub reason: Reason,
    /// What is wrong and what is expected.
    pub message: String,
    /// What is in force meanwhile.
    pub meanwhile: &'static str,
    /// Whose business it is.
    pub concern: Concern,
}

/// What is said of a file that can't be parsed.
pub const KEPT: &str = "the rest of the file is served, and what the file gave before stays";

/// What is said of an object that can't be used.
const OBJECT_KEPT: &str = "the object is left as it was before";

/// What is said of something that isn't an object.
pub const IGNORED: &str = "it is left out";

impl Document {
    /// Reads the text of one document.
    pub fn read(bytes: &[u8], conversion: Conversion) -> Self {
        let mut document = Self::default();
        match text(bytes).and_then(|text| Ok((compose(text)?, mentions(text)))) {
            Ok((nodes, mentioned)) => {
                let reading = Reading { conversion, mentioned };
                for node in &nodes {
                    walk(node, &mut |met| document.add(&met, reading));
                }
            }
            Err(error) => document.unparsable(bytes, error),
        }
        document
    }

    fn unparsable(&mut self, bytes: &[u8], ComposeError { line, message }: ComposeError) {
        if text(bytes).is_ok_and(template::has_action) {
            return self.template(line, trace(bytes) == Concern::Ours);
        }
        self.broken = true;
        self.other = self.other.max(Some(Other::Unparsable));
        self.complaints.push(Complaint {
            line,
            value: String::new(),
            reason: Reason::Unparsable,
            message,
            meanwhile: KEPT,
            concern: trace(bytes),
        });
    }

    /// It can't be used before it is rendered; only somebody who meant it for us has to hear of it.
    fn template(&mut self, line: u32, is_ours: bool) {
        self.broken = true;
        self.other = Some(Other::Template);
        let concern = if is_ours { Concern::Ours } else { Concern::Nobody };
        let (reason, message) = (Reason::DoubtfulObject, template::MESSAGE.to_owned());
        self.complaints.push(Complaint { line, value: String::new(), reason, message, meanwhile: IGNORED, concern });
    }

    /// Adds what was met in the document.
    fn add(&mut self, met: &Met<'_, '_>, reading: Reading) {
        match *met {
            Met::Object(api_version, kind, node) => {
                self.has_objects = true;
                self.convert(api_version, kind, node, reading);
            }
            Met::NoMapping(node) => self.no_mapping(node),
            Met::NoKind(node) => self.without_kind(node),
            Met::NoItems(items) if reading.mentioned => {
                let message = format!("`items` is {}; expected a list", items.node.noun());
                self.complain(items.line, String::new(), Reason::InvalidObject, message);
            }
            Met::NoItems(_) => {}
        }
    }

    fn convert(&mut self, api_version: &str, kind: &str, node: &Node<'_>, reading: Reading) {
        let Reading { conversion, mentioned } = reading;
        if mentioned && matches!((api_version, kind), ("v1", "Namespace" | "Service")) {
            misplaced(node, &mut |line, message| self.astray(line, message));
        }
        match (api_version, kind) {
            ("v1", "Namespace") => {
                return self.object(Kind::Namespace, node, reading, |it: core::Namespace| conversion.namespace(&it));
            }
            ("v1", "Service") => {
                return self.object(Kind::Service, node, reading, |it: core::Service| conversion.service(&it));
            }
            ("discovery.k8s.io/v1", "EndpointSlice") => {
                return self.object(Kind::EndpointSlice, node, reading, |it: discovery::EndpointSlice| {
                    conversion.endpoint_slice(&it)
                });
            }
            // As in the cluster, where the watch selects on the label.
            ("v1", "Pod") => {
                let labels = node.get("metadata").and_then(|metadata| metadata.get("labels"));
                if labels.is_some_and(|labels| labels.entry(WEIGHT_LABEL).is_some()) {
                    return self.object(Kind::Pod, node, reading, |it: core::Pod| conversion.pod(&it));
                }
            }
            ("v1", "Endpoints") => self.endpoints.extend(key(node).map(|key| (node.line, key))),
            _ if self.has_other_case(node, api_version, kind, reading) => return,
            _ => self.other_version(node, api_version, kind),
        }
        if conversion.compat.reads(Product::Ambassador) && is_emissarys(api_version, kind, node) {
            self.mappings += 1;
        }
        if node.get("metadata").is_none_or(|metadata| metadata.get("name").is_none()) {
            self.not_one(node.line, format!("holds an object of the kind {} without a name", Rejected::shorten(kind)));
        }
        if mentioned {
            astray(api_version, kind, node, &mut |line, message| self.astray(line, message));
        }
    }

    /// Tells of a key of ours where it has no effect.
    fn astray(&mut self, line: u32, message: String) {
        self.complaints.push(Complaint {
            line,
            value: String::new(),
            reason: Reason::DoubtfulObject,
            message,
            meanwhile: "it is ignored",
            concern: Concern::Ours,
        });
    }

    /// Whether the kind is one of ours but for the case of its letters, which Kubernetes doesn't know; tells of it.
    fn has_other_case(
        &mut self,
        node: &Node<'_>,
        api_version: &str,
        kind: &str,
        Reading { conversion, mentioned: _ }: Reading,
    ) -> bool {
        let is_meant = |one: &Kind| {
            let expected = if *one == Kind::EndpointSlice { "discovery.k8s.io/v1" } else { "v1" };
            api_version == expected
                && *one != Kind::Pod
                && one.as_str() != kind
                && one.as_str().eq_ignore_ascii_case(kind)
        };
        let Some(meant) = Kind::ALL.into_iter().find(is_meant) else { return false };
        let name = node.get("metadata").and_then(|metadata| metadata.get("name")).and_then(Node::as_str);
        let concern = if is_annotated(node) {
            Concern::Ours
        } else {
            conversion.concern(meant, &readable_metadata(name.unwrap_or_default(), node))
        };
        self.odd = true;
        self.complaints.push(Complaint {
            line: node.line_of("kind"),
            value: Rejected::shorten(kind),
            reason: Reason::InvalidObject,
            message: format!("is no kind; expected {meant}, in these letters"),
            meanwhile: IGNORED,
            concern,
        });
        true
    }

    /// A string, a list, a number. `kubectl` takes no list of objects, but somebody may have meant one for us.
    fn no_mapping(&mut self, node: &Node<'_>) {
        self.other = self.other.max(Some(Other::Foreign));
        self.not_one(node.line, format!("is {}; expected a Kubernetes object", node.noun()));
        let Value::Sequence(items) = &node.value else { return };
        let is_object = |item: &&Node<'_>| ["apiVersion", "kind"].iter().all(|key| item.get(key).is_some());
        if items.iter().filter(is_object).any(is_annotated) {
            let message = "is a list; expected an object: of the kind List, with these as its `items`".to_owned();
            self.complain(node.line, String::new(), Reason::InvalidObject, message);
        }
    }

    fn without_kind(&mut self, node: &Node<'_>) {
        let [api_version, kind] = ["apiVersion", "kind"].map(|field| node.get(field));
        if !is_annotated(node) {
            self.other = self.other.max(Some(Other::Foreign));
            let message = "lacks `apiVersion` or `kind`; expected a Kubernetes object".to_owned();
            return self.not_one(node.line, message);
        }
        self.odd = true;
        self.has_objects = true;
        let missing = if kind.and_then(Node::as_str).is_some() { "apiVersion" } else { "kind" };
        let (reason, message) = match (api_version, kind, node.get(missing)) {
            (None, None, _) => {
                let message = "`apiVersion` and `kind` are missing, which a Kubernetes object has".to_owned();
                (Reason::DoubtfulObject, message)
            }
            (_, _, Some(wrong)) => {
                (Reason::InvalidObject, format!("`{missing}` is {}; expected a string", wrong.noun()))
            }
            (_, _, None) => (Reason::InvalidObject, format!("`{missing}` is missing; expected a Kubernetes object")),
        };
        self.complain(node.line, String::new(), reason, message);
    }

    /// A kind that we don't read is none of our business, but another version of one that we do is, with our annotations.
    fn other_version(&mut self, node: &Node<'_>, api_version: &str, kind: &str) {
        let expected = match (api_version.rsplit_once('/').map_or("", |(group, _)| group), kind) {
            ("", "Namespace" | "Service" | "Pod") => "v1",
            ("discovery.k8s.io", "EndpointSlice") => "discovery.k8s.io/v1",
            _ => return,
        };
        if !is_annotated(node) {
            return;
        }
        let message = format!("is no version of {kind} that can be read; expected {expected}");
        let value = Rejected::shorten(api_version);
        self.complain(node.line_of("apiVersion"), value, Reason::InvalidObject, message);
    }

    fn object<T: DeserializeOwned>(
        &mut self,
        kind: Kind,
        node: &Node<'_>,
        Reading { conversion, mentioned }: Reading,
        convert: impl FnOnce(T) -> Converted,
    ) {
        if template::is_template(kind, node) {
            return self.template(node.line, mentioned);
        }
        let metadata = node.get("metadata");
        let name = |field| metadata.and_then(|metadata| metadata.get(field));
        let Some(Some(own)) = name("name").map(Node::as_str) else {
            let message = match name("name") {
                Some(wrong) => format!(
                    "`metadata.name` of this {kind} is {}; expected a string: write \"{}\"",
                    wrong.noun(),
                    wrong.scalar().map_or_else(String::new, |(text, _)| Rejected::shorten(text)),
                ),
                None => format!("`metadata.name` of this {kind} is missing"),
            };
            let concern = conversion.concern(kind, &readable_metadata("", node));
            self.odd = true;
            return self.complaints.push(Complaint {
                line: node.line_of("metadata.name"),
                value: String::new(),
                reason: Reason::InvalidObject,
                message,
                meanwhile: IGNORED,
                concern,
            });
        };
        let converted = match decode(node) {
            Ok(object) => convert(object),
            Err(mistakes) => {
                let metadata = readable_metadata(own, node);
                let id = object_ref(kind, &metadata);
                let lines = mistakes.iter().map(|mistake| mistake.line).collect();
                let rejected = mistakes.into_iter().map(|mistake| reject(&id, mistake)).collect();
                let converted = Converted { id, object: None, rejected, concern: conversion.concern(kind, &metadata) };
                return self.objects.push(Arc::new(Located { line: node.line, converted, lines }));
            }
        };
        let mut converted = converted;
        converted.rejected.iter_mut().for_each(|rejected| say_missing(rejected, node));
        let lines = converted.rejected.iter().map(|rejected| node.line_of(&rejected.field)).collect();
        self.objects.push(Arc::new(Located { line: node.line, converted, lines }));
    }

    /// Notes something that is no object. It is nobody's business unless an object stood there before.
    fn not_one(&mut self, line: u32, message: String) {
        self.odd = true;
        self.complaints.push(Complaint {
            line,
            value: String::new(),
            reason: Reason::InvalidObject,
            message,
            meanwhile: IGNORED,
            concern: Concern::Nobody,
        });
    }

    /// Complains of something that was meant for us.
    fn complain(&mut self, line: u32, value: String, reason: Reason, message: String) {
        let concern = Concern::Ours;
        self.complaints.push(Complaint { line, value, reason, message, meanwhile: IGNORED, concern });
    }
}

/// What matters for how a document is read.
#[derive(Clone, Copy)]
struct Reading {
    conversion: Conversion,
    /// Whether a key of ours stands in it.
    mentioned: bool,
}

/// Whether an object has an annotation of ours.
fn is_annotated(node: &Node<'_>) -> bool {
    let annotations = node.get("metadata").and_then(|metadata| metadata.get("annotations"));
    let Some(Node { line: _, value: Value::Mapping(entries) }) = annotations else { return false };
    entries.iter().any(|entry| entry.key.starts_with(PREFIX))
}

/// Whether an object that is no Service is a Mapping of Emissary, or carries some.
fn is_emissarys(api_version: &str, kind: &str, node: &Node<'_>) -> bool {
    let carries = |node: &Node<'_>| node.get("metadata")?.get("annotations")?.get(OPT_IN).map(|_| ());
    is_mapping(api_version, kind) || kind == "Ingress" && carries(node).is_some()
}

/// What an object is called that is of none of our kinds.
fn key(node: &Node<'_>) -> Option<Key> {
    let metadata = readable_metadata(node.get("metadata")?.get("name")?.as_str()?, node);
    match object_ref(Kind::Service, &metadata) {
        ObjectRef::Object(_, key) => Some(key),
        ObjectRef::File(_) => None,
    }
}

/// What can be read of the metadata of an object that can't be read as a whole.
pub fn readable_metadata(name: &str, node: &Node<'_>) -> ObjectMeta {
    let metadata = node.get("metadata");
    let texts = |field| {
        let Some(Node { line: _, value: Value::Mapping(entries) }) = metadata.and_then(|metadata| metadata.get(field))
        else {
            return None;
        };
        let text = |node: &Node<'_>| node.scalar().map_or_else(String::new, |(text, _)| text.to_owned());
        Some(entries.iter().map(|entry| (entry.key.to_string(), text(&entry.node))).collect())
    };
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: metadata.and_then(|it| it.get("namespace")).and_then(Node::as_str).map(str::to_owned),
        labels: texts("labels"),
        annotations: texts("annotations"),
        ..ObjectMeta::default()
    }
}

/// A port without number reads as 0; says that there is none.
fn say_missing(rejected: &mut Rejected, node: &Node<'_>) {
    let number = rejected.field.strip_prefix("spec.ports[").and_then(|rest| rest.strip_suffix("].port"));
    let Some(Ok(index)) = number.map(str::parse::<usize>) else { return };
    let Some(Value::Sequence(ports)) = node.get("spec").and_then(|spec| spec.get("ports")).map(|ports| &ports.value)
    else {
        return;
    };
    if ports.get(index).is_some_and(|port| port.get("port").is_none()) {
        rejected.value.clear();
        "missing; expected 1 to 65535".clone_into(&mut rejected.message);
    }
}

/// A mistake in an object that costs the object.
pub fn reject(object: &ObjectRef, Mistake { field, line: _, value, message }: Mistake) -> Rejected {
    let reason =
        if field.starts_with("metadata.annotations") { Reason::InvalidAnnotation } else { Reason::InvalidObject };
    Rejected { object: object.clone(), field, value, reason, message, meanwhile: OBJECT_KEPT.to_owned() }
}

/// A document as text; YAML in anything but UTF-8 is refused.
pub fn text(bytes: &[u8]) -> Result<&str, ComposeError> {
    let line = |at: usize| {
        let lines = bytes.get(..=at).unwrap_or(bytes).split(|byte| *byte == b'\n').count();
        u32::try_from(lines).unwrap_or(u32::MAX)
    };
    let garbage = |at: usize, message: String| Err(ComposeError { line: line(at), message });
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return garbage(0, "is UTF-16 text; expected UTF-8".to_owned());
    }
    let text = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.valid_up_to();
            let byte = bytes.get(at).copied().unwrap_or_default();
            return garbage(at, format!("the byte 0x{byte:02x} isn't UTF-8 text; expected YAML or JSON"));
        }
    };
    let control = |character: char| matches!(character, '\0'..='\x08' | '\x0b'..='\x1f' | '\x7f') && character != '\r';
    match text.char_indices().find(|(_, character)| control(*character)) {
        Some((at, found)) => garbage(
            at,
            format!("the control character 0x{:02x} isn't allowed; expected YAML or JSON", u32::from(found)),
        ),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests;
