//! What an EndpointSlice says of a pod.

use std::net::SocketAddr;

/// A pod, as an EndpointSlice lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The pod's name; empty where the address is nobody's.
    pub pod: String,
    /// Its address.
    pub address: SocketAddr,
    /// Whether it takes requests.
    pub condition: Condition,
    /// Its zone, if it is in one.
    pub zone: Option<String>,
}

/// What the conditions of an endpoint say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It takes requests.
    Ready,
    /// Its pod is being deleted, but still answers.
    Terminating,
    /// Its pod doesn't answer its probes.
    Unready,
}

impl Listed {
    /// A pod that takes requests.
    pub fn ready(pod: &str, address: SocketAddr) -> Self {
        Self { pod: pod.to_owned(), address, condition: Condition::Ready, zone: None }
    }

    /// The item of a slice in the namespace `namespace`, on one line.
    pub(super) fn item(&self, namespace: &str) -> String {
        let Self { pod, address, condition, zone } = self;
        let conditions = match condition {
            Condition::Ready => "ready: true",
            Condition::Terminating => "ready: false, serving: true, terminating: true",
            Condition::Unready => "ready: false, serving: false, terminating: false",
        };
        let zone = zone.as_ref().map(|zone| format!(", zone: {zone}")).unwrap_or_default();
        let target = match &**pod {
            "" => String::new(),
            pod => format!(", targetRef: {{kind: Pod, namespace: {namespace}, name: {pod}}}"),
        };
        format!("- {{addresses: [\"{}\"], conditions: {{{conditions}}}{zone}{target}}}\n", address.ip())
    }
}
