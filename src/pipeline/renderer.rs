//! Turns changes of the catalog into changes of snapshots, and renders only what changed.

mod explain;
mod shadowed;

use std::collections::{BTreeMap, BTreeSet};
use std::iter;
use std::sync::Arc;

use super::on_demand::{DemandEffect, OnDemand};
use super::{RenderOptions, fleet::Fleet};
use crate::channels::DemandChange;
use crate::model::{Endpoint, Entry, Fleets, Key, Location, ObjectRef, Port, Reason, Rejected, Service};
use crate::translate::endpoint::{Preference, assignment};
use crate::translate::envoy::{ClaimKind, Conflict, DirtyVirtualHosts, Domains, PortRoutes, cluster};
use crate::translate::names;
use crate::xds::{ClientKind, Name, Origin, Resource, ResourceType, Snapshot, Version, World};
use shadowed::ShadowedPaths;

/// The fleet of an Envoy whose own fleet neither a Service port nor the configuration names.
const EVERYONE: &str = "";

/// Turns changes of the catalog into changes of the [`World`]. Pure: the same entries give the same world, in whatever
/// steps and order they came.
///
/// One changed endpoint renders one assignment, and touches one entry in the map of each fleet that gets it. A changed
/// Service renders its clusters and virtual hosts, and the virtual hosts of all who claim one of its domains; the route
/// configuration is put together again from encoded parts. What turns out equal keeps its memory, so an unchanged map
/// stays the same map.
///
/// A fleet exists while a Service port names it or the configuration lists it. All others get what everyone gets.
#[derive(Debug)]
pub struct Renderer {
    options: RenderOptions,
    services: BTreeMap<Key, Arc<Service>>,
    /// By the name of the cluster.
    ports: BTreeMap<Name, RenderedPort>,
    domains: Domains,
    /// How many ports name each fleet.
    named: BTreeMap<Name, usize>,
    everyone: Fleet,
    fleets: BTreeMap<Name, Fleet>,
    on_demand: OnDemand,
    /// Conflicts over domains, by the name of the cluster of the port that lost.
    rejected: BTreeMap<Name, Vec<Rejected>>,
    shadowed: ShadowedPaths,
    /// How often [`Self::rejected`] changed.
    rejections: u64,
}

/// A Service port, rendered. Every fleet that gets it shares this.
#[derive(Debug)]
struct RenderedPort {
    endpoints: Arc<[Endpoint]>,
    preference: Preference,
    cluster: Arc<Resource>,
    assignment: Arc<Resource>,
    routes: Arc<PortRoutes>,
}

/// What has to be rendered or distributed again after a batch of changes.
#[derive(Debug, Default)]
struct Dirty {
    /// Clusters and assignments, by name.
    resources: BTreeSet<Name>,
    virtual_hosts: DirtyVirtualHosts,
}

impl Renderer {
    /// A renderer of nothing yet: its world has listeners without routes.
    pub fn new(options: RenderOptions) -> Self {
        let everyone = Fleet::new(&options.listener);
        let fleets = options.fleets.iter().map(|(name, listener)| (Name::clone(name), Fleet::new(listener))).collect();
        Self {
            on_demand: OnDemand::new(&options.cluster_domain),
            options,
            services: BTreeMap::new(),
            ports: BTreeMap::new(),
            domains: Domains::default(),
            named: BTreeMap::new(),
            everyone,
            fleets,
            rejected: BTreeMap::new(),
            shadowed: ShadowedPaths::default(),
            rejections: 0,
        }
    }

    /// Applies what changed in the catalog since the last call. Returns whether any snapshot changed.
    pub fn apply(&mut self, changes: Vec<(Key, Option<Entry>)>) -> bool {
        let mut dirty = Dirty::default();
        let in_demand =
            changes.iter().map(|(key, _)| key).filter(|key| self.on_demand.has_demand(key)).cloned().collect();
        for (key, entry) in changes {
            match entry {
                Some(entry) => self.render(key, entry, &mut dirty),
                None => self.remove(&key, &mut dirty),
            }
        }
        // Before anything is distributed, so that a new fleet begins with what everyone had, to which `dirty` is the rest.
        let fleets_changed = self.update_fleets();
        let distributed = self.distribute(&dirty);
        self.update_rejected(&dirty);
        let on_demand = self.render_on_demand(in_demand);
        fleets_changed || distributed || on_demand
    }

    /// Applies which names gRPC clients ask for now and didn't before, and the other way round. Returns whether any snapshot
    /// changed.
    pub fn update_demand(&mut self, demand: Vec<DemandChange>) -> bool {
        let mut changed = false;
        let mut services = BTreeSet::new();
        for change in demand {
            match self.on_demand.update(change) {
                DemandEffect::Service(key) => drop(services.insert(key)),
                DemandEffect::SnapshotChanged => changed = true,
                DemandEffect::Nothing => {}
            }
        }
        self.render_on_demand(services) || changed
    }

