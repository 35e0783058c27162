//! What an Event says.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use serde_json::{Value, json};
use twox_hash::XxHash3_128;

use crate::model::{Key, Kind, ObjectRef, Reason, Rejected};
use crate::source::objects::DEFAULT_NAMESPACE;

/// Who says it.
const COMPONENT: &str = "chancery";

/// How long the message of an Event may be, in bytes (the API's limit for a `note`).
const MAX_MESSAGE: usize = 1024;

/// A mistake that the owner of an object is to be told.
///
/// What is in force meanwhile is no part of it: replicas may differ in that (one of them may have seen the last good value,
/// another may have started after it), and it changes while the mistake stays.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Warning {
    /// A Service or a Namespace.
    pub(super) kind: Kind,
    /// Its namespace (empty for a Namespace) and name.
    pub(super) key: Key,
    /// One of the three that the contract names.
    pub(super) reason: Reason,
    /// What is wrong.
    pub(super) message: String,
}

/// The object itself, as it is now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Subject {
    /// `metadata.uid`: `kubectl describe` looks for the Events of exactly this one.
    pub(super) uid: String,
    /// `metadata.resourceVersion`.
    pub(super) resource_version: String,
}

impl Warning {
    /// What its owner is to be told of this, if anything.
    ///
    /// Of Services and Namespaces those are the mistakes in annotations, among which a domain or prefix that somebody else
    /// has already, and what clients refuse. Everything else is written by a controller, or was never asked of us.
    pub(super) fn of(rejected: &Rejected) -> Option<Self> {
        let Rejected { object, field, value, reason, message, meanwhile: _ } = rejected;
        let ObjectRef::Object(kind @ (Kind::Service | Kind::Namespace), key) = object else { return None };
        let reason = match reason {
            Reason::InvalidAnnotation | Reason::UnknownAnnotation | Reason::RejectedByClient => *reason,
            Reason::Duplicate if field.starts_with("metadata.annotations[") => Reason::InvalidAnnotation,
            Reason::Duplicate
            | Reason::InvalidObject
            | Reason::InvalidEndpoint
            | Reason::Unsupported
            | Reason::Unparsable
            // It is in force, or harmless: `lint` says it.
            | Reason::DoubtfulAnnotation
            | Reason::DoubtfulObject => return None,
        };
        let value = if value.is_empty() { String::new() } else { format!(" \"{value}\":") };
        Some(Self { kind: *kind, key: key.clone(), reason, message: format!("{field}:{value} {message}") })
    }

    /// Where its Event belongs: beside the object, or in `default` if that is in no namespace (the API server wants it so).
    pub(super) fn namespace(&self) -> &str {
        if self.key.namespace.is_empty() { DEFAULT_NAMESPACE } else { &self.key.namespace }
    }

    /// The name of its Event: the same from every replica and after every restart.
    pub(super) fn name(&self, subject: &Subject) -> String {
        let Self { kind, key, reason, message } = self;
        // None of the others can have the separator in it.
        let identity = [kind.as_str(), &key.namespace, &key.name, &subject.uid, reason.as_str(), message].join("\0");
        format!("{}.{:032x}", key.name, XxHash3_128::oneshot(identity.as_bytes()))
    }

    /// Its Event, seen for the first time.
    pub(super) fn event(&self, meanwhile: &str, subject: &Subject, now: &Time) -> core::Event {
        let Self { kind, key, reason, message: _ } = self;
        let Subject { uid, resource_version } = subject;
        core::Event {
            metadata: ObjectMeta {
                name: Some(self.name(subject)),
                namespace: Some(self.namespace().to_owned()),
                ..ObjectMeta::default()
            },
            involved_object: core::ObjectReference {
                api_version: Some("v1".to_owned()),
                kind: Some(kind.as_str().to_owned()),
                namespace: Some(key.namespace.to_string()).filter(|namespace| !namespace.is_empty()),
                name: Some(key.name.to_string()),
                uid: Some(uid.clone()),
                resource_version: Some(resource_version.clone()),
                field_path: None,
            },
            reason: Some(reason.as_str().to_owned()),
            message: Some(self.message(meanwhile)),
            type_: Some("Warning".to_owned()),
            source: Some(core::EventSource { component: Some(COMPONENT.to_owned()), host: None }),
            reporting_component: Some(COMPONENT.to_owned()),
            first_timestamp: Some(now.clone()),
            last_timestamp: Some(now.clone()),
            count: Some(1),
            ..core::Event::default()
        }
    }

    /// What a merge patch has to change of `known`, its Event that is there already; `None` if it says all there is to say.
    ///
    /// An Event notes which version of the object it was last written for. If that is still the version, then somebody has
    /// counted this mistake already: another replica, or this one before it was restarted. If it isn't, the object was
    /// changed and the mistake is there (again): then whoever comes first counts it. That works without clocks, because
    /// every replica sees the same versions, and because the patch is refused if `known` isn't the newest any more.
    pub(super) fn again(&self, known: &core::Event, meanwhile: &str, subject: &Subject, now: &Time) -> Option<Value> {
        let version = known.involved_object.resource_version.as_ref();
        if version == Some(&subject.resource_version) {
            return None;
        }
        Some(json!({
            "metadata": { "resourceVersion": known.metadata.resource_version },
            "involvedObject": { "resourceVersion": subject.resource_version },
            "message": self.message(meanwhile),
            "lastTimestamp": now,
            "count": known.count.unwrap_or(1).saturating_add(1),
        }))
    }

    fn message(&self, meanwhile: &str) -> String {
        let mut message = self.message.clone();
        if !meanwhile.is_empty() {
            message = format!("{message} ({meanwhile})");
        }
        if message.len() > MAX_MESSAGE {
            message.truncate(message.floor_char_boundary(MAX_MESSAGE - '…'.len_utf8()));
            message.push('…');
        }
        message
    }
}

#[cfg(test)]
mod tests;
