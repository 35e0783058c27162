//! Several Services with their pods, as a test says that they are.

use std::collections::BTreeMap;

use super::{Listed, Service, file};

/// Services of the namespace `shop`, which opt in and listen on the port of pods.
#[derive(Debug, Clone, Default)]
pub struct Services {
    services: BTreeMap<String, (Service, Vec<Listed>)>,
    weights: BTreeMap<String, u32>,
}

/// What names a Service that isn't there fails the test.
impl Services {
    /// Adds a Service without pods, or gives it these annotations and no others; without the prefix `chancery.dev/`.
    pub fn annotate(&mut self, service: &str, annotations: &[(&str, &str)]) {
        let annotated = Service::shop(service, annotations);
        match self.services.get_mut(service) {
            Some((known, _)) => known.annotations = annotated.annotations,
            None => _ = self.services.insert(service.to_owned(), (annotated, Vec::new())),
        }
    }

    /// Gives a Service ports for HTTP/1 and for metrics besides, on which nobody listens.
    ///
    /// # Panics
    /// When there is no such Service.
    pub fn add_other_ports(&mut self, service: &str) {
        let ports = [("http", 80), ("metrics", 9090)].map(|(name, port)| (name.to_owned(), port));
        self.of(service).0.other_ports = ports.into();
    }

    /// Removes a Service, with its EndpointSlices.
    pub fn remove(&mut self, service: &str) {
        self.services.remove(service);
    }

    /// Makes the EndpointSlices of a Service list an address of a pod, or list it so. A pod has at most one of each family.
    ///
    /// # Panics
    /// When there is no such Service.
    pub fn list(&mut self, service: &str, listed: Listed) {
        let (_, pods) = self.of(service);
        let same = |one: &&mut Listed| one.pod == listed.pod && one.address.is_ipv4() == listed.address.is_ipv4();
        match pods.iter_mut().find(same) {
            Some(one) => *one = listed,
            None => pods.push(listed),
        }
    }

    /// Makes the EndpointSlices of a Service say nothing of a pod.
    ///
    /// # Panics
    /// When there is no such Service.
    pub fn unlist(&mut self, service: &str, pod: &str) {
        self.of(service).1.retain(|listed| listed.pod != pod);
    }

    /// What the EndpointSlices of a Service say of a pod.
    pub fn listed(&self, service: &str, pod: &str) -> Option<&Listed> {
        self.services.get(service)?.1.iter().find(|listed| listed.pod == pod)
    }

    /// Labels a pod with its weight.
    pub fn weigh(&mut self, pod: &str, weight: u32) {
        self.weights.insert(pod.to_owned(), weight);
    }

    /// All of it, as a file that Chancery reads.
    pub fn manifests(&self) -> String {
        let services = self
            .services
            .values()
            .flat_map(|(service, pods)| std::iter::once(service.manifest()).chain(service.slices(pods)));
        let pods = self.weights.iter().map(|(name, weight)| {
            let labels = format!("{{chancery.dev/weight: \"{weight}\"}}");
            format!("apiVersion: v1\nkind: Pod\nmetadata: {{namespace: shop, name: {name}, labels: {labels}}}\n")
        });
        file(services.chain(pods))
    }

    fn of(&mut self, service: &str) -> &mut (Service, Vec<Listed>) {
        self.services.get_mut(service).unwrap_or_else(|| panic!("no Service {service}"))
    }
}
