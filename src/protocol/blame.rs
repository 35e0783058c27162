//! Which resource a client's complaint is about, and which annotation may have caused it.
//!
//! A NACK is a message for people. Envoy and the gRPC libraries name the resources that they reject in it, and often
//! the field. What follows from that is advice: it decides nothing but what people are told.

use std::sync::Arc;

use super::subscriber::Subscriber;
use crate::xds::{Name, Origin, Resource, ResourceType, Snapshot};

/// A resource that a client's message blames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blamed {
    /// Its name.
    pub name: Name,
    /// What it was rendered from, if that is known.
    pub origin: Option<Arc<Origin>>,
    /// The annotation of that object whose key the message mentions, in whatever spelling.
    pub annotation: Option<Arc<str>>,
}

/// What a client said against a resource that it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Its message, cut to a sane length.
    pub message: Arc<str>,
    /// What was rendered from an object and is to blame: the resource itself, or clusters that a route configuration
    /// names.
    pub blamed: Vec<Blamed>,
}

/// The resources among `names`, which `subscriber` was just sent, that `message` is about: those that it mentions, else
/// the only one that there was. A route configuration is blamed together with the clusters of the virtual hosts that
/// are mentioned.
pub(super) fn blame(subscriber: &Subscriber, names: &[Name], message: &str, snapshot: &Snapshot) -> Vec<Blamed> {
    let sent =
        |name: &str| names.binary_search_by(|sent| (**sent).cmp(name)).ok().and_then(|_| subscriber.held.get(name));
    let mentioned: Vec<&Arc<Resource>> = words(message).filter_map(sent).collect();
    let mut blamed: Vec<&Arc<Resource>> = match (names, mentioned.as_slice()) {
        ([only], []) => sent(only).into_iter().collect(),
        _ => mentioned,
    };
    if subscriber.resource_type() == ResourceType::Route {
        let clusters = snapshot.get(ResourceType::Cluster);
        blamed.extend(words(message).filter_map(|word| clusters.get(word)));
    }
    blamed.sort_unstable_by(|a, b| a.name().cmp(b.name()));
    blamed.dedup_by(|a, b| a.name() == b.name());
    blamed.into_iter().map(|resource| by(resource, message)).collect()
}

fn by(resource: &Resource, message: &str) -> Blamed {
    let origin = resource.origin().cloned();
    let message = letters(message);
    let is_mentioned = |key: &&Arc<str>| message.contains(&letters(key));
    let annotation = origin.as_ref().and_then(|origin| origin.annotations.iter().find(is_mentioned).cloned());
    Blamed { name: Name::clone(resource.name()), origin, annotation }
}

/// The words of a message as names of resources could stand in it: without quotes and punctuation round them.
fn words(message: &str) -> impl Iterator<Item = &str> {
    message
        .split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';' | '(' | ')'))
        .map(|word| word.trim_matches(|c| matches!(c, ':' | '.' | '[' | ']' | '{' | '}')))
        .filter(|word| !word.is_empty())
}

/// `lb-policy`, `lb_policy` and `LbPolicy` are the same letters.
fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
