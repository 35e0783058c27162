//! `metadata`, which every kind has.

use std::borrow::Cow;
use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::names::{self, Check};
use super::report::Report;
use crate::model::compat::{self, Compat, Mappings, Subject};
use crate::model::settings::{Settings, Translated};
use crate::model::{Key, Kind, ObjectRef, Rejected, object};

/// The namespace of an object that names none, as `kubectl apply` has it.
pub const DEFAULT_NAMESPACE: &str = "default";

/// How many bytes the annotations of one object may have in all, keys and values (Kubernetes' own limit).
const MAX_ANNOTATIONS: usize = 256 * 1024;

/// The longest name that an object can have. A longer one is refused, and abbreviated where it is repeated.
const MAX_NAME: usize = 253;

/// What is read of an object's `metadata`.
#[derive(Debug)]
pub(super) struct Metadata<'a> {
    /// The namespace (empty for a Namespace) and name.
    pub(super) key: Key,
    labels: Option<&'a BTreeMap<String, String>>,
    annotations: Option<&'a BTreeMap<String, String>>,
    /// Seconds since 1970; `i64::MAX` when the object doesn't say.
    pub(super) created: i64,
}

impl<'a> Metadata<'a> {
    /// Reads and checks the metadata of an object of this kind.
    pub(super) fn read(kind: Kind, metadata: &'a ObjectMeta) -> (Self, Report) {
        let ObjectMeta {
            annotations,
            creation_timestamp,
            deletion_grace_period_seconds: _,
            // A Service or Namespace that is going away stays in force until it is gone.
            deletion_timestamp: _,
            finalizers: _,
            generate_name: _,
            generation: _,
            labels,
            managed_fields: _,
            name,
            namespace,
            owner_references: _,
            resource_version: _,
            self_link: _,
            uid: _,
        } = metadata;

        let key = key(kind, metadata);
        let mut report = Report::new(kind, key.clone());
        match name.as_deref().filter(|name| !name.is_empty()) {
            None => report.refuse("metadata.name", "", "missing; expected a name"),
            Some(name) => {
                let (check, is_harmless) = name_check(kind);
                check_name("metadata.name", name, check, is_harmless, &mut report);
            }
        }
        if let (true, Some(namespace)) = (is_namespaced(kind), namespace.as_deref())
            && !namespace.is_empty()
        {
            check_name("metadata.namespace", namespace, names::dns_label, names::is_harmless_label, &mut report);
        }
        if let Some(annotations) = annotations {
            check_size(annotations, &mut report);
        }

        let created = creation_timestamp.as_ref().map_or(i64::MAX, |time| time.0.as_second());
        (Self { key, labels: labels.as_ref(), annotations: annotations.as_ref(), created }, report)
    }

    /// The annotations under our prefix.
    pub(super) fn settings(&self, report: &mut Report) -> Settings {
        let Some(annotations) = self.annotations else {
            return Settings::default();
        };
        let (settings, rejected) = Settings::parse(report.id(), annotations);
        report.extend(rejected);
        settings
    }

    /// The annotations of other products, if there are any that are read.
    pub(super) fn translated(
        &self,
        compat: Compat,
        ports: &[object::Port],
        report: &mut Report,
    ) -> Option<Box<Translated>> {
        let subject = Subject { key: &self.key, annotations: self.annotations?, ports: Some(ports) };
        let translation = compat::translate(compat, subject, Mappings::Own);
        let (translated, rejected) = Translated::parse(report.id(), translation);
        report.extend(rejected);
        (translated != Translated::default()).then(|| Box::new(translated))
    }

    /// The value of a label, if the object has it; an empty one counts as none.
    pub(super) fn label(&self, label: &str) -> Option<&'a str> {
        self.labels?.get(label).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// What the object of this kind and metadata is called. An absent namespace is [`DEFAULT_NAMESPACE`] (empty for a
/// Namespace), an absent name is empty; neither is checked.
pub fn object_ref(kind: Kind, metadata: &ObjectMeta) -> ObjectRef {
    ObjectRef::Object(kind, key(kind, metadata))
}

fn key(kind: Kind, metadata: &ObjectMeta) -> Key {
    let namespace = metadata.namespace.as_deref().filter(|namespace| !namespace.is_empty());
    let namespace = if is_namespaced(kind) { namespace.unwrap_or(DEFAULT_NAMESPACE) } else { "" };
    Key::new(bounded(namespace), bounded(metadata.name.as_deref().unwrap_or_default()))
}

fn bounded(name: &str) -> Cow<'_, str> {
    if name.len() > MAX_NAME { Cow::Owned(Rejected::shorten(name)) } else { Cow::Borrowed(name) }
}

const fn is_namespaced(kind: Kind) -> bool {
    match kind {
        Kind::Namespace => false,
        Kind::Service | Kind::EndpointSlice | Kind::Pod => true,
    }
}

/// Services: RFC 1123 labels, as Kubernetes 1.34 accepts them; earlier versions want a letter in front (RFC 1035).
/// With each check, whether what doesn't pass it does no harm.
const fn name_check(kind: Kind) -> (Check, fn(&str) -> bool) {
    match kind {
        Kind::Namespace | Kind::Service => (names::dns_label, names::is_harmless_label),
        Kind::EndpointSlice | Kind::Pod => (names::dns_subdomain, names::is_harmless),
    }
}

/// A name of another form costs the object only if it can't be part of a domain or of the name of a resource. A newer
/// Kubernetes may accept forms that those before don't, as 1.34 does.
fn check_name(field: &str, name: &str, check: Check, is_harmless: fn(&str) -> bool, report: &mut Report) {
    let Err(message) = check(name) else { return };
    if is_harmless(name) {
        report.doubt(field, name, message, "the object is served under this name");
    } else {
        report.refuse(field, name, message);
    }
}

fn check_size(annotations: &BTreeMap<String, String>, report: &mut Report) {
    let size = |(key, value): (&String, &String)| key.len() + value.len();
    let total: usize = annotations.iter().map(size).sum();
    if total > MAX_ANNOTATIONS {
        let largest = annotations.iter().max_by_key(|&entry| size(entry)).map_or("", |(key, _)| key.as_str());
        let field = format!("metadata.annotations[{}]", Rejected::shorten(largest));
        let message = format!("too long; expected at most {MAX_ANNOTATIONS} bytes in all annotations, not {total}");
        report.refuse(field, annotations.get(largest).map_or("", String::as_str), message);
    }
}
