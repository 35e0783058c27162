//! Renders what proxyless gRPC clients ask for, when they ask for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::fleet::{put, take};
use super::renderer::origin;
use crate::channels::DemandChange;
use crate::model::{Endpoint, Key, Port, Service};
use crate::translate::endpoint::{Preference, assignment};
use crate::translate::grpc::{
    Meaning, PortName, cluster, listener, meaning, route_configuration, route_configuration_name, server_listener,
};
use crate::translate::names;
use crate::xds::{Name, Resource, ResourceType, Snapshot};

/// The snapshot of what gRPC clients ask for, rendered when one of them does.
///
/// One port may be dialled under a dozen names, and each would be a listener of its own; so none is rendered before somebody
/// asks. With the first name of a port comes all that it leads to, because that is what the client asks for next.
#[derive(Debug)]
pub(super) struct OnDemand {
    cluster_domain: Arc<str>,
    /// By the Services that the names are of, whether there is such a Service or not.
    services: BTreeMap<Key, DemandedService>,
    snapshot: Arc<Snapshot>,
}

/// The names in demand of one Service.
#[derive(Debug, Default)]
struct DemandedService {
    names: BTreeMap<(ResourceType, Name), PortName>,
    /// What is in the snapshot because of it.
    rendered: BTreeSet<(ResourceType, Name)>,
}

/// What a change of demand leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum DemandEffect {
    /// This Service has to be [rendered](OnDemand::render).
    Service(Key),
    /// The snapshot has changed.
    SnapshotChanged,
    /// The name stands for nothing that could be rendered.
    Nothing,
}

impl OnDemand {
    /// Nothing is in demand.
    pub(super) fn new(cluster_domain: &Arc<str>) -> Self {
        Self { cluster_domain: Arc::clone(cluster_domain), services: BTreeMap::new(), snapshot: Arc::default() }
    }

    pub(super) const fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// Whether anything of this Service is in demand.
    pub(super) fn has_demand(&self, key: &Key) -> bool {
        self.services.contains_key(key)
    }

    /// Adds a name that is in demand now, or removes one that no longer is.
    pub(super) fn update(&mut self, change: DemandChange) -> DemandEffect {
        let DemandChange { resource_type, name, in_demand } = change;
        match meaning(resource_type, &name, &self.cluster_domain) {
            None => DemandEffect::Nothing,
            Some(Meaning::Port(key, port)) => {
                let demanded = self.services.entry(key.clone()).or_default();
                if in_demand {
                    demanded.names.insert((resource_type, name), port);
                } else {
                    demanded.names.remove(&(resource_type, name));
                }
                DemandEffect::Service(key)
            }
            Some(Meaning::Server { address, port }) => {
                let changed = if in_demand {
                    let listener = Arc::new(server_listener(&name, &address, port));
                    put(&mut self.snapshot, resource_type, &listener)
                } else {
                    take(&mut self.snapshot, resource_type, &name)
                };
                if changed { DemandEffect::SnapshotChanged } else { DemandEffect::Nothing }
            }
        }
    }

    /// Renders what is in demand of a Service; `None` if there is no such Service. Returns whether the snapshot changed.
    pub(super) fn render<'a>(
        &mut self,
        key: &Key,
        service: Option<&Service>,
        endpoints: impl Fn(u16) -> Option<&'a Arc<[Endpoint]>>,
    ) -> bool {
        let Self { cluster_domain, services, snapshot } = self;
        let Some(DemandedService { names, rendered }) = services.get_mut(key) else { return false };
        let resources = service.map(|service| resources(service, names, endpoints, cluster_domain)).unwrap_or_default();
        let before = std::mem::take(rendered);
        let mut changed = false;
        for (resource_type, resource) in resources {
            changed |= put(snapshot, resource_type, &resource);
            rendered.insert((resource_type, Name::clone(resource.name())));
        }
        for (resource_type, name) in before.difference(rendered) {
            changed |= take(snapshot, *resource_type, name);
        }
        if names.is_empty() {
            services.remove(key);
        }
        changed
    }
}

/// The listeners of a Service that are in demand, and all other resources of the ports that they lead to.
fn resources<'a>(
    service: &Service,
    names: &BTreeMap<(ResourceType, Name), PortName>,
    endpoints: impl Fn(u16) -> Option<&'a Arc<[Endpoint]>>,
    cluster_domain: &str,
) -> Vec<(ResourceType, Arc<Resource>)> {
    let key = &service.key;
    let mut resources = Vec::new();
    let mut ports: BTreeMap<u16, &Port> = BTreeMap::new();
    for ((resource_type, name), port) in names {
        let Some(port) = port.of(service) else { continue };
        ports.insert(port.number, port);
        if *resource_type == ResourceType::Listener {
            let listener = listener(name, &route_configuration_name(key, port.number, cluster_domain));
            resources.push((ResourceType::Listener, listener.with_origin(origin(service, port))));
        }
    }
    for (number, port) in ports {
        let Port { number: _, name: _, policy, has_service_hosts: _, annotated: _, written: _ } = port;
        let name = names::cluster(key, number);
        let routes = route_configuration_name(key, number, cluster_domain);
        let endpoints = endpoints(number).map(Arc::clone).unwrap_or_default();
        for (resource_type, resource) in [
            (ResourceType::Cluster, cluster(&name, policy)),
            (ResourceType::Endpoint, assignment(&name, &endpoints, Preference::for_grpc(&policy.balancing))),
            (ResourceType::Route, route_configuration(&routes, &name, policy)),
        ] {
            resources.push((resource_type, resource.with_origin(origin(service, port))));
        }
    }
    resources.into_iter().map(|(resource_type, resource)| (resource_type, Arc::new(resource))).collect()
}

#[cfg(test)]
mod tests;
