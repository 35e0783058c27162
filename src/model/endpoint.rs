//! The endpoints of a port.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// One pod, as one port of a Service sees it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    /// Its IP address; of a pod with one of each family, that of the Service's first family.
    pub address: IpAddr,
    /// The port that the pod listens on, 1 to 65535.
    pub port: u16,
    /// Whether it takes new requests.
    pub state: EndpointState,
    /// Where it runs.
    pub locality: Locality,
    /// Its share relative to the others, 1 to 128; 1 unless its pod is labelled.
    pub weight: u32,
    /// The address that the same pod has in the other family, for clients that get no connection over the first.
    pub second: Option<IpAddr>,
}

/// Whether an endpoint takes new requests. Endpoints that take none and finish none aren't listed at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndpointState {
    /// It takes new requests.
    Ready,
    /// Its pod is terminating, but still answers what it has begun.
    Draining,
}

/// Where an endpoint runs. Both parts may be empty: unknown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Locality {
    /// The zone, as in the node label `topology.kubernetes.io/zone`.
    pub zone: Arc<str>,
    /// The node's name.
    pub node: Arc<str>,
}

/// The endpoints of a Service by port number, each list sorted by address and without repetition. Every port of the
/// Service is there, with an empty list if it has no endpoint.
pub type Endpoints = BTreeMap<u16, Arc<[Endpoint]>>;
