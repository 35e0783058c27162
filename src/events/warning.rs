//! The content of an Event.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use serde_json::{Value, json};
use twox_hash::XxHash3_128;

use crate::model::{Key, Kind, ObjectRef, Reason, Rejected};
use crate::source::objects::DEFAULT_NAMESPACE;

/// The component that reports it.
const COMPONENT: &str = "chancery";

/// How long the message of an Event may be, in bytes (the API's limit for a `note`).
const MAX_MESSAGE: usize = 1024;

/// A rejection that the owner of the object can mend.
///
/// What is in force meanwhile is no part of it: replicas may differ in that (one of them may have seen the last good value,
/// another may have started after it), and it changes while the rejection stays.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Warning {
    /// A Service or a Namespace.
    pub(super) kind: Kind,
    /// Its namespace (empty for a Namespace) and name.
    pub(super) key: Key,
    /// `InvalidAnnotation`, `UnknownAnnotation` or `RejectedByClient`.
    pub(super) reason: Reason,
    /// What is wrong.
    pub(super) message: String,
}

/// The version of the object that an Event is about (`involvedObject`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct InvolvedObject {
    /// `metadata.uid`: `kubectl describe` looks for the Events of exactly this one.
    pub(super) uid: String,
    /// `metadata.resourceVersion`.
    pub(super) resource_version: String,
}

impl Warning {
    /// The warning for a rejection, if it has one.
    ///
    /// Those are the mistakes in annotations of Services and Namespaces, among them conflicts over domains, and what clients
    /// reject. Everything else is written by a controller, or isn't meant for us.
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
    pub(super) fn name(&self, object: &InvolvedObject) -> String {
        let Self { kind, key, reason, message } = self;
        // None of the others can have the separator in it.
        let identity = [kind.as_str(), &key.namespace, &key.name, &object.uid, reason.as_str(), message].join("\0");
        format!("{}.{:032x}", key.name, XxHash3_128::oneshot(identity.as_bytes()))
    }

    /// Its Event, seen for the first time.
    pub(super) fn event(&self, meanwhile: &str, object: &InvolvedObject, now: &Time) -> core::Event {
        let Self { kind, key, reason, message: _ } = self;
        let InvolvedObject { uid, resource_version } = object;
        core::Event {
            metadata: ObjectMeta {
                name: Some(self.name(object)),
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

    /// The merge patch that counts `known`, its Event that is there already, once more; `None` if it was counted already.
    ///
    /// An Event has the version of the object that it was last written for. If that is still the version, it was counted
    /// already: by another replica, or by this one before it was restarted. If it isn't, the object was changed and the
    /// rejection is there (again): then the first replica counts it. That works without clocks, because every replica sees
    /// the same versions, and because the patch is refused if `known` isn't the newest any more.
    pub(super) fn repeat_patch(
        &self,
        known: &core::Event,
        meanwhile: &str,
        object: &InvolvedObject,
        now: &Time,
    ) -> Option<Value> {
        let version = known.involved_object.resource_version.as_ref();
        if version == Some(&object.resource_version) {
            return None;
        }
        Some(json!({
            "metadata": { "resourceVersion": known.metadata.resource_version },
            "involvedObject": { "resourceVersion": object.resource_version },
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
