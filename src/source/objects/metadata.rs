//! Converts `metadata`, which all kinds share.

use std::borrow::Cow;
use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::astray::Among;
use super::names::{self, Check};
use super::pod::WEIGHT_LABEL;
use super::report::Report;
use super::slice::SERVICE_NAME_LABEL;
use crate::model::compat::{self, Compat, Mappings, Subject};
use crate::model::settings::{PREFIX, Settings, Translated};
use crate::model::{Concern, Key, Kind, Location, ObjectRef, Rejected, meanwhile, object};

/// The namespace of an object that names none, as `kubectl apply` has it.
pub const DEFAULT_NAMESPACE: &str = "default";

/// How many bytes the annotations of one object may have in all, keys and values (Kubernetes' own limit).
const MAX_ANNOTATIONS: usize = 256 * 1024;

/// The longest name that an object can have. A longer one is refused, and abbreviated where it is repeated.
const MAX_NAME: usize = 253;

/// Who makes an EndpointSlice. The controllers give it labels of its Service, too.
const MANAGED_BY_LABEL: &str = "endpointslice.kubernetes.io/managed-by";

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
        let mut report = Report::new(kind, key.clone(), said(kind, &key, labels.as_ref(), annotations.as_ref()));
        match name.as_deref().filter(|name| !name.is_empty()) {
            None => report.refuse(["metadata", "name"], "", "missing; expected a name"),
            Some(name) => {
                let (check, is_harmless) = name_check(kind);
                check_name(["metadata", "name"], name, check, is_harmless, &mut report);
            }
        }
        if let (true, Some(namespace)) = (is_namespaced(kind), namespace.as_deref())
            && !namespace.is_empty()
        {
            check_name(["metadata", "namespace"], namespace, names::dns_label, names::is_harmless_label, &mut report);
        }
        if let Some(annotations) = annotations {
            check_size(annotations, &mut report);
        }
        doubt_astray(kind, labels.as_ref(), annotations.as_ref(), &mut report);

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

    /// Whether annotations of other products that are read opt it in.
    pub(super) fn is_opted_in_elsewhere(&self, compat: Compat) -> bool {
        self.annotations.is_some_and(|annotations| opts_in(&self.key, annotations, compat))
    }

    /// The annotations of other products, if there are any that are read.
    pub(super) fn translated(
        &self,
        compat: Compat,
        ports: &[object::Port],
        external_name: bool,
        report: &mut Report,
    ) -> Option<Box<Translated>> {
        let (key, annotations) = (&self.key, self.annotations?);
        let subject = Subject { key, annotations, ports: Some(ports), external_name };
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

/// Whose business it is what can't be used of an object of this kind and metadata, annotations of other products included.
pub(super) fn concern(kind: Kind, metadata: &ObjectMeta, compat: Compat) -> Concern {
    let key = key(kind, metadata);
    let annotations = metadata.annotations.as_ref();
    let is_elsewhere = kind == Kind::Service && annotations.is_some_and(|all| opts_in(&key, all, compat));
    if is_elsewhere { Concern::Ours } else { said(kind, &key, metadata.labels.as_ref(), annotations) }
}

fn opts_in(key: &Key, annotations: &BTreeMap<String, String>, compat: Compat) -> bool {
    let subject = Subject { key, annotations, ports: None, external_name: false };
    let translation = compat::translate(compat, subject, Mappings::Own);
    Translated::parse(&ObjectRef::service(key), translation).0.enables()
}

/// Whose business an object is, as far as our own words tell.
fn said(
    kind: Kind,
    key: &Key,
    labels: Option<&BTreeMap<String, String>>,
    annotations: Option<&BTreeMap<String, String>>,
) -> Concern {
    let label = |name| labels.and_then(|labels| labels.get(name));
    let is_ours = ours(annotations).next().is_some();
    match kind {
        Kind::Service if !is_ours => Concern::Namespaces([key.namespace.clone()].into()),
        Kind::Service if is_out(ours(annotations)) => Concern::Nobody,
        Kind::Service => Concern::Ours,
        Kind::Namespace if is_ours => Concern::Ours,
        Kind::Pod if label(WEIGHT_LABEL).is_some() => Concern::Ours,
        Kind::Namespace | Kind::Pod => Concern::Nobody,
        Kind::EndpointSlice => label(SERVICE_NAME_LABEL).map_or(Concern::Nobody, |service| {
            Concern::Service(Key::new(key.namespace.clone(), bounded(service)).into())
        }),
    }
}

/// The keys under our prefix, without it, and their values.
fn ours(all: Option<&BTreeMap<String, String>>) -> impl Iterator<Item = (&str, &str)> {
    let from = all.into_iter().flat_map(|all| all.range(PREFIX.to_owned()..));
    from.map_while(|(key, value)| Some((key.strip_prefix(PREFIX)?, value.as_str())))
}

/// Whether a Service says that it takes no part, with no port of it.
fn is_out<'a>(ours: impl Iterator<Item = (&'a str, &'a str)>) -> bool {
    let mut out = false;
    for (name, value) in ours {
        match (name, name.starts_with("enabled.")) {
            ("enabled", _) if value == "false" => out = true,
            ("enabled", _) => return false,
            (_, true) if value != "false" => return false,
            (_, _) => {}
        }
    }
    out
}

/// Tells of keys of ours that have no effect on an object of this kind.
fn doubt_astray(
    kind: Kind,
    labels: Option<&BTreeMap<String, String>>,
    annotations: Option<&BTreeMap<String, String>>,
    report: &mut Report,
) {
    // What a controller copies its owner can't help.
    let is_copied = kind == Kind::EndpointSlice && labels.is_some_and(|labels| labels.contains_key(MANAGED_BY_LABEL));
    for (among, all) in [(Among::Annotations, annotations), (Among::Labels, labels.filter(|_| !is_copied))] {
        for (name, value) in ours(all) {
            let key = format!("{PREFIX}{name}");
            if let Some(message) = among.astray("v1", kind.as_str(), &key) {
                report.doubt(among.location(&key), value, message, meanwhile::IGNORED);
            }
        }
    }
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
fn check_name(field: [&'static str; 2], name: &str, check: Check, is_harmless: fn(&str) -> bool, report: &mut Report) {
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
        let message = format!("too long; expected at most {MAX_ANNOTATIONS} bytes in all annotations, not {total}");
        report.refuse(Location::annotation(largest), annotations.get(largest).map_or("", String::as_str), message);
    }
}
