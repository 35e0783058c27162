//! What clients refuse, told as what is wrong with the objects that it comes of.

use std::collections::{BTreeMap, BTreeSet};

use super::ClientNack;
use crate::model::{Location, ObjectRef, Reason, Rejected};
use crate::xds::ResourceType;

/// How much of a client's message is repeated, in characters. Envoy's say in it what they mean; what follows is the whole
/// resource, at times.
const MAX_MESSAGE: usize = 300;

/// How many clients are named that say the same.
const MAX_CLIENTS: usize = 3;

/// How many different messages about one object are repeated. Clients write them, and could make up a new one each time.
const MAX_MESSAGES: usize = 5;

/// What is wrong with objects according to clients, in a stable order: who says the same of the same is said once.
///
/// Which clients they are, and how many, stands in [`Rejected::meanwhile`] only. So the message is the same on every
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

/// What the resource that is to blame is a part of: the virtual host of a route configuration is named as its cluster is.
const fn noun(refused: ResourceType) -> &'static str {
    match refused {
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
