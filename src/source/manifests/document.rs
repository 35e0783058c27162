//! Reads the objects of one document.

use std::sync::Arc;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::discovery::v1 as discovery;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::de::DeserializeOwned;

use crate::model::compat::{OPT_IN, Product, is_mapping};
use crate::model::settings::PREFIX;
use crate::model::{Concern, Converted, Key, Kind, Location, ObjectRef, Reason, Rejected, Step, meanwhile};
use crate::source::objects::{Conversion, WEIGHT_LABEL, object_ref};

use super::astray::{astray, misplaced};
use super::compose::compose;
use super::decode::decode;
use super::encoding::text;
use super::issue::Issue;
use super::node::{Node, Value};
use super::template;
use super::trace::{mentions, trace};
use super::walk::{Met, walk};

/// What one document gives. Its lines are counted from its own beginning, so that it keeps when it moves in its file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    /// The objects of our kinds, in their order.
    pub objects: Vec<Arc<Located>>,
    /// What is wrong and belongs to no object.
    pub issues: Vec<Issue>,
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
            Err(issue) if text(bytes).is_ok_and(template::has_action) => {
                document.template(issue.line, trace(bytes) == Concern::Ours);
            }
            Err(issue) => {
                document.other = Some(Other::Unparsable);
                document.issues.push(issue.concerning(trace(bytes)));
            }
        }
        document
    }

    /// Whether it can't be parsed, or not before it is rendered, so that nobody knows what is in it.
    pub fn is_broken(&self) -> bool {
        matches!(self.other, Some(Other::Unparsable | Other::Template))
    }

    /// It can't be used before it is rendered; only somebody who meant it for us has to hear of it.
    fn template(&mut self, line: u32, is_ours: bool) {
        self.other = Some(Other::Template);
        let concern = if is_ours { Concern::Ours } else { Concern::Nobody };
        self.issues.push(Issue::new(line, Reason::DoubtfulObject, template::MESSAGE).concerning(concern));
    }

    /// Adds what was met in the document.
    fn add(&mut self, met: &Met<'_>, reading: Reading) {
        match *met {
            Met::Object(api_version, kind, node) => {
                self.has_objects = true;
                self.convert(api_version, kind, node, reading);
            }
            Met::NoMapping(node) => self.no_mapping(node),
            Met::NoKind(node) => self.without_kind(node),
            Met::NoItems(items) if reading.mentioned => {
                let message = format!("`items` is {}; expected a list", items.node.noun());
                self.ours(Issue::new(items.line, Reason::InvalidObject, message));
            }
            Met::NoItems(_) => {}
        }
    }

    fn convert(&mut self, api_version: &str, kind: &str, node: &Node, reading: Reading) {
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
            ("v1", "Pod") if node.metadata("labels").is_some_and(|labels| labels.entry(WEIGHT_LABEL).is_some()) => {
                return self.object(Kind::Pod, node, reading, |it: core::Pod| conversion.pod(&it));
            }
            ("v1", "Pod") => {}
            ("v1", "Endpoints") => self.endpoints.extend(key(node).map(|key| (node.line, key))),
            _ if self.has_other_case(node, api_version, kind, conversion) => return,
            _ => self.other_version(node, api_version, kind),
        }
        if conversion.compat.reads(Product::Ambassador) && is_emissarys(api_version, kind, node) {
            self.mappings += 1;
        }
        if node.metadata("name").is_none() {
            self.not_one(node.line, format!("holds an object of the kind {} without a name", Rejected::shorten(kind)));
        }
        if mentioned {
            astray(api_version, kind, node, &mut |line, message| self.astray(line, message));
        }
    }

    /// Tells of a key of ours where it has no effect.
    fn astray(&mut self, line: u32, message: String) {
        self.ours(Issue { meanwhile: meanwhile::IGNORED, ..Issue::new(line, Reason::DoubtfulObject, message) });
    }

    /// Whether the kind is one of ours but for the case of its letters, which Kubernetes doesn't know; tells of it.
    fn has_other_case(&mut self, node: &Node, api_version: &str, kind: &str, conversion: Conversion) -> bool {
        let is_meant = |one: &Kind| {
            let expected = if *one == Kind::EndpointSlice { "discovery.k8s.io/v1" } else { "v1" };
            api_version == expected
                && *one != Kind::Pod
                && one.as_str() != kind
                && one.as_str().eq_ignore_ascii_case(kind)
        };
        let Some(meant) = Kind::ALL.into_iter().find(is_meant) else { return false };
        let concern =
            if is_annotated(node) { Concern::Ours } else { conversion.concern(meant, &readable_metadata(node)) };
        self.odd = true;
        let message = format!("is no kind; expected {meant}, in these letters");
        let issue = Issue::new(node.line_of(["kind"]), Reason::InvalidObject, message).concerning(concern);
        self.issues.push(Issue { value: Rejected::shorten(kind), ..issue });
        true
    }

    /// A string, a list, a number. `kubectl` takes no list of objects, but somebody may have meant one for us.
    fn no_mapping(&mut self, node: &Node) {
        self.other = self.other.max(Some(Other::Foreign));
        self.not_one(node.line, format!("is {}; expected a Kubernetes object", node.noun()));
        let is_object = |item: &&Node| ["apiVersion", "kind"].iter().all(|key| item.get(key).is_some());
        if node.items().iter().filter(is_object).any(is_annotated) {
            let message = "is a list; expected an object: of the kind List, with these as its `items`";
            self.ours(Issue::new(node.line, Reason::InvalidObject, message));
        }
    }

    fn without_kind(&mut self, node: &Node) {
        if !is_annotated(node) {
            self.other = self.other.max(Some(Other::Foreign));
            return self.not_one(node.line, "lacks `apiVersion` or `kind`; expected a Kubernetes object");
        }
        self.odd = true;
        self.has_objects = true;
        let [api_version, kind] = ["apiVersion", "kind"].map(|field| node.get(field));
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
        self.ours(Issue::new(node.line, reason, message));
    }

    /// A kind that we don't read is none of our business, but another version of one that we do is, with our annotations.
    fn other_version(&mut self, node: &Node, api_version: &str, kind: &str) {
        let expected = match (api_version.rsplit_once('/').map_or("", |(group, _)| group), kind) {
            ("", "Namespace" | "Service" | "Pod") => "v1",
            ("discovery.k8s.io", "EndpointSlice") => "discovery.k8s.io/v1",
            _ => return,
        };
        if is_annotated(node) {
            let message = format!("is no version of {kind} that can be read; expected {expected}");
            let issue = Issue::new(node.line_of(["apiVersion"]), Reason::InvalidObject, message);
            self.ours(Issue { value: Rejected::shorten(api_version), ..issue });
        }
    }

    fn object<T: DeserializeOwned>(
        &mut self,
        kind: Kind,
        node: &Node,
        Reading { conversion, mentioned }: Reading,
        convert: impl FnOnce(T) -> Converted,
    ) {
        if template::is_template(kind, node) {
            return self.template(node.line, mentioned);
        }
        if node.metadata("name").and_then(Node::as_str).is_none() {
            let message = match node.metadata("name") {
                Some(wrong) => format!(
                    "`metadata.name` of this {kind} is {}; expected a string: write \"{}\"",
                    wrong.noun(),
                    wrong.text().map(Rejected::shorten).unwrap_or_default(),
                ),
                None => format!("`metadata.name` of this {kind} is missing"),
            };
            self.odd = true;
            let issue = Issue::new(node.line_of(["metadata", "name"]), Reason::InvalidObject, message);
            return self.issues.push(issue.concerning(conversion.concern(kind, &readable_metadata(node))));
        }
        let (converted, lines) = match decode(node) {
            Ok(object) => {
                let mut converted = convert(object);
                converted.rejected.iter_mut().for_each(|rejected| say_missing(rejected, node));
                let lines = converted.rejected.iter().map(|rejected| node.line_of(rejected.field.clone())).collect();
                (converted, lines)
            }
            Err(issues) => {
                let metadata = readable_metadata(node);
                let id = object_ref(kind, &metadata);
                let lines = issues.iter().map(|issue| issue.line).collect();
                let rejected = issues.into_iter().map(|issue| issue.of_object(id.clone())).collect();
                let concern = conversion.concern(kind, &metadata);
                (Converted { id, object: None, rejected, concern }, lines)
            }
        };
        self.objects.push(Arc::new(Located { line: node.line, converted, lines }));
    }

    /// Notes something that is no object. It is nobody's business unless an object stood there before.
    fn not_one(&mut self, line: u32, message: impl Into<String>) {
        self.odd = true;
        self.issues.push(Issue::new(line, Reason::InvalidObject, message));
    }

    /// Notes something that was meant for us.
    fn ours(&mut self, issue: Issue) {
        self.issues.push(issue.concerning(Concern::Ours));
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
fn is_annotated(node: &Node) -> bool {
    node.metadata("annotations").is_some_and(|all| all.entries().iter().any(|entry| entry.key.starts_with(PREFIX)))
}

/// Whether an object that is no Service is a Mapping of Emissary, or carries some.
fn is_emissarys(api_version: &str, kind: &str, node: &Node) -> bool {
    let carries = || node.metadata("annotations").is_some_and(|all| all.get(OPT_IN).is_some());
    is_mapping(api_version, kind) || kind == "Ingress" && carries()
}

/// What an object is called that is of none of our kinds.
fn key(node: &Node) -> Option<Key> {
    let metadata = readable_metadata(node);
    metadata.name.as_ref()?;
    match object_ref(Kind::Service, &metadata) {
        ObjectRef::Object(_, key) => Some(key),
        ObjectRef::File(_) => None,
    }
}

/// What can be read of the metadata of an object that can't be read as a whole.
pub fn readable_metadata(node: &Node) -> ObjectMeta {
    let string = |field| node.metadata(field).and_then(Node::as_str).map(str::to_owned);
    let texts = |field| {
        let Value::Mapping(entries) = &node.metadata(field)?.value else { return None };
        let text = |node: &Node| node.text().unwrap_or_default().to_owned();
        Some(entries.iter().map(|entry| (entry.key.to_string(), text(&entry.node))).collect())
    };
    ObjectMeta {
        name: string("name"),
        namespace: string("namespace"),
        labels: texts("labels"),
        annotations: texts("annotations"),
        ..ObjectMeta::default()
    }
}

/// A port without number reads as 0; says that there is none.
fn say_missing(rejected: &mut Rejected, node: &Node) {
    let Location::Field(path) = &rejected.field else { return };
    let [Step::Field(spec), Step::Field(list), Step::Item(index), Step::Field(port)] = path.steps() else { return };
    if (&**spec, &**list, &**port) != ("spec", "ports", "port") {
        return;
    }
    let ports = node.get("spec").and_then(|spec| spec.get("ports")).map_or(&[][..], Node::items);
    if ports.get(*index).is_some_and(|port| port.get("port").is_none()) {
        rejected.value.clear();
        "missing; expected 1 to 65535".clone_into(&mut rejected.message);
    }
}

#[cfg(test)]
mod tests;
