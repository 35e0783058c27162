//! One document of a file to the objects in it.

use std::sync::Arc;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::discovery::v1 as discovery;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::de::DeserializeOwned;

use crate::model::{Kind, Lowered, ObjectRef, Reason, Rejected};
use crate::source::lower::{Lowering, WEIGHT_LABEL, object_ref};

use super::compose::{ComposeError, compose};
use super::decode::{Mistake, decode};
use super::node::Node;
use super::walk::{Met, walk};

/// What one document gives. Its lines are counted from its own beginning, so that it keeps when it moves in its file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    /// The objects of our kinds, in their order.
    pub objects: Vec<Arc<Located>>,
    /// What belongs to no object.
    pub complaints: Vec<Complaint>,
    /// Whether it can't be parsed, so that nobody knows what is in it.
    pub broken: bool,
}

/// An object, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Located {
    /// The line where it begins.
    pub line: u32,
    /// The object.
    pub lowered: Lowered,
    /// The line of each of [`Lowered::rejected`].
    pub lines: Vec<u32>,
}

/// Something wrong that belongs to no object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The line.
    pub line: u32,
    /// What stands there, shortened.
    pub value: String,
    /// The kind of mistake.
    pub reason: Reason,
    /// What is wrong and what is expected.
    pub message: String,
    /// What is in force meanwhile.
    pub meanwhile: &'static str,
}

/// What is said of a file that can't be parsed.
pub const KEPT: &str = "the rest of the file is served, and what the file gave before stays";

/// What is said of an object that can't be used.
const OBJECT_KEPT: &str = "the object is left as it was before";

/// What is said of something that isn't an object.
pub const IGNORED: &str = "it is left out";

impl Document {
    /// Reads the text of one document.
    pub fn read(bytes: &[u8], lowering: Lowering) -> Self {
        let mut document = Self::default();
        match text(bytes).and_then(compose) {
            Ok(nodes) => nodes.iter().for_each(|node| walk(node, &mut |met| document.add(&met, lowering))),
            Err(ComposeError { line, message }) => {
                document.broken = true;
                document.complain(line, String::new(), Reason::Unparsable, message, KEPT);
            }
        }
        document
    }

    /// Adds what was met in the document.
    fn add(&mut self, met: &Met<'_, '_>, lowering: Lowering) {
        match *met {
            Met::Object(api_version, kind, node) => self.lower(api_version, kind, node, lowering),
            Met::NoMapping(node) => {
                let message =
                    format!("is {}; expected a Kubernetes object, a mapping with apiVersion and kind", node.noun());
                let value = node.scalar().map_or_else(String::new, |(text, _)| Rejected::shorten(text));
                self.complain(node.line, value, Reason::InvalidObject, message, IGNORED);
            }
            Met::NoKind(node) => self.without_kind(node),
            Met::NoItems(items) => {
                let message = format!("`items` is {}; expected a list", items.node.noun());
                self.complain(items.line, String::new(), Reason::InvalidObject, message, IGNORED);
            }
        }
    }

    fn lower(&mut self, api_version: &str, kind: &str, node: &Node<'_>, lowering: Lowering) {
        match (api_version, kind) {
            ("v1", "Namespace") => self.object(Kind::Namespace, node, |it: core::Namespace| lowering.namespace(&it)),
            ("v1", "Service") => self.object(Kind::Service, node, |it: core::Service| lowering.service(&it)),
            ("discovery.k8s.io/v1", "EndpointSlice") => {
                self.object(Kind::EndpointSlice, node, |it: discovery::EndpointSlice| lowering.endpoint_slice(&it));
            }
            // As in the cluster, where the watch selects on the label.
            ("v1", "Pod") => {
                let labels = node.get("metadata").and_then(|metadata| metadata.get("labels"));
                if labels.is_some_and(|labels| labels.entry(WEIGHT_LABEL).is_some()) {
                    self.object(Kind::Pod, node, |it: core::Pod| lowering.pod(&it));
                }
            }
            _ => self.other(node, api_version, kind),
        }
    }

    fn without_kind(&mut self, node: &Node<'_>) {
        let missing = if node.get("kind").and_then(Node::as_str).is_some() { "apiVersion" } else { "kind" };
        let message = match node.get(missing) {
            Some(wrong) => format!("`{missing}` is {}; expected a string", wrong.noun()),
            None => format!("`{missing}` is missing; expected a Kubernetes object"),
        };
        self.complain(node.line, String::new(), Reason::InvalidObject, message, IGNORED);
    }

    /// A kind that we don't read is none of our business, but an old version of one that we do is.
    fn other(&mut self, node: &Node<'_>, api_version: &str, kind: &str) {
        let expected = match (api_version.rsplit_once('/').map_or("", |(group, _)| group), kind) {
            ("", "Namespace" | "Service" | "Pod") => "v1",
            ("discovery.k8s.io", "EndpointSlice") => "discovery.k8s.io/v1",
            _ => return,
        };
        let message = format!("is no version of {kind} that can be read; expected {expected}");
        self.complain(
            node.line_of("apiVersion"),
            Rejected::shorten(api_version),
            Reason::InvalidObject,
            message,
            IGNORED,
        );
    }

    fn object<T: DeserializeOwned>(&mut self, kind: Kind, node: &Node<'_>, lower: impl FnOnce(T) -> Lowered) {
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
            return self.complain(
                node.line_of("metadata.name"),
                String::new(),
                Reason::InvalidObject,
                message,
                IGNORED,
            );
        };
        let lowered = match decode(node) {
            Ok(object) => lower(object),
            Err(mistakes) => {
                let metadata = ObjectMeta {
                    name: Some(own.to_owned()),
                    namespace: name("namespace").and_then(Node::as_str).map(str::to_owned),
                    ..ObjectMeta::default()
                };
                let id = object_ref(kind, &metadata);
                let lines = mistakes.iter().map(|mistake| mistake.line).collect();
                let rejected = mistakes.into_iter().map(|mistake| reject(&id, mistake)).collect();
                let lowered = Lowered { id, object: None, rejected };
                return self.objects.push(Arc::new(Located { line: node.line, lowered, lines }));
            }
        };
        let lines = lowered.rejected.iter().map(|rejected| node.line_of(&rejected.field)).collect();
        self.objects.push(Arc::new(Located { line: node.line, lowered, lines }));
    }

    fn complain(&mut self, line: u32, value: String, reason: Reason, message: String, meanwhile: &'static str) {
        self.complaints.push(Complaint { line, value, reason, message, meanwhile });
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
