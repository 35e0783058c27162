//! The Kubernetes objects of the model: the fields that matter for load balancing.

use std::net::IpAddr;
use std::sync::Arc;

use super::settings::{Settings, Translated};
use super::{Key, ZoneRouting, explanation::UnservedReason};

/// One object of a source.
#[derive(Debug, Clone, PartialEq)]
pub enum Object {
    /// A Namespace.
    Namespace(Namespace),
    /// A Service.
    Service(Service),
    /// An EndpointSlice.
    EndpointSlice(EndpointSlice),
    /// A Pod with a weight.
    Pod(Pod),
}

/// A Namespace: the defaults of its Services.
#[derive(Debug, Clone, PartialEq)]
pub struct Namespace {
    /// Its name.
    pub name: Arc<str>,
    /// Its annotations under our prefix.
    pub settings: Settings,
}

/// A Service as its author declared it.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Its namespace and name.
    pub key: Key,
    /// When it was created, in seconds since 1970; `i64::MAX` when nobody knows (a manifest without the field), so that
    /// the name decides. Of two Services that claim one domain the older one has it.
    pub created: i64,
    /// Its annotations under our prefix.
    pub settings: Settings,
    /// Its annotations of other products, if it has some that are read.
    pub translated: Option<Box<Translated>>,
    /// Its TCP ports, in the order of the manifest.
    pub ports: Vec<Port>,
    /// `spec.type: ExternalName`: there is nothing to balance over.
    pub external_name: bool,
    /// `spec.publishNotReadyAddresses`.
    pub publish_not_ready: bool,
    /// `spec.trafficDistribution`, in our words; off when it isn't set.
    pub zone_routing: ZoneRouting,
    /// What else it says of the way to its pods.
    pub traffic: Traffic,
}

/// What a Service says of the way that requests take to its pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// The first of `spec.ipFamilies`, or IPv4: of a pod with an address of each family, that of this one comes first.
    pub first_family: IpFamily,
    /// `spec.internalTrafficPolicy: Local`: clients are to use the pods on their own node and no others.
    pub own_node_only: bool,
    /// `spec.sessionAffinity: ClientIP`: requests of one client are to go to one pod.
    pub client_ip_affinity: bool,
}

/// A family of IP addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum IpFamily {
    /// IPv4.
    #[default]
    V4,
    /// IPv6.
    V6,
}

impl IpFamily {
    /// The family of this address.
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }

    /// The word for it in Kubernetes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        }
    }
}

impl Service {
    /// Whether the Service itself wants to take part, be it with one port only, and not only its Namespace wants it.
    pub fn opts_in(&self) -> bool {
        self.settings.enables() || self.translated.as_ref().is_some_and(|translated| translated.enables())
    }

    /// Why there can be nothing to balance over, whatever the settings say.
    pub fn unserved(&self) -> Option<UnservedReason> {
        if self.external_name {
            Some(UnservedReason::ExternalName)
        } else if self.ports.is_empty() {
            Some(UnservedReason::NoTcpPort)
        } else {
            None
        }
    }
}

/// One TCP port of a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name; empty for the only port of a Service, which needs none. EndpointSlices refer to ports by it.
    pub name: Arc<str>,
    /// Its number, 1 to 65535.
    pub number: u16,
    /// `appProtocol`, if given.
    pub app_protocol: Option<Arc<str>>,
}

/// Some of the endpoints of a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointSlice {
    /// Its namespace and its own name.
    pub key: Key,
    /// The Service it belongs to (label `kubernetes.io/service-name`).
    pub service: Key,
    /// The TCP ports that every endpoint of the slice has: the Service port's name and the pod's port number.
    pub ports: Vec<(Arc<str>, u16)>,
    /// Its usable endpoints.
    pub endpoints: Vec<SliceEndpoint>,
}

/// One endpoint of a slice, with the conditions as Kubernetes reports them (absent ones filled in as the API says).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SliceEndpoint {
    /// Its first address.
    pub address: IpAddr,
    /// It accepts new requests.
    pub ready: bool,
    /// It can still answer, terminating or not.
    pub serving: bool,
    /// Its pod is being deleted.
    pub terminating: bool,
    /// The zone it runs in; empty when unknown.
    pub zone: Arc<str>,
    /// The node it runs on; empty when unknown.
    pub node: Arc<str>,
    /// The pod behind it, if the slice says so.
    pub pod: Option<Key>,
}

/// A Pod with a weight label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pod {
    /// Its namespace and name.
    pub key: Key,
    /// Its load balancing weight, 1 to 128.
    pub weight: u32,
}