    /// What gRPC clients would get if they dialled every port of every Service by its shortest name.
    pub fn all_dialled(&self) -> Arc<Snapshot> {
        let mut all = OnDemand::new(&self.options.cluster_domain);
        for (key, service) in &self.services {
            for port in &service.ports {
                let name = names::authority(key, port.number).into();
                all.update(DemandChange { resource_type: ResourceType::Listener, name, in_demand: true });
            }
            all.render(key, Some(service), endpoints_of(&self.ports, key));
        }
        Arc::clone(all.snapshot())
    }

    /// What clients should hold now. Cheap: pointers.
    pub fn world(&self) -> World {
        World {
            everyone: Arc::clone(self.everyone.snapshot()),
            fleets: self.fleets.iter().map(|(name, fleet)| (Name::clone(name), Arc::clone(fleet.snapshot()))).collect(),
            grpc: Arc::clone(self.on_demand.snapshot()),
        }
    }

    /// How many different resources of this type there are for clients of this kind, over all fleets.
    pub fn count(&self, client: ClientKind, resource_type: ResourceType) -> usize {
        if client == ClientKind::Grpc {
            return self.on_demand.snapshot().get(resource_type).len();
        }
        match resource_type {
            ResourceType::Cluster | ResourceType::Endpoint => self.ports.len(),
            // Nothing in a source becomes a secret.
            ResourceType::Secret => 0,
            ResourceType::Listener | ResourceType::Route => {
                let fleets = iter::once(&self.everyone).chain(self.fleets.values());
                let versions = fleets.map(|fleet| fleet.snapshot().get(resource_type).version());
                versions.collect::<BTreeSet<Version>>().len()
            }
        }
    }

    /// The conflicts over domains, and the paths that are shadowed, each in the order of clusters.
    pub fn rejected(&self) -> impl Iterator<Item = &Rejected> {
        self.rejected.values().flatten().chain(self.shadowed.rejected())
    }

    /// A number that grows whenever [`Self::rejected`] changes.
    pub const fn rejections(&self) -> u64 {
        self.rejections
    }

    fn render_on_demand(&mut self, services: BTreeSet<Key>) -> bool {
        let Self { services: all, ports, on_demand, .. } = self;
        let mut changed = false;
        for key in services {
            changed |= on_demand.render(&key, all.get(&key).map(Arc::as_ref), endpoints_of(ports, &key));
        }
        changed
    }

    fn render(&mut self, key: Key, entry: Entry, dirty: &mut Dirty) {
        let Entry { service, endpoints } = entry;
        let old = self.services.insert(key, Arc::clone(&service));
        for port in &service.ports {
            let endpoints = endpoints.get(&port.number).map(Arc::clone).unwrap_or_default();
            let unchanged = old.as_ref().is_some_and(|old| Arc::ptr_eq(old, &service));
            self.render_port(&service, port, endpoints, unchanged, dirty);
            // A conflict names the field that the domain is written in, so it changes with that alone.
            if old.as_ref().and_then(|old| old.port(port.number)).is_some_and(|old| old.written != port.written) {
                dirty.virtual_hosts.ports.insert(names::cluster(&service.key, port.number));
            }
        }
        let Some(old) = old else { return };
        let stays = |number| service.ports.iter().any(|port| port.number == number);
        for Port { number, .. } in old.ports.iter().filter(|port| !stays(port.number)) {
            self.remove_port(&names::cluster(&old.key, *number), dirty);
        }
    }

    fn render_port(
        &mut self,
        service: &Service,
        port: &Port,
        endpoints: Arc<[Endpoint]>,
        unchanged: bool,
        dirty: &mut Dirty,
    ) {
        let name = names::cluster(&service.key, port.number);
        let old = self.ports.remove(&name);
        let known = old.as_ref().filter(|_| unchanged).and_then(|old| old.cluster.origin());
        let origin = known.map_or_else(|| origin(service, port), Arc::clone);
        let preference = Preference::for_envoy(&port.policy.balancing);
        let is_same = |old: &&RenderedPort| Arc::ptr_eq(&old.endpoints, &endpoints) && old.preference == preference;
        let assignment = match old.as_ref().filter(is_same) {
            Some(old) => Arc::clone(&old.assignment),
            None => kept_or_new(
                old.as_ref().map(|old| &old.assignment),
                assignment(&name, &endpoints, preference).with_origin(Arc::clone(&origin)),
            ),
        };
        let (cluster, routes) = match old {
            Some(old) if unchanged => (old.cluster, old.routes),
            old => {
                let routes = PortRoutes::new(Name::clone(&name), service, port, &self.options.cluster_domain);
                let authority = names::authority(&service.key, port.number);
                let cluster = cluster(&name, &authority, &port.policy).with_origin(origin);
                let cluster = kept_or_new(old.as_ref().map(|old| &old.cluster), cluster);
                (cluster, self.replace_routes(old.map(|old| old.routes), routes, dirty))
            }
        };
        self.ports.insert(Name::clone(&name), RenderedPort { endpoints, preference, cluster, assignment, routes });
        dirty.resources.insert(name);
    }

