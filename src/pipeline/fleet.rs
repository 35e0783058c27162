//! The snapshot of one fleet of Envoys.

use std::sync::Arc;

use imbl::OrdMap;

use crate::translate::envoy::{EncodedVirtualHost, ListenerOptions, listener, route_configuration};
use crate::xds::{Name, Resource, ResourceType, Snapshot};

/// The snapshot of one fleet, and the encoded virtual hosts that its route configuration is made of.
///
/// Every method that changes it returns whether anything changed: what is equal stays as it is, so that an unchanged map
/// stays the same in memory.
#[derive(Debug, Clone)]
pub(super) struct Fleet {
    /// The name of its listener and of its route configuration.
    listener: Name,
    snapshot: Arc<Snapshot>,
    virtual_hosts: OrdMap<Name, EncodedVirtualHost>,
}

impl Fleet {
    /// A fleet that gets a listener without routes.
    pub(super) fn new(options: &ListenerOptions) -> Self {
        let name = Name::clone(&options.name);
        let mut fleet = Self { listener: name, snapshot: Arc::default(), virtual_hosts: OrdMap::new() };
        fleet.put(ResourceType::Listener, &Arc::new(listener(options)));
        fleet.put(ResourceType::Route, &Arc::new(fleet.route_configuration()));
        fleet
    }

    pub(super) const fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// Puts a resource in, unless it is there already.
    pub(super) fn put(&mut self, resource_type: ResourceType, resource: &Arc<Resource>) -> bool {
        put(&mut self.snapshot, resource_type, resource)
    }

    /// Takes a resource out, if it is there.
    pub(super) fn take(&mut self, resource_type: ResourceType, name: &str) -> bool {
        take(&mut self.snapshot, resource_type, name)
    }

    /// Puts a virtual host in, or takes it out. The caller makes a new [`Self::route_configuration`] and puts it in.
    pub(super) fn set_virtual_host(&mut self, name: &Name, virtual_host: Option<EncodedVirtualHost>) -> bool {
        if self.virtual_hosts.get(name) == virtual_host.as_ref() {
            return false;
        }
        match virtual_host {
            Some(virtual_host) => self.virtual_hosts.insert(Name::clone(name), virtual_host),
            None => self.virtual_hosts.remove(name),
        };
        true
    }

    /// The route configuration of its virtual hosts.
    pub(super) fn route_configuration(&self) -> Resource {
        route_configuration(&self.listener, self.virtual_hosts.values())
    }
}

/// Puts a resource into a snapshot, unless it is there already. Returns whether it wasn't.
pub(super) fn put(snapshot: &mut Arc<Snapshot>, resource_type: ResourceType, resource: &Arc<Resource>) -> bool {
    if snapshot.get(resource_type).get(resource.name()) == Some(resource) {
        return false;
    }
    Arc::make_mut(snapshot).get_mut(resource_type).insert(Arc::clone(resource));
    true
}

/// Takes a resource out of a snapshot, if it is there. Returns whether it was.
pub(super) fn take(snapshot: &mut Arc<Snapshot>, resource_type: ResourceType, name: &str) -> bool {
    if !snapshot.get(resource_type).contains(name) {
        return false;
    }
    Arc::make_mut(snapshot).get_mut(resource_type).remove(name);
    true
}
