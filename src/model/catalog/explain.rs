//! Explains a Service from the catalog.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Catalog, Entry, endpoints};
use crate::model::explanation::{
    AddressExplanation, AddressReason, DefaultFor, PortExplanation, ServiceExplanation, SliceSummary, UnservedReason,
};
use crate::model::object::{self, EndpointSlice};
use crate::model::{Defaults, Key, Kind, Location, ObjectRef, Reason, Rejected, Requests, settings};

impl Catalog {
    /// Why this Service is served as it is, as of the last [`Self::take_changes`]; `None` if there is no such Service.
    /// What was rendered of it and what is rejected of it isn't in it yet. Costs what the Service has of settings and endpoints.
    pub fn explain(&self, key: &Key) -> Option<ServiceExplanation> {
        if !self.services.contains(key) {
            return None;
        }
        let Some(service) = self.services.get(key) else {
            return Some(ServiceExplanation::new(key, Some(UnservedReason::Unusable)));
        };
        let slices = self.slices_of(key).map(|EndpointSlice { key, service: _, ports, endpoints }| SliceSummary {
            name: key.name.to_string(),
            ports: ports.iter().map(|(name, _)| name.to_string()).collect(),
            addresses: endpoints.len(),
        });
        Some(ServiceExplanation {
            ports: service.ports.iter().map(|port| self.explain_port(service, port)).collect(),
            slices: slices.collect(),
            ..ServiceExplanation::new(key, service.unserved())
        })
    }

    /// The objects that what is said of a Service may be about: itself, its Namespace, its slices, and those pods behind
    /// it of which something is rejected.
    pub fn objects_of(&self, service: &Key) -> BTreeSet<ObjectRef> {
        let faulty_pods: BTreeSet<&Key> = self.pods.reports().map(|(pod, _, _)| pod).collect();
        let mut objects = self.own_objects_of(service).collect::<BTreeSet<_>>();
        objects.insert(ObjectRef::Object(Kind::Namespace, namespace_of(service)));
        if !faulty_pods.is_empty() {
            let pods = self.slices_of(service).flat_map(|slice| &slice.endpoints).filter_map(|one| one.pod.as_ref());
            let faulty = pods.filter(|pod| faulty_pods.contains(pod));
            objects.extend(faulty.map(|pod| ObjectRef::Object(Kind::Pod, pod.clone())));
        }
        objects
    }

    /// A Service, and its slices.
    pub fn own_objects_of(&self, service: &Key) -> impl Iterator<Item = ObjectRef> {
        let slices = self.slices_of.get(service).into_iter().flatten();
        let slices = slices.map(|key| ObjectRef::Object(Kind::EndpointSlice, key.clone()));
        [ObjectRef::service(service)].into_iter().chain(slices)
    }

    /// The Services after this key, or all, in the order of keys, whether they take part or not; with the entries of those
    /// that do.
    pub fn services_after<'a>(&'a self, key: Option<&Key>) -> impl Iterator<Item = (&'a Key, Option<&'a Entry>)> {
        self.services.keys_after(key).map(|key| (key, self.merged.get(key)))
    }

    fn explain_port(&self, service: &object::Service, port: &object::Port) -> PortExplanation {
        let entry = self.merged.get(&service.key);
        let endpoints = entry.and_then(|entry| entry.endpoints.get(&port.number));
        let defaults = entry.map(|entry| entry.service.defaults).unwrap_or_default();
        let namespace = namespace_of(&service.key);
        let rejected = [self.namespaces.rejected(&namespace), self.services.rejected(&service.key)].concat();
        let namespace = self.namespaces.get(&namespace).map(|namespace| &**namespace);
        let settings = settings::explain(service, namespace, (port, defaults.include(port.number)), &rejected);
        let unserved = endpoints.is_none().then(|| service.unserved().unwrap_or_else(|| settings::unserved(&settings)));
        let weight_of = |pod: &Key| self.pods.get(pod).map_or(1, |pod| pod.weight);
        let name = self.renames.name_in_slices(&service.key, port.number, &port.name);
        let addresses =
            endpoints.map(|merged| endpoints::explain(self.slices_of(&service.key), name, service, weight_of, merged));
        let rejected = endpoints.map(|_| self.rejected_addresses(&service.key, name));
        let default_for = default_for(defaults, port.number);
        PortExplanation {
            number: port.number,
            name: port.name.to_string(),
            default: default_for.is_some(),
            default_for,
            unknown_app_protocol: settings::unknown_app_protocol(port).map(str::to_owned),
            served: unserved.is_none(),
            unserved,
            cluster: None,
            fleets: Vec::new(),
            domains: Vec::new(),
            settings,
            addresses: addresses.into_iter().chain(rejected).flatten().collect(),
        }
    }

    /// The endpoints that the slices had for a port and that conversion left out.
    fn rejected_addresses(&self, service: &Key, port_name: &str) -> Vec<AddressExplanation> {
        let slices = self.slices_of(service);
        let slices = slices.filter(|slice| slice.ports.iter().any(|(name, _)| **name == *port_name));
        let rejected = slices.flat_map(|slice| self.slices.rejected(&slice.key));
        let endpoints = Location::from(["endpoints"]);
        let is_endpoint = |one: &&Rejected| one.reason == Reason::InvalidEndpoint && one.field.is_within(&endpoints);
        rejected.filter(is_endpoint).map(rejected_address).collect()
    }
}

fn rejected_address(
    Rejected { object, field, value, reason: _, message, meanwhile: _ }: &Rejected,
) -> AddressExplanation {
    let slice = match object {
        ObjectRef::Object(_, key) => &key.name,
        ObjectRef::File(path) => path,
    };
    AddressExplanation {
        // An endpoint without an address is found by its place.
        address: if value.is_empty() { field.to_string() } else { value.clone() },
        port: None,
        state: AddressReason::Rejected.state(),
        reason: AddressReason::Rejected,
        message: Some(message.clone()),
        instead: None,
        zone: String::new(),
        node: String::new(),
        weight: None,
        pod: None,
        slice: slice.to_string(),
    }
}

fn default_for(defaults: Defaults, port: u16) -> Option<DefaultFor> {
    Some(match defaults.requests(port)? {
        Requests::All if defaults.grpc == Some(port) => DefaultFor::All,
        Requests::All => DefaultFor::Domains,
        Requests::Grpc => DefaultFor::Grpc,
        Requests::Other => DefaultFor::Http,
    })
}

fn namespace_of(service: &Key) -> Key {
    Key::new("", Arc::clone(&service.namespace))
}
