//! Why a Service is served as it is: one tree, from the catalog to the reader.
//!
//! ```text
//! ServiceExplanation ─┬─ PortExplanation ─┬─ DomainExplanation     a domain that it wants, and who has it instead
//!                     │                   ├─ SettingExplanation    the value in force, and whose it is
//!                     │                   └─ AddressExplanation    in, draining or out, and why
//!                     ├─ SliceSummary                              what there is to take addresses from
//!                     └─ RejectedJson                              what is rejected of it
//! ```
//!
//! [`Catalog::explain`](super::Catalog::explain) builds it; the pipeline adds what it rendered and what is rejected, the
//! admin server what clients refuse. Serialized it is the answer of `/api/v1/services/NAMESPACE/NAME` and of `chancery
//! explain -o json`: names, order and words are a contract with programs. The sentences for people are written where they
//! are printed.

mod address;
mod setting;

use serde::{Deserialize, Serialize};

use super::{Key, RejectedJson, Requests};

pub use address::{AddressExplanation, AddressReason, AddressState};
pub use setting::{RejectedSetting, SettingExplanation, SettingOrigin};

/// Why one Service is served as it is, or isn't.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceExplanation {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Why nothing of it can be served; absent if that is up to its ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unserved: Option<UnservedReason>,
    /// Its TCP ports, in the order of its manifest.
    pub ports: Vec<PortExplanation>,
    /// Its EndpointSlices, in the order of their names.
    pub slices: Vec<SliceSummary>,
    /// What is rejected of it, of its Namespace, its slices and its pods, and then what clients refuse of it.
    pub rejected: Vec<RejectedJson>,
}

/// Why one port is served as it is, or isn't.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortExplanation {
    /// Its number, 1 to 65535.
    pub number: u16,
    /// Its name; may be empty.
    pub name: String,
    /// Whether it is a default port: [`Self::default_for`] is present.
    pub default: bool,
    /// Which requests are meant for it when nobody names a port; absent if it is no default port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_for: Option<DefaultFor>,
    /// Its `appProtocol`, if that isn't understood; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown_app_protocol: Option<String>,
    /// Whether clients get it: [`Self::unserved`] is absent.
    pub served: bool,
    /// Why they don't; absent if they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unserved: Option<UnservedReason>,
    /// The name of its cluster; absent if it isn't served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The fleets that get it: names, or `*` alone for all.
    pub fleets: Vec<String>,
    /// The domains that it wants.
    pub domains: Vec<DomainExplanation>,
    /// Every setting there is, in the order of the reference page.
    pub settings: Vec<SettingExplanation>,
    /// Every address that a slice has for it, in the order of addresses, and then the rejected ones; none if it isn't served.
    pub addresses: Vec<AddressExplanation>,
}

/// What a default port is the default for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DefaultFor {
    /// gRPC clients that name no port, and all requests under a domain without a port.
    All,
    /// gRPC clients that name no port, and the gRPC requests under a domain without a port.
    Grpc,
    /// The requests under a domain without a port that aren't gRPC.
    Http,
    /// All requests under a domain without a port. gRPC clients have to name a port: none says that it is for gRPC.
    Domains,
}

/// Why a Service or a port isn't served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnservedReason {
    /// Nobody asked for it: `enabled` has its default.
    NotEnabled,
    /// An annotation says `enabled: false`.
    Disabled,
    /// `spec.type: ExternalName`: there are no pods to balance over.
    ExternalName,
    /// The Service has no TCP port.
    NoTcpPort,
    /// The object can't be used, and never could.
    Unusable,
}

/// A domain that a port wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainExplanation {
    /// The domain.
    pub domain: String,
    /// Which requests under it the port takes, if the port has it; absent if all.
    #[serde(default, skip_serializing_if = "is_default")]
    pub requests: Requests,
    /// Who has it instead; absent if the port has it wherever it is served.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<DomainOwner>,
}

/// Who has a domain that another port wants, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainOwner {
    /// The Service that has it: its namespace, a slash, and its name.
    #[serde(rename = "to")]
    pub service: String,
    /// The port of that Service.
    pub port: u16,
    /// The fleets where that is so; an empty name stands for all that nobody names. Absent if it is so in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fleets: Option<Vec<String>>,
}

/// One EndpointSlice of a Service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SliceSummary {
    /// Its name.
    pub name: String,
    /// The names of its TCP ports, each the name of a port of the Service; may be empty.
    pub ports: Vec<String>,
    /// How many usable addresses it has.
    pub addresses: usize,
}

impl ServiceExplanation {
    /// Of the Service of this key, of which nothing is known but why nothing of it is served.
    pub(super) fn new(Key { namespace, name }: &Key, unserved: Option<UnservedReason>) -> Self {
        let (namespace, name) = (namespace.to_string(), name.to_string());
        Self { namespace, name, unserved, ports: Vec::new(), slices: Vec::new(), rejected: Vec::new() }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests;
