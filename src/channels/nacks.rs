//! The NACKs of clients, as rejected configuration of the objects that the resources were rendered from.

use std::collections::{BTreeMap, BTreeSet};

use super::ClientNack;
use crate::model::{Location, ObjectRef, Reason, Rejected};
use crate::xds::ResourceType;

/// How much of a client's message is repeated, in characters. At times Envoy's go on with the whole resource.
const MAX_MESSAGE: usize = 300;

/// How many clients with the same NACK are named.
const MAX_CLIENTS: usize = 3;

/// How many different messages about one object are repeated. Clients could send a new one each time.
const MAX_MESSAGES: usize = 5;

/// What clients reject of objects, in a stable order: the same NACK of several clients is one entry.
///
/// Which clients they are, and how many, is in [`Rejected::meanwhile`] only. So the message is the same on every
/// replica, though each has other clients.
pub fn rejected_by_clients(nacks: impl IntoIterator<Item = ClientNack>) -> Vec<Rejected> {
    let mut clients: BTreeMap<(ObjectRef, Location, String), BTreeSet<String>> = BTreeMap::new();
    for ClientNack { node_id, resource_type, name, origin, annotation, message } in nacks {
        let field = annotation.map_or_else(|| ["metadata", "annotations"].into(), |key| Location::setting(&key));
        let message = format!("clients refuse {} {name}, which comes of it: {}", noun(resource_type), start(&message));
        clients.entry((origin.object.clone(), field, message)).or_default().insert(node_id);
    }
    let rejected = clients.into_iter().map(|((object, field, message), clients)| Rejected {
        object,
        field,
        value: String::new(),
        reason: Reason::RejectedByClient,
        message,
        meanwhile: who(&clients),
    });
    let mut rejected: Vec<Rejected> = rejected.collect();
    rejected.sort_unstable();
    let mut messages: BTreeMap<ObjectRef, usize> = BTreeMap::new();
    rejected.retain(|Rejected { object, .. }| {
        let count = messages.entry(object.clone()).or_default();
        *count += 1;
        *count <= MAX_MESSAGES
    });
    rejected
}

/// What a resource name stands for in a message: the virtual host of a route configuration has the name of its cluster.
const fn noun(resource_type: ResourceType) -> &'static str {
    match resource_type {
        ResourceType::Cluster => "cluster",
        ResourceType::Endpoint => "the endpoints of",
        ResourceType::Listener => "listener",
        ResourceType::Route => "the routes to",
        ResourceType::Secret => "secret",
    }
}

/// The beginning of a client's message, on one line.
fn start(message: &str) -> String {
    let mut start: String = message.chars().take(MAX_MESSAGE).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if message.chars().nth(MAX_MESSAGE).is_some() {
        start.push('…');
    }
    start
}

/// `3 clients keep what they had: envoy-1, envoy-2, …`.
fn who(clients: &BTreeSet<String>) -> String {
    let mut names: Vec<String> = clients.iter().take(MAX_CLIENTS).map(|node_id| Rejected::shorten(node_id)).collect();
    if clients.len() > MAX_CLIENTS {
        names.push("…".to_owned());
    }
    let keep = if clients.len() == 1 { "client keeps what it had" } else { "clients keep what they had" };
    format!("{} {keep}: {}", clients.len(), names.join(", "))
}

#[cfg(test)]
mod tests;
