//! The parts of an explanation, as JSON: settings, addresses, and what clients refused.

use serde::{Deserialize, Serialize};

use crate::model::explain::{AddressExplanation, BadSetting, SettingExplanation, SettingOrigin, Standing, Verdict};
use crate::model::{Key, ObjectRef, Rejected};

/// The value of one setting that is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingJson {
    /// The setting.
    pub key: String,
    /// The value in force, as its author wrote it.
    pub value: String,
    /// Where it comes from.
    pub origin: SettingOrigin,
    /// The annotation that it comes from; absent if it comes from none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotation: Option<String>,
    /// Whether it is the last good value of that annotation, which has a bad one now.
    pub last_good: bool,
    /// The annotation that would be in force if its value could be used; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bad: Option<BadSettingJson>,
}

/// An annotation whose value can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadSettingJson {
    /// Whose annotation it is.
    pub origin: SettingOrigin,
    /// The annotation.
    pub annotation: String,
    /// What stands there now, shortened.
    pub value: String,
}

/// One address of an EndpointSlice, as one port sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressJson {
    /// The address, as it stands in the slice.
    pub address: String,
    /// The port that the pod listens on; absent for an address that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// What clients do with it.
    pub verdict: Verdict,
    /// Why.
    pub reason: Standing,
    /// Why it was refused; absent if it wasn't.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The slice whose word counts, where the same address stands in another one; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
    /// The zone it runs in; may be empty.
    pub zone: String,
    /// The node it runs on; may be empty.
    pub node: String,
    /// Its share relative to the others; absent for an address that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    /// The pod behind it; absent if the slice doesn't say. With its namespace only if it isn't the Service's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<String>,
    /// The slice it stands in.
    pub slice: String,
}

impl From<SettingExplanation> for SettingJson {
    fn from(SettingExplanation { key, value, origin, annotation, bad }: SettingExplanation) -> Self {
        let is_same = |bad: &BadSetting| bad.origin == origin && Some(&bad.annotation) == annotation.as_ref();
        let last_good = bad.as_ref().is_some_and(is_same);
        let bad = bad.map(|BadSetting { origin, annotation, value }| BadSettingJson { origin, annotation, value });
        Self { key: key.to_owned(), value, origin, annotation, last_good, bad }
    }
}

impl AddressJson {
    pub(super) fn new(address: AddressExplanation, service: &Key) -> Self {
        let AddressExplanation { address, port, standing, instead, zone, node, weight, pod, slice } = address;
        let pod =
            pod.map(|pod| if pod.namespace == service.namespace { pod.name.to_string() } else { pod.to_string() });
        Self {
            address: address.to_string(),
            port: Some(port),
            verdict: standing.verdict(),
            reason: standing,
            message: None,
            instead: instead.map(|slice| slice.name.to_string()),
            zone: zone.to_string(),
            node: node.to_string(),
            weight: Some(weight),
            pod,
            slice: slice.name.to_string(),
        }
    }

    /// An address that is rejected of a slice.
    pub(super) fn refused(rejected: Rejected) -> Self {
        let Rejected { object, field, value, reason: _, message, meanwhile: _ } = rejected;
        let slice = match object {
            ObjectRef::Object(_, key) => key.name,
            ObjectRef::File(path) => path,
        };
        Self {
            // An endpoint without an address is found by its place.
            address: if value.is_empty() { field } else { value },
            port: None,
            verdict: Standing::Refused.verdict(),
            reason: Standing::Refused,
            message: Some(message),
            instead: None,
            zone: String::new(),
            node: String::new(),
            weight: None,
            pod: None,
            slice: slice.to_string(),
        }
    }
}
