//! Parses Mappings.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use serde_saphyr::options::DuplicateKeyPolicy;

use super::super::draft::{AnnotationField, Draft};
use super::mapping_ref::{MappingRef, in_document};
use super::{ANNOTATION, Field, IGNORED};
use crate::model::settings::MAX_VALUE_BYTES;
use crate::model::{FieldPath, Key, Location, Rejected, meanwhile};

/// A Mapping of Emissary.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// Where it stands, and what it is called there.
    id: MappingRef,
    /// The namespace in which its service is looked up.
    namespace: String,
    version: Version,
    /// The fields beside `apiVersion`, as annotations have them. They win over those in `spec`.
    flat: Map<String, Value>,
    /// The fields in `spec`, as objects have them.
    spec: Map<String, Value>,
}

/// The versions of which `host` means different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// `v0` to `v2`: `host` may have a `*`, and without it every host is meant.
    Early,
    /// `v3alpha1`: `hostname` may have a `*`, `host` is compared as it stands.
    V3Alpha1,
}

/// How much of YAML one annotation may hold, aliases expanded. A Mapping has some ten nodes.
const MAX_NODES: usize = 20_000;
const MAX_DEPTH: usize = 32;
const MAX_DOCUMENTS: usize = 200;

/// The group of the first version 3, whose kinds had names of their own.
const EXPERIMENTAL: &str = "x.getambassador.io";

/// The groups under which Mappings went, and their versions.
const GROUPS: [&str; 2] = ["getambassador.io", "ambassador"];
const VERSIONS: [&str; 4] = ["v0", "v1", "v2", "v3alpha1"];

/// The fields that make an object of a document, and aren't fields of a Mapping.
const FRAME: [&str; 5] = ["apiVersion", "kind", "metadata", "spec", "status"];

const NULL: &Value = &Value::Null;

/// Whether an object of this kind is a Mapping.
pub fn is_mapping(api_version: &str, kind: &str) -> bool {
    kind == "Mapping" && is_emissarys(api_version)
}

/// Whether an object of this kind is a `TCPMapping`, which takes connections and no requests.
pub fn is_tcp_mapping(api_version: &str, kind: &str) -> bool {
    kind == "TCPMapping" && is_emissarys(api_version)
}

/// Whether an object of this kind is a Mapping of either sort in a version that isn't read.
pub fn is_mapping_of_other_version(api_version: &str, kind: &str) -> bool {
    let kinds = ["Mapping", "AmbassadorMapping", "TCPMapping", "AmbassadorTCPMapping"];
    let group = api_version.split_once('/').map(|(group, _)| group);
    let is_emissarys = group.is_some_and(|group| GROUPS.contains(&group) || group == EXPERIMENTAL);
    is_emissarys && kinds.contains(&kind) && !is_mapping(api_version, kind) && !is_tcp_mapping(api_version, kind)
}

/// What is said of something in whose place a Mapping that can be read was expected.
pub fn not_read() -> String {
    format!("not supported; expected a Mapping of {}/{}", GROUPS.join(" or "), VERSIONS.join(", "))
}

fn is_emissarys(api_version: &str) -> bool {
    let parts = api_version.split_once('/');
    parts.is_some_and(|(group, version)| GROUPS.contains(&group) && VERSIONS.contains(&version))
}

impl Mapping {
    /// A Mapping that is an object of its own.
    pub fn object(api_version: &str, namespace: &str, name: &str, spec: Map<String, Value>) -> Self {
        Self {
            id: MappingRef::Object(Key::new(Rejected::shorten(namespace), Rejected::shorten(name))),
            namespace: namespace.to_owned(),
            version: Version::of(api_version),
            flat: Map::new(),
            spec,
        }
    }

    /// Where it stands, and what it is called there.
    pub fn id(&self) -> &MappingRef {
        &self.id
    }

    /// Whether something that is said of this field is said of it.
    pub fn holds(&self, field: &Location) -> bool {
        field.is_within(&self.id.at(FieldPath::default()))
    }

    /// The Mapping as it is introduced among those of another object than the one in whose annotation it stands, which is of
    /// this kind and key.
    #[must_use]
    pub fn of(self, kind: &'static str, key: Key) -> Self {
        Self { id: self.id.of(kind, key), ..self }
    }

    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    pub(super) fn version(&self) -> Version {
        self.version
    }

    /// A field by name; one that isn't there is null.
    pub(super) fn field<'a>(&'a self, name: &'a str) -> Field<'a> {
        match (self.flat.get(name), self.spec.get(name)) {
            (Some(value), _) => self.flat_field(name, value),
            (None, Some(value)) => self.spec_field(name, value),
            (None, None) if self.flat.is_empty() => self.spec_field(name, NULL),
            (None, None) => self.flat_field(name, NULL),
        }
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        let spec = self.spec.iter().filter(|(name, _)| !self.flat.contains_key(*name));
        let spec = spec.map(|(name, value)| self.spec_field(name, value));
        self.flat.iter().map(|(name, value)| self.flat_field(name, value)).chain(spec)
    }

