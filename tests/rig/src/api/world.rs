//! Objects, and what has become of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Resource, namespace, name.
type Id = (&'static str, String, String);

/// All objects, with their history.
#[derive(Debug, Clone)]
pub(super) struct World {
    revision: u64,
    /// The history before this revision is forgotten.
    compacted: u64,
    objects: BTreeMap<Id, Value>,
    history: Vec<Change>,
}

/// What became of an object.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) revision: u64,
    pub(super) resource: &'static str,
    pub(super) event: &'static str,
    pub(super) object: Value,
}

/// Which objects are asked for.
#[derive(Debug, Clone)]
pub(super) struct Selection {
    pub(super) resource: String,
    pub(super) namespace: Option<String>,
    pub(super) name: Option<String>,
    pub(super) label: Option<String>,
}

impl Default for World {
    fn default() -> Self {
        Self { revision: 100, compacted: 0, objects: BTreeMap::new(), history: Vec::new() }
    }
}

impl World {
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn put(&mut self, resource: &'static str, mut object: Value) {
        self.revision += 1;
        object["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
        let id = (resource, text("namespace"), text("name"));
        let event = if self.objects.contains_key(&id) { "MODIFIED" } else { "ADDED" };
        self.objects.insert(id, object.clone());
        self.history.push(Change { revision: self.revision, resource, event, object });
    }

    pub(super) fn delete(&mut self, resource: &'static str, namespace: &str, name: &str) {
        let id = (resource, namespace.to_owned(), name.to_owned());
        let Some(mut object) = self.objects.remove(&id) else { return };
        self.revision += 1;
        object["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        self.history.push(Change { revision: self.revision, resource, event: "DELETED", object });
    }

    pub(super) fn compact(&mut self) {
        self.revision += 1;
        self.compacted = self.revision;
        self.history.clear();
    }

    pub(super) fn is_expired(&self, revision: u64) -> bool {
        revision < self.compacted
    }

    pub(super) fn list(&self, selection: &Selection) -> Vec<&Value> {
        let all = self.objects.iter().filter(|((resource, ..), _)| *resource == selection.resource);
        all.map(|(_, object)| object).filter(|object| selection.has(object)).collect()
    }

    /// What became of these objects after this revision.
    pub(super) fn since(&self, revision: u64, selection: &Selection) -> impl Iterator<Item = &Change> {
        self.history.iter().filter(move |change| {
            change.revision > revision && change.resource == selection.resource && selection.has(&change.object)
        })
    }
}

impl Selection {
    fn has(&self, object: &Value) -> bool {
        let Self { resource: _, namespace, name, label } = self;
        let metadata = &object["metadata"];
        namespace.as_ref().is_none_or(|namespace| metadata["namespace"] == **namespace)
            && name.as_ref().is_none_or(|name| metadata["name"] == **name)
            && label.as_ref().is_none_or(|label| !metadata["labels"][label].is_null())
    }
}
