//! The `chancery.dev` annotations of Services and Namespaces.
//!
//! ```text
//! metadata.annotations ──parse──▶ Settings ──┐ keep_last_good
//!                         │                  ▼
//!                         │       Layers: Namespace plain ◀ Namespace per port
//!                         │               ◀ Translated ◀ Service plain ◀ Service per port
//!                         │                  │
//!                         └── GROUPS ─resolve┴─settle─▶ one Policy a port
//! ```
//!
//! [`GROUPS`] is the only place that knows a setting: its key, what it accepts, its default and which field of the
//! [`Policy`](super::Policy) it sets. Parsing, messages, "did you mean" and the reference page follow from it, so a new
//! setting is one new entry.
//!
//! The more specific place wins, and the Service wins over its Namespace: a plain key on the Service beats even a
//! per-port key on the Namespace. Between the two lies what the annotations of other products come to ([`Translated`]).

mod domain;
mod effective;
mod explain;
mod name;
mod parts;
mod port_doubts;
mod port_protocol;
mod resolve;
mod settle;
mod table;
mod translated;
mod value;
mod values;
mod word;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use effective::Effective;
use name::{Name, Unnamed};
pub use settle::BASE_EJECTION_TIME;
pub use table::{GROUPS, Group, Grpc, Need, Reach, Setting};
use value::{Value, ValueError};

pub use explain::{explain, unknown_app_protocol, unserved};
pub use resolve::{Resolved, resolve, restate, restate_namespace};
pub use translated::Translated;
pub(in crate::model) use word::nearest;

use super::{Location, ObjectRef, Reason, Rejected, meanwhile};

/// What every annotation of ours begins with.
pub const PREFIX: &str = "chancery.dev/";

/// The setting that opts a Service in.
const ENABLED: &str = "enabled";

/// The longest annotation that is read, in bytes: Kubernetes' own limit for all annotations of an object together.
pub const MAX_VALUE_BYTES: usize = 256 * 1024;

/// The annotations of one object under [`PREFIX`], parsed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    /// What is in force, be it from now or from an earlier version of the object.
    good: BTreeMap<Name, Value>,
    /// What was given with a value that can't be used.
    bad: BTreeSet<Name>,
}

impl Settings {
    /// Reads the annotations of `object`; those without our prefix are ignored.
    ///
    /// A value that can't be used costs that annotation only: it is reported, and remembered for
    /// [`Self::keep_last_good`].
    pub fn parse(object: &ObjectRef, annotations: &BTreeMap<String, String>) -> (Self, Vec<Rejected>) {
        let mut settings = Self::default();
        let mut rejected = Vec::new();
        let ours =
            annotations.range(PREFIX.to_owned()..).map_while(|(key, text)| Some((key.strip_prefix(PREFIX)?, text)));
        for (annotation, text) in ours {
            let mut reject = |reason, value, message, meanwhile| {
                rejected.push(Rejected {
                    object: object.clone(),
                    field: Location::setting(annotation),
                    value,
                    reason,
                    message,
                    meanwhile,
                });
            };
            match Name::parse(annotation) {
                Err(Unnamed::Unknown(message)) => {
                    reject(Reason::UnknownAnnotation, Rejected::shorten(text), message, meanwhile::IGNORED.to_owned());
                }
                Err(Unnamed::BadPort(message)) => {
                    reject(Reason::InvalidAnnotation, Rejected::shorten(text), message, meanwhile::IGNORED.to_owned());
                }
                Ok((name, setting)) => {
                    for ValueError { value, message, meanwhile } in settings.take(name, setting, text) {
                        let meanwhile =
                            meanwhile.map_or_else(|| meanwhile::default_stays(setting.default), str::to_owned);
                        let value = value.unwrap_or_else(|| Rejected::shorten(text));
                        reject(Reason::InvalidAnnotation, value, message, meanwhile);
                    }
                }
            }
        }
        (settings, rejected)
    }

    /// Keeps the `previous` value of every annotation whose value now can't be used.
    pub fn keep_last_good(&mut self, previous: &Self) {
        for name in &self.bad {
            if let Some(value) = previous.good.get(name) {
                self.good.insert(name.clone(), value.clone());
            }
        }
    }

    /// Whether they opt anything in, be it one port only.
    pub fn enables(&self) -> bool {
        let enabling = |(name, value): (&Name, &Value)| {
            let mut effective = Effective::default();
            value.apply(&mut effective);
            name.key == ENABLED && effective.enabled
        };
        self.good.iter().any(enabling)
    }

    fn take(&mut self, name: Name, setting: &Setting, text: &str) -> Vec<ValueError> {
        let (value, faults) = setting.read(text);
        match value {
            Some(value) => drop(self.good.insert(name, value)),
            None => drop(self.bad.insert(name)),
        }
        faults
    }
}

/// Whether a setting can have this value.
pub(in crate::model) fn accepts(key: &str, text: &str) -> bool {
    Setting::find(key).is_some_and(|setting| setting.read(text).0.is_some())
}
