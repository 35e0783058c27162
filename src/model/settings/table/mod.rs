//! The table of all settings.
//!
//! One file a group; a setting is one entry in one of them. From it come the reading of its values, the words of
//! `lint` and `explain`, "did you mean", and the reference page.

mod balancing;
mod connections;
mod health;
mod limits;
mod outliers;
mod retries;
mod routing;
mod timeouts;

use super::MAX_VALUE_BYTES;
use super::value::{Read, Value, ValueError};
use super::values::Values;
use crate::model::Policy;

/// One setting: its key, its values, its default, and what it does to a port's policy.
#[derive(Debug)]
pub struct Setting {
    /// The annotation's name after the prefix.
    pub key: &'static str,
    /// What it is for, in one line.
    pub about: &'static str,
    /// What is in force when nobody sets it.
    pub default: &'static str,
    /// Whether [`Self::default`] says in words what no value says.
    pub default_is_words: bool,
    /// A value that somebody might give it.
    pub example: &'static str,
    /// Which ports it is for when the annotation names none.
    pub reach: Reach,
    /// Without what it does nothing.
    pub needs: Option<Need>,
    /// What it becomes for Envoy, by Envoy's names of fields.
    pub envoy: &'static str,
    /// What it becomes for proxyless gRPC clients.
    pub grpc: Grpc,
    /// What else is worth knowing, in whole sentences; may be empty.
    pub note: &'static str,
    values: Values,
}

/// The ports that an annotation without a port is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Each port of the Service.
    EveryPort,
    /// Its default port only.
    DefaultPort,
}

/// What a setting needs to have an effect.
#[derive(Debug)]
pub struct Need {
    /// The need in the user's terms: `lb-policy: least-request`.
    pub what: &'static str,
    /// Whether a policy satisfies it.
    pub is_met: fn(&Policy) -> bool,
}

/// What a setting becomes for gRPC clients, in whole sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grpc {
    /// This, by the names of fields.
    Becomes(&'static str),
    /// Nothing, for this reason.
    Nothing(&'static str),
}

/// Settings that belong together.
#[derive(Debug)]
pub struct Group {
    /// What they are about, as a title.
    pub title: &'static str,
    /// What to know of them together, in whole sentences.
    pub about: &'static str,
    /// The settings, in the order of the reference page.
    pub settings: &'static [Setting],
}

/// Every group, in the order of the reference page.
pub const GROUPS: &[Group] = &[
    routing::GROUP,
    balancing::GROUP,
    retries::GROUP,
    timeouts::GROUP,
    connections::GROUP,
    limits::GROUP,
    outliers::GROUP,
    health::GROUP,
];

impl Setting {
    /// What most entries have in common.
    const PLAIN: Self = Self {
        key: "",
        about: "",
        default: "",
        default_is_words: false,
        example: "",
        reach: Reach::EveryPort,
        needs: None,
        envoy: "",
        grpc: Grpc::Nothing(""),
        note: "",
        values: Values::Boolean(|_, _| ()),
    };

    /// Every setting, in the order of the reference page.
    pub fn all() -> impl Iterator<Item = &'static Self> + Clone {
        GROUPS.iter().flat_map(|group| group.settings)
    }

    /// The setting with this key.
    pub fn find(key: &str) -> Option<&'static Self> {
        Self::all().find(|setting| setting.key == key)
    }

    /// The values it accepts, as they follow the word "expected".
    pub fn accepts(&self) -> String {
        self.values.accepts()
    }

    /// Reads a value: what of it can be used, if anything, and what can't.
    pub(super) fn read(&self, text: &str) -> (Option<Value>, Vec<ValueError>) {
        let text = text.trim();
        if text.len() > MAX_VALUE_BYTES {
            return (None, vec![self.fault(&format!("longer than {MAX_VALUE_BYTES} bytes, the limit of Kubernetes"))]);
        }
        if text.is_empty() {
            return (None, vec![self.fault("empty")]);
        }
        let Read { change, faults } = self.values.read(text);
        let faults =
            faults.into_iter().map(|fault| ValueError { message: self.expecting(&fault.message), ..fault }).collect();
        (change.map(|change| Value::new(text, change)), faults)
    }

    fn fault(&self, what: &str) -> ValueError {
        ValueError::new(self.expecting(what))
    }

    fn expecting(&self, what: &str) -> String {
        format!("{what}; expected {}", self.accepts())
    }
}
