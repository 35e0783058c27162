//! A Service and its EndpointSlices, as text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Listed;
use crate::addresses::POD_PORT;

/// Kubernetes puts at most this many endpoints into a slice, too.
const SLICE_SIZE: usize = 100;

/// A Service with a port named `grpc`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its port.
    pub port: u16,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// Its other ports, by name. Nobody listens there.
    pub other_ports: BTreeMap<String, u16>,
}

impl Service {
    /// The Service `shop/<name>`, which opts in and is on the port of pods. Further annotations are without their prefix.
    pub fn shop(name: &str, annotations: &[(&str, &str)]) -> Self {
        let annotations = [("enabled", "true")].iter().chain(annotations);
        Self {
            namespace: "shop".to_owned(),
            name: name.to_owned(),
            port: POD_PORT,
            annotations: annotations.map(|(key, value)| (format!("chancery.dev/{key}"), (*value).to_owned())).collect(),
            other_ports: BTreeMap::new(),
        }
    }

    /// The Service.
    pub fn manifest(&self) -> String {
        let Self { namespace, name, port, annotations, other_ports } = self;
        let mut text = format!("apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n  namespace: {namespace}\n");
        if !annotations.is_empty() {
            text.push_str("  annotations:\n");
        }
        for (key, value) in annotations {
            // Kubernetes takes strings only. A string of JSON is one of YAML.
            let _ = writeln!(text, "    {key}: {}", serde_json::Value::from(value.as_str()));
        }
        let _ = write!(text, "spec:\n  ports:\n  - {{name: grpc, port: {port}}}\n");
        for (name, port) in other_ports {
            let _ = writeln!(text, "  - {{name: {name}, port: {port}}}");
        }
        text
    }

    /// Its EndpointSlices, `<name>-1` and on, for each family and each port of the pods: at least one, each with at most 100
    /// endpoints.
    pub fn slices(&self, pods: &[Listed]) -> Vec<String> {
        let mut alike: BTreeMap<_, Vec<&Listed>> = BTreeMap::new();
        for pod in pods {
            alike.entry((pod.address.is_ipv6(), pod.address.port())).or_default().push(pod);
        }
        if pods.is_empty() {
            alike.insert((false, self.port), Vec::new());
        }
        let chunks = alike.iter().flat_map(|(of, pods)| {
            // None at all are a chunk, too.
            let chunks = pods.chunks(SLICE_SIZE).chain(pods.is_empty().then_some(&[][..]));
            chunks.map(move |pods| (*of, pods))
        });
        (1..).zip(chunks).map(|(number, ((is_v6, port), pods))| self.slice(number, is_v6, port, pods)).collect()
    }

    fn slice(&self, number: usize, is_v6: bool, port: u16, pods: &[&Listed]) -> String {
        let Self { namespace, name, .. } = self;
        let family = if is_v6 { "IPv6" } else { "IPv4" };
        let items: String = pods.iter().map(|pod| pod.item(namespace)).collect();
        let endpoints = if items.is_empty() { "endpoints: []\n".to_owned() } else { format!("endpoints:\n{items}") };
        format!(
            "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: {name}-{number}\n  \
             namespace: {namespace}\n  labels: {{kubernetes.io/service-name: {name}}}\naddressType: {family}\nports:\n\
             - {{name: grpc, port: {port}}}\n{endpoints}"
        )
    }
}