    /// Replaces the claims of a port.
    fn replace_routes(&mut self, old: Option<Arc<PortRoutes>>, new: PortRoutes, dirty: &mut Dirty) -> Arc<PortRoutes> {
        match old {
            Some(old) if *old == new => return old,
            Some(old) => self.remove_routes(&old, dirty),
            None => {}
        }
        let new = Arc::new(new);
        self.domains.insert(&new, &mut dirty.virtual_hosts);
        if let Fleets::Named(fleets) = &new.fleets {
            for fleet in fleets {
                *self.named.entry(Name::clone(fleet)).or_default() += 1;
            }
        }
        new
    }

    fn remove_routes(&mut self, routes: &PortRoutes, dirty: &mut Dirty) {
        self.domains.remove(routes, &mut dirty.virtual_hosts);
        if let Fleets::Named(fleets) = &routes.fleets {
            for fleet in fleets {
                if let Some(ports) = self.named.get_mut(fleet) {
                    *ports -= 1;
                }
            }
        }
    }

    fn remove(&mut self, key: &Key, dirty: &mut Dirty) {
        let Some(old) = self.services.remove(key) else { return };
        for port in &old.ports {
            self.remove_port(&names::cluster(key, port.number), dirty);
        }
    }

    fn remove_port(&mut self, name: &Name, dirty: &mut Dirty) {
        let Some(old) = self.ports.remove(name) else { return };
        self.remove_routes(&old.routes, dirty);
        dirty.resources.insert(Name::clone(name));
    }

    /// Adds fleets that are named for the first time, and removes those that nobody names any more.
    fn update_fleets(&mut self) -> bool {
        let Self { options, named, everyone, fleets, .. } = self;
        let before = fleets.len();
        named.retain(|_, ports| *ports > 0);
        fleets.retain(|name, _| named.contains_key(name) || options.fleets.contains_key(name));
        let removed = fleets.len() < before;
        let left = fleets.len();
        for name in named.keys() {
            fleets.entry(Name::clone(name)).or_insert_with(|| everyone.clone());
        }
        removed || fleets.len() > left
    }

    /// Brings what is dirty to every fleet.
    fn distribute(&mut self, dirty: &Dirty) -> bool {
        let Self { services, ports, domains, everyone, fleets, .. } = self;
        let fleets = fleets.iter_mut().map(|(name, fleet)| (&**name, fleet));
        let mut route_configurations: BTreeMap<Version, Arc<Resource>> = BTreeMap::new();
        let mut changed = false;
        for (fleet_name, fleet) in iter::once((EVERYONE, everyone)).chain(fleets) {
            let port_of = |name| ports.get(name).filter(|port: &&RenderedPort| port.routes.fleets.includes(fleet_name));
            for name in &dirty.resources {
                changed |= match port_of(name) {
                    Some(port) => {
                        fleet.put(ResourceType::Cluster, &port.cluster)
                            | fleet.put(ResourceType::Endpoint, &port.assignment)
                    }
                    None => fleet.take(ResourceType::Cluster, name) | fleet.take(ResourceType::Endpoint, name),
                };
            }
            let mut rerouted = false;
            for name in &dirty.virtual_hosts.ports {
                let virtual_host = port_of(name).and_then(|port| domains.port_virtual_host(&port.routes, fleet_name));
                rerouted |= fleet.set_virtual_host(name, virtual_host);
            }
            for key in &dirty.virtual_hosts.services {
                let port = |number: Option<u16>| {
                    let name = names::cluster(key, number?);
                    Some(&ports.get(&name).filter(|port| port.routes.fleets.includes(fleet_name))?.routes)
                };
                let defaults = services.get(key).map(|service| service.defaults).unwrap_or_default();
                let both = port(defaults.grpc).zip(port(defaults.http)).filter(|(grpc, http)| grpc.name != http.name);
                let virtual_host = both.and_then(|(grpc, http)| domains.service_virtual_host(grpc, http, fleet_name));
                rerouted |= fleet.set_virtual_host(&names::service(key), virtual_host);
            }
            for domain in &dirty.virtual_hosts.domains {
                rerouted |= fleet.set_virtual_host(domain, domains.domain_virtual_host(domain, fleet_name));
            }
            if rerouted {
                let routes = fleet.route_configuration();
                let routes = route_configurations.entry(routes.version()).or_insert_with(|| Arc::new(routes));
                changed |= fleet.put(ResourceType::Route, routes);
            }
        }
        changed
    }

