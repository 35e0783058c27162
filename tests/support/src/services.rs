//! Services and their EndpointSlices, as a test says that they are, and as manifests.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use chancery::cli::demo::addresses::POD_PORT;
use serde_json::{Value, json};

/// Services of the namespace `shop`, which opt in and listen on the port of pods, [`POD_PORT`], named `grpc`.
#[derive(Debug, Clone, Default)]
pub struct Services {
    services: BTreeMap<String, Service>,
    weights: BTreeMap<String, u32>,
}

/// One Service, and what its EndpointSlice lists.
#[derive(Debug, Clone, Default)]
struct Service {
    annotations: BTreeMap<String, String>,
    endpoints: Vec<Listed>,
    has_other_ports: bool,
    /// The IPv6 addresses of pods that are listed with another one, ready, by their names.
    seconds: BTreeMap<String, SocketAddr>,
}

/// A pod, as an EndpointSlice lists it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its name.
    pub pod: String,
    /// Its address.
    pub address: SocketAddr,
    /// What is said of it.
    pub condition: Condition,
    /// Its zone, if it is in one.
    pub zone: Option<String>,
}

/// What an EndpointSlice says of a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It takes requests.
    Ready,
    /// It is being deleted, and still answers.
    Terminating,
}

impl Services {
    /// Adds a Service without pods, or gives it these annotations and no others; without the prefix `chancery.dev/`.
    pub fn annotate(&mut self, service: &str, annotations: &[(&str, &str)]) {
        let prefixed = |(key, value): &(&str, &str)| (format!("chancery.dev/{key}"), (*value).to_owned());
        let annotations = [("enabled", "true")].iter().chain(annotations).map(prefixed).collect();
        self.services.entry(service.to_owned()).or_default().annotations = annotations;
    }

    /// Gives a Service ports for HTTP/1 and for metrics besides, on which nobody listens.
    ///
    /// # Panics
    /// When there is no such Service.
    pub fn add_other_ports(&mut self, service: &str) {
        self.of(service).has_other_ports = true;
    }

    /// Removes a Service, with its EndpointSlice.
    pub fn remove(&mut self, service: &str) {
        self.services.remove(service);
    }

    /// Makes the EndpointSlice of a Service list a pod, or list it so.
    ///
    /// # Panics
    /// When there is no such Service.
    pub fn list(&mut self, service: &str, listed: Listed) {
        let endpoints = &mut self.of(service).endpoints;
        match endpoints.iter_mut().find(|one| one.pod == listed.pod) {
            Some(one) => *one = listed,
            None => endpoints.push(listed),
        }
    }

    /// Makes a second EndpointSlice of a Service list an IPv6 address of a pod as ready.
    ///
    /// # Panics
    /// When there is no such Service.
    pub fn list_second(&mut self, service: &str, pod: &str, address: SocketAddr) {
        self.of(service).seconds.insert(pod.to_owned(), address);
    }

    /// Makes the EndpointSlice of a Service say nothing of a pod.
    ///
    /// # Panics
    /// When there is no such Service.
    pub fn unlist(&mut self, service: &str, pod: &str) {
        self.of(service).endpoints.retain(|listed| listed.pod != pod);
    }

    /// What the EndpointSlice of a Service says of a pod.
    pub fn listed(&self, service: &str, pod: &str) -> Option<&Listed> {
        self.services.get(service)?.endpoints.iter().find(|listed| listed.pod == pod)
    }

    /// Labels a pod with its weight.
    pub fn weigh(&mut self, pod: &str, weight: u32) {
        self.weights.insert(pod.to_owned(), weight);
    }

    /// All of it, as a file that Chancery reads.
    pub fn manifests(&self) -> String {
        let services = self.services.iter().flat_map(|(name, service)| service.documents(name));
        let pods = self.weights.iter().map(|(name, weight)| {
            let labels = json!({ "chancery.dev/weight": weight.to_string() });
            let metadata = json!({ "namespace": "shop", "name": name, "labels": labels });
            json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata })
        });
        let documents: Vec<String> = services.chain(pods).map(|document| document.to_string()).collect();
        documents.join("\n---\n")
    }

    fn of(&mut self, service: &str) -> &mut Service {
        self.services.get_mut(service).unwrap_or_else(|| panic!("no Service {service}"))
    }
}

impl Service {
    /// The Service, and an EndpointSlice for each port that pods listen on; one at least.
    fn documents(&self, name: &str) -> Vec<Value> {
        let mut ports: BTreeSet<u16> = self.endpoints.iter().map(|listed| listed.address.port()).collect();
        if ports.is_empty() {
            ports.insert(POD_PORT);
        }
        let slices = ports.into_iter().map(|port| self.slice(name, port));
        let seconds = self.seconds.iter().map(|(pod, address)| second(name, pod, *address));
        std::iter::once(self.service(name)).chain(slices).chain(seconds).collect()
    }

    fn service(&self, name: &str) -> Value {
        let metadata = json!({ "namespace": "shop", "name": name, "annotations": self.annotations });
        let mut ports = vec![json!({ "name": "grpc", "port": POD_PORT })];
        if self.has_other_ports {
            ports.push(json!({ "name": "http", "port": 80 }));
            ports.push(json!({ "name": "metrics", "port": 9090 }));
        }
        let spec = json!({ "ports": ports });
        json!({ "apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec })
    }

    fn slice(&self, name: &str, port: u16) -> Value {
        let endpoints = self.endpoints.iter().filter(|listed| listed.address.port() == port);
        let endpoints: Vec<Value> = endpoints.map(Listed::endpoint).collect();
        json!({
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "namespace": "shop", "name": format!("{name}-{port}"), "labels": { "kubernetes.io/service-name": name },
            },
            "addressType": "IPv4",
            "ports": [{ "name": "grpc", "port": port, "protocol": "TCP" }],
            "endpoints": endpoints,
        })
    }
}

/// The EndpointSlice for the IPv6 address of a pod.
fn second(service: &str, pod: &str, address: SocketAddr) -> Value {
    json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "namespace": "shop", "name": format!("{pod}-second"), "labels": { "kubernetes.io/service-name": service },
        },
        "addressType": "IPv6",
        "ports": [{ "name": "grpc", "port": address.port(), "protocol": "TCP" }],
        "endpoints": [{
            "addresses": [address.ip()],
            "conditions": { "ready": true },
            "targetRef": { "kind": "Pod", "namespace": "shop", "name": pod },
        }],
    })
}

impl Listed {
    fn endpoint(&self) -> Value {
        let Self { pod, address, condition, zone } = self;
        let ready = *condition == Condition::Ready;
        json!({
            "addresses": [address.ip()],
            "conditions": { "ready": ready, "serving": true, "terminating": !ready },
            "targetRef": { "kind": "Pod", "namespace": "shop", "name": pod },
            "zone": zone,
        })
    }
}
