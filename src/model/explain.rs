//! Why a Service is served as it is.
//!
//! ```text
//! Explanation ── PortExplanation ── SettingExplanation   the value in force, and whose it is
//!             │                  └─ AddressExplanation   in, draining or out, and why
//!             └─ SliceSummary                            what there is to take addresses from
//! ```
//!
//! [`Catalog::explain`](super::Catalog::explain) makes it of what it serves from. The words that programs read are those
//! of the enums here; the sentences for people are put together where they are printed.

use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Key, Rejected};

/// Why one Service is served as it is, or isn't.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The Service.
    pub key: Key,
    /// Why nothing of it can be served; `None` if that is up to its ports.
    pub unserved: Option<Unserved>,
    /// Its ports, in the order of its manifest.
    pub ports: Vec<PortExplanation>,
    /// Its slices, in the order of their keys.
    pub slices: Vec<SliceSummary>,
}

/// Why one port is served as it is, or isn't.
#[derive(Debug, Clone, PartialEq)]
pub struct PortExplanation {
    /// Its number, 1 to 65535.
    pub number: u16,
    /// Its name; may be empty.
    pub name: Arc<str>,
    /// Which requests are meant for it when nobody names a port; `None` if it is no default port.
    pub default_for: Option<DefaultFor>,
    /// Its `appProtocol`, if that isn't understood.
    pub unknown_app_protocol: Option<Arc<str>>,
    /// Why it isn't served; `None` if it is.
    pub unserved: Option<Unserved>,
    /// Every setting there is, in the order of the reference page.
    pub settings: Vec<SettingExplanation>,
    /// Every address that a slice has for it, in the order of addresses. Empty if it isn't served.
    pub addresses: Vec<AddressExplanation>,
    /// The addresses that were refused before anybody asked whether they are ready: what is rejected of the slices.
    pub refused: Vec<Rejected>,
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
pub enum Unserved {
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

/// The value of one setting that is in force for a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingExplanation {
    /// The setting.
    pub key: &'static str,
    /// The value in force, as its author wrote it.
    pub value: String,
    /// Where it comes from.
    pub origin: SettingOrigin,
    /// The annotation that it comes from, in full; `None` if it comes from none.
    pub annotation: Option<String>,
    /// The annotation that would be in force if its value could be used. It is the one of the value in force when that is
    /// the last good one.
    pub bad: Option<BadSetting>,
}

/// An annotation whose value can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadSetting {
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

/// One address of a slice, as one port sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressExplanation {
    /// The address.
    pub address: IpAddr,
    /// The port that the pod listens on.
    pub port: u16,
    /// Whether it is used, and why.
    pub standing: Standing,
    /// The slice whose word counts, where the same address stands in another one.
    pub instead: Option<Key>,
    /// The zone it runs in; empty when unknown.
    pub zone: Arc<str>,
    /// The node it runs on; empty when unknown.
    pub node: Arc<str>,
    /// Its share relative to the others.
    pub weight: u32,
    /// The pod behind it, if the slice says so.
    pub pod: Option<Key>,
    /// The slice it stands in.
    pub slice: Key,
}

/// Why an address is used or isn't.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It is ready.
    Ready,
    /// It isn't ready, and the Service has `publishNotReadyAddresses`.
    NotReadyPublished,
    /// It is terminating and still serves, and no other is ready.
    NothingElse,
    /// It is terminating and still serves: it finishes what it has begun.
    Terminating,
    /// It isn't ready.
    NotReady,
    /// It is terminating and serves no more.
    Terminated,
    /// It is the second address of a pod whose first one, of the Service's first family, is ready.
    SecondAddress,
    /// The slices don't say which pod has it, and addresses of the other family are used.
    OtherFamily,
    /// The same address stands in the slices a second time.
    Repeated,
    /// Clients could do nothing with such an address.
    Refused,
}

/// What clients do with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// They send it requests.
    In,
    /// They let it finish.
    Draining,
    /// They aren't told of it.
    Out,
}

impl Standing {
    /// What clients do with it.
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Ready | Self::NotReadyPublished | Self::NothingElse | Self::SecondAddress => Verdict::In,
            Self::Terminating => Verdict::Draining,
            Self::NotReady | Self::Terminated | Self::OtherFamily | Self::Repeated | Self::Refused => Verdict::Out,
        }
    }
}

/// One slice of a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SliceSummary {
    /// Its namespace and name.
    pub key: Key,
    /// Its TCP ports: the name of the Service's port, and the number that the pods listen on.
    pub ports: Vec<(Arc<str>, u16)>,
    /// How many usable addresses it has.
    pub addresses: usize,
}
