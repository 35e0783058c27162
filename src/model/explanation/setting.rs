//! Where the value of a setting comes from.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The value of one setting that is in force for a port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingExplanation {
    /// The setting.
    pub key: Cow<'static, str>,
    /// The value in force, as its author wrote it.
    pub value: String,
    /// Where it comes from.
    pub origin: SettingOrigin,
    /// The annotation that it comes from, in full; absent if it comes from none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotation: Option<String>,
    /// Whether it is the last good value of that annotation, whose value now is rejected.
    pub last_good: bool,
    /// The annotation that would be in force if its value weren't rejected; absent if there is none. It is
    /// [`Self::annotation`] if the value in force is the last good one.
    #[serde(rename = "bad", skip_serializing_if = "Option::is_none")]
    pub rejected: Option<RejectedSetting>,
}

/// An annotation whose value is rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedSetting {
    /// Whose annotation it is.
    pub origin: SettingOrigin,
    /// The annotation, in full.
    pub annotation: String,
    /// What stands there now, shortened.
    pub value: String,
}

/// Where the value of a setting comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SettingOrigin {
    /// An annotation of the Service.
    Service,
    /// An annotation of its Namespace.
    Namespace,
    /// The port's `appProtocol`.
    AppProtocol,
    /// The port's name.
    PortName,
    /// The port's number.
    PortNumber,
    /// The Service's `spec.trafficDistribution`.
    TrafficDistribution,
    /// Nobody set it.
    Default,
}