    fn flat_field<'a>(&'a self, name: &'a str, value: &'a Value) -> Field<'a> {
        Field::new(&self.id, FieldPath::default().field(Rejected::shorten(name)), name, value)
    }

    fn spec_field<'a>(&'a self, name: &'a str, value: &'a Value) -> Field<'a> {
        Field::new(&self.id, FieldPath::of(["spec"]).field(Rejected::shorten(name)), name, value)
    }
}

impl Version {
    fn of(api_version: &str) -> Self {
        if api_version.ends_with("/v3alpha1") { Self::V3Alpha1 } else { Self::Early }
    }
}

/// The Mappings in the text of the annotation.
pub(super) fn read(text: &str, draft: &mut Draft<'_>) -> Vec<Mapping> {
    let whole = AnnotationField::annotation(ANNOTATION, text);
    if text.len() > MAX_VALUE_BYTES {
        let message = format!("longer than {MAX_VALUE_BYTES} bytes, the limit of Kubernetes");
        draft.unreadable(&whole, message);
        return Vec::new();
    }
    let options = serde_saphyr::options! {
        // As the YAML parsers of Emissary do, in Go and in Python.
        duplicate_keys: DuplicateKeyPolicy::LastWins,
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
            let mappings = each.filter_map(|(i, document)| embedded(i, document, draft)).collect();
            without_replaced(mappings, draft)
        }
        Err(error) => {
            draft.unreadable(&whole, format!("not the YAML of Mappings: {}", describe(&error)));
            Vec::new()
        }
    }
}

/// Of several Mappings of one name the last one counts for Emissary; says so of the others.
fn without_replaced(mappings: Vec<Mapping>, draft: &mut Draft<'_>) -> Vec<Mapping> {
    let mut last: BTreeMap<(String, MappingRef), Mapping> = BTreeMap::new();
    let mut order = Vec::new();
    for mapping in mappings {
        let name = (mapping.namespace.clone(), mapping.id.clone());
        if let Some(replaced) = last.insert(name.clone(), mapping) {
            let place = replaced.field("service").place();
            draft.refuse(&place, "another Mapping of this name follows, and Emissary takes the last one", IGNORED);
        } else {
            order.push(name);
        }
    }
    order.iter().filter_map(|name| last.remove(name)).collect()
}

fn describe(error: &serde_saphyr::Error) -> String {
    let error = error.without_snippet();
    let what = serde_saphyr::MessageFormatter::format_message(&serde_saphyr::UserMessageFormatter, error).into_owned();
    let what = Rejected::shorten(&what);
    error.location().map_or_else(|| what.clone(), |location| format!("line {}: {what}", location.line()))
}

/// A document of the annotation as a Mapping, if it is one: with the fields of an object, with those in its `spec` beside
/// `apiVersion`, or with both. What isn't a mapping where one is expected counts as absent, as with Emissary.
fn embedded(i: usize, document: Value, draft: &mut Draft<'_>) -> Option<Mapping> {
    let number = format!("#{}", i + 1);
    let Value::Object(mut flat) = document else {
        let place = AnnotationField {
            field: in_document(&format!("document {number}"), FieldPath::default()),
            value: document.to_string(),
        };
        draft.refuse(&place, "not a Mapping; expected a mapping with apiVersion, kind and name", meanwhile::IGNORED);
        return None;
    };
    let mut mapping = |name| match flat.get_mut(name).map(Value::take) {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let (metadata, spec) = (mapping("metadata"), mapping("spec"));
    let word = |name| flat.get(name).and_then(Value::as_str).filter(|word| !word.is_empty());
    let of_metadata = |name| word(name).or_else(|| metadata.get(name).and_then(Value::as_str));
    let name = of_metadata("name").map_or_else(|| number.clone(), Rejected::shorten);
    let (api_version, kind) = (word("apiVersion").unwrap_or_default(), word("kind").unwrap_or_default());
    if !is_mapping(api_version, kind) {
        let spelt = if kind.is_empty() { "document".to_owned() } else { Rejected::shorten(kind) };
        let (field, value) = if kind == "Mapping" { ("apiVersion", api_version) } else { ("kind", kind) };
        let field = in_document(&format!("{spelt} {name}"), FieldPath::of([field]));
        let meanwhile = if kind == "Mapping" { IGNORED } else { meanwhile::IGNORED };
        draft.ignore_but(&AnnotationField { field, value: value.to_owned() }, not_read(), meanwhile);
        return None;
    }
    let id = MappingRef::Document(format!("Mapping {name}").into());
    let namespace = of_metadata("namespace").filter(|namespace| !namespace.is_empty());
    let namespace = namespace.unwrap_or(&draft.service().namespace).to_owned();
    let version = Version::of(api_version);
    flat.retain(|name, _| !FRAME.contains(&name.as_str()));
    Some(Mapping { id, namespace, version, flat, spec })
}
