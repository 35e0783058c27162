//! Mappings, and how they are read.

use serde_json::{Map, Value};

use super::super::draft::{Draft, Place};
use super::{ANNOTATION, Field, IGNORED};
use crate::model::Rejected;
use crate::model::settings::MAX_VALUE_BYTES;

/// A Mapping of Emissary.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// How its fields are introduced to the user.
    origin: String,
    /// The namespace in which its service is looked up.
    namespace: String,
    fields: Map<String, Value>,
}

/// How much of YAML one annotation may hold, aliases expanded. A Mapping has some ten nodes.
const MAX_NODES: usize = 20_000;
const MAX_DEPTH: usize = 32;
const MAX_DOCUMENTS: usize = 200;

/// The groups under which Mappings went, and their versions.
const GROUPS: [&str; 2] = ["getambassador.io", "ambassador"];
const VERSIONS: [&str; 4] = ["v0", "v1", "v2", "v3alpha1"];

static NULL: Value = Value::Null;

/// Whether an object of this kind is a Mapping.
pub fn is_mapping(api_version: &str, kind: &str) -> bool {
    kind == "Mapping"
        && api_version
            .split_once('/')
            .is_some_and(|(group, version)| GROUPS.contains(&group) && VERSIONS.contains(&version))
}

impl Mapping {
    /// A Mapping that is an object of its own.
    pub fn object(namespace: &str, name: &str, spec: Map<String, Value>) -> Self {
        let origin = format!("Mapping {}/{}: spec.", Rejected::shorten(namespace), Rejected::shorten(name));
        Self { origin, namespace: namespace.to_owned(), fields: spec }
    }

    /// How the field of everything that is said of it begins.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The namespace and name of the Service that it names, if it does.
    pub fn service(&self) -> Option<(String, String)> {
        super::service::named(self)
    }

    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// A field by name; one that isn't there is null.
    pub(super) fn field<'a>(&'a self, name: &'a str) -> Field<'a> {
        Field::new(format!("{}{name}", self.origin), name, self.fields.get(name).unwrap_or(&NULL))
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        self.fields
            .iter()
            .map(|(name, value)| Field::new(format!("{}{}", self.origin, Rejected::shorten(name)), name, value))
    }
}

/// The Mappings in the text of the annotation.
pub(super) fn read(text: &str, draft: &mut Draft<'_>) -> Vec<Mapping> {
    let whole = Place::annotation(ANNOTATION, text);
    if text.len() > MAX_VALUE_BYTES {
        let message = format!("longer than {MAX_VALUE_BYTES} bytes, the limit of Kubernetes");
        draft.unreadable(&whole, message);
        return Vec::new();
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: MAX_NODES,
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_documents: MAX_DOCUMENTS,
            max_total_scalar_bytes: MAX_VALUE_BYTES,
            max_recorded_anchor_events: MAX_NODES,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_NODES,
        },
    };
    match serde_saphyr::from_multiple_with_options::<Value>(text, options) {
        Ok(documents) => {
            if documents.is_empty() {
                draft.ignore(&whole, "no Mapping in it");
            }
            let each = documents.into_iter().enumerate();
            each.filter_map(|(i, document)| embedded(i, document, draft)).collect()
        }
        Err(error) => {
            draft.unreadable(&whole, format!("not the YAML of Mappings: {}", describe(&error)));
            Vec::new()
        }
    }
}

fn describe(error: &serde_saphyr::Error) -> String {
    let error = error.without_snippet();
    let what = serde_saphyr::MessageFormatter::format_message(&serde_saphyr::UserMessageFormatter, error).into_owned();
    let what = Rejected::shorten(&what);
    error.location().map_or_else(|| what.clone(), |location| format!("line {}: {what}", location.line()))
}

/// A document of the annotation as a Mapping, if it is one.
fn embedded(i: usize, document: Value, draft: &mut Draft<'_>) -> Option<Mapping> {
    let number = format!("#{}", i + 1);
    let origin = |name: &str| format!("metadata.annotations[{ANNOTATION}] {name}");
    let Value::Object(fields) = document else {
        let place = Place { field: origin(&format!("document {number}")), value: document.to_string() };
        draft.refuse(&place, "not a Mapping; expected a mapping with apiVersion, kind and name", "it is ignored");
        return None;
    };
    let word = |name| fields.get(name).and_then(Value::as_str);
    let name = word("name").map_or_else(|| number.clone(), Rejected::shorten);
    let (api_version, kind) = (word("apiVersion").unwrap_or_default(), word("kind").unwrap_or_default());
    if !is_mapping(api_version, kind) {
        let spelt = if kind.is_empty() { "document".to_owned() } else { Rejected::shorten(kind) };
        let (field, value) = if kind == "Mapping" { ("apiVersion", api_version) } else { ("kind", kind) };
        let place =
            Place { field: format!("{}: {field}", origin(&format!("{spelt} {name}"))), value: value.to_owned() };
        let message = format!("not read; expected a Mapping of {}/{}", GROUPS.join(" or "), VERSIONS.join(", "));
        draft.ignore_but(&place, message, if kind == "Mapping" { IGNORED } else { "it is ignored" });
        return None;
    }
    let origin = format!("{}: ", origin(&format!("Mapping {name}")));
    let namespace = draft.service().namespace.to_string();
    Some(Mapping { origin, namespace, fields })
}