    /// Updates the conflicts over domains and the shadowed paths, of all fleets.
    fn update_rejected(&mut self, dirty: &Dirty) {
        let Self { services, ports, domains, fleets, rejected, shadowed, rejections, .. } = self;
        let port_of = |name: &Name| {
            let routes = &ports.get(name)?.routes;
            services.get(&routes.key)?.port(routes.port)
        };
        for domain in &dirty.virtual_hosts.domains {
            let everywhere = iter::once(EVERYONE).chain(fleets.keys().map(|fleet| &**fleet));
            let now = everywhere.flat_map(|fleet| domains.shadowed(domain, fleet)).collect();
            *rejections += u64::from(shadowed.set(domain, now, &port_of));
        }
        for name in &dirty.virtual_hosts.ports {
            *rejections += u64::from(shadowed.update_port(name, &port_of));
            let before = rejected.remove(name).unwrap_or_default();
            let Some(RenderedPort { routes, .. }) = ports.get(name) else {
                *rejections += u64::from(!before.is_empty());
                continue;
            };
            let conflicts: BTreeSet<Conflict> = iter::once(EVERYONE)
                .chain(fleets.keys().map(|fleet| &**fleet))
                .filter(|fleet| routes.fleets.includes(fleet))
                .flat_map(|fleet| domains.conflicts(routes, fleet))
                .collect();
            let now: Vec<Rejected> =
                conflicts.iter().map(|conflict| rejection(routes, conflict, port_of(name))).collect();
            *rejections += u64::from(now != before);
            if !now.is_empty() {
                rejected.insert(Name::clone(name), now);
            }
        }
    }
}

/// The endpoints of the ports of a Service.
fn endpoints_of<'a>(ports: &'a BTreeMap<Name, RenderedPort>, key: &Key) -> impl Fn(u16) -> Option<&'a Arc<[Endpoint]>> {
    move |port| ports.get(&names::cluster(key, port)).map(|port| &port.endpoints)
}

/// The old resource if the new one is equal to it: then maps that hold it needn't change.
fn kept_or_new(old: Option<&Arc<Resource>>, new: Resource) -> Arc<Resource> {
    old.filter(|old| ***old == new).map_or_else(|| Arc::new(new), Arc::clone)
}

/// What a NACK of the resources of this port is traced back to.
pub(super) fn origin(service: &Service, port: &Port) -> Arc<Origin> {
    let object = ObjectRef::service(&service.key);
    Arc::new(Origin { object, annotations: port.annotated.iter().map(|key| Arc::from(*key)).collect() })
}

fn rejection(routes: &PortRoutes, conflict: &Conflict, loser: Option<&Port>) -> Rejected {
    let Conflict { domain, prefix, winner, winner_port: port, winner_claim } = conflict;
    let message = match (winner_claim, prefix) {
        (ClaimKind::OwnName, _) => {
            format!("that is a name of Service {winner} itself (port {port}), which no other Service can have")
        }
        (_, None) if *winner == routes.key => {
            format!("port {port} of this Service already has it; the lowest port that claims it wins")
        }
        (_, Some(_)) if *winner == routes.key => {
            format!("port {port} of this Service already has it on {domain}; the lowest port that claims it wins")
        }
        (ClaimKind::Shared, None) => format!(
            "Service {winner} (port {port}) already has it, and shares it by routes; expected routes beside hosts"
        ),
        (ClaimKind::Exclusive, _) => format!(
            "Service {winner} (port {port}) already has it; the older Service wins, by creation time, then by name"
        ),
        (ClaimKind::Shared, Some(_)) => format!(
            "Service {winner} (port {port}) already has it on {domain}; the older Service wins, by creation time, then by \
             name"
        ),
    };
    let (key, value, others) = match prefix {
        Some(prefix) => ("routes", prefix, "domains and routes"),
        None => ("hosts", domain, "domains"),
    };
    Rejected {
        object: ObjectRef::service(&routes.key),
        field: loser.map_or_else(|| Location::setting(key), |port| port.field_of(key, value)),
        value: Rejected::shorten(value),
        reason: Reason::Duplicate,
        message,
        meanwhile: format!("port {} is served under its other {others}", routes.port),
    }
}

#[cfg(test)]
mod tests;
