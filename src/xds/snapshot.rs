//! Snapshots: what each kind of client should hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{ClientKind, Name, ResourceMap, ResourceType, Target};

/// Everything that the clients of one [`Target`] should hold, at one moment. Cloning is a few pointer copies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    maps: [ResourceMap; ResourceType::COUNT],
}

impl Snapshot {
    /// The resources of one type.
    pub const fn get(&self, resource_type: ResourceType) -> &ResourceMap {
        let [clusters, endpoints, listeners, routes, secrets] = &self.maps;
        match resource_type {
            ResourceType::Cluster => clusters,
            ResourceType::Endpoint => endpoints,
            ResourceType::Listener => listeners,
            ResourceType::Route => routes,
            ResourceType::Secret => secrets,
        }
    }

    /// The resources of one type, to change them.
    pub const fn get_mut(&mut self, resource_type: ResourceType) -> &mut ResourceMap {
        let [clusters, endpoints, listeners, routes, secrets] = &mut self.maps;
        match resource_type {
            ResourceType::Cluster => clusters,
            ResourceType::Endpoint => endpoints,
            ResourceType::Listener => listeners,
            ResourceType::Route => routes,
            ResourceType::Secret => secrets,
        }
    }
}

/// The snapshot of every target, published together so that no reader sees half a change.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// What an Envoy gets whose fleet no Service names.
    pub everyone: Arc<Snapshot>,
    /// What the Envoys of the fleets get that at least one Service (or the configuration) names.
    pub fleets: BTreeMap<Name, Arc<Snapshot>>,
    /// What proxyless gRPC clients get, whatever their fleet: what any of them asked for by name and what that refers to,
    /// as far as it exists. (So `*` means what others asked for. No gRPC library asks for it.)
    pub grpc: Arc<Snapshot>,
}

impl World {
    /// The snapshot for a client.
    pub fn snapshot(&self, target: &Target) -> &Arc<Snapshot> {
        match target.kind {
            ClientKind::Envoy => self.fleets.get(&target.fleet).unwrap_or(&self.everyone),
            ClientKind::Grpc => &self.grpc,
        }
    }
}
