//! NACKs: the resource that a client's error message is about, and the annotation that may have caused it.
//!
//! The message is written for people. Envoy and the gRPC libraries name in it the resources that they reject, and often
//! the field. What follows from that only informs people: the protocol doesn't depend on it.

use std::sync::Arc;

use super::subscriber::Subscriber;
use crate::xds::{Name, Origin, Resource, ResourceType, Snapshot};

/// A NACK, as far as it is about one resource that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nack {
    /// The client's message, cut to a sane length.
    pub message: Arc<str>,
    /// The resources that were rendered from an object and that the message is about: the one that was sent, or the
    /// clusters that a route configuration names.
    pub resources: Vec<NackedResource>,
}

/// A resource that a NACK is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NackedResource {
    /// Its name.
    pub name: Name,
    /// What it was rendered from, if that is known.
    pub origin: Option<Arc<Origin>>,
    /// The annotation of that object whose key the message mentions, in whatever spelling.
    pub annotation: Option<Arc<str>>,
}

/// The resources among `names`, which `subscriber` was just sent, that `message` is about: those that it mentions, else
/// the only one that was sent. To a route configuration belong the clusters of the virtual hosts that are mentioned.
pub(super) fn nacked_resources(
    subscriber: &Subscriber,
    names: &[Name],
    message: &str,
    snapshot: &Snapshot,
) -> Vec<NackedResource> {
    let sent =
        |name: &str| names.binary_search_by(|sent| (**sent).cmp(name)).ok().and_then(|_| subscriber.held.get(name));
    let mentioned: Vec<&Arc<Resource>> = words(message).filter_map(sent).collect();
    let mut nacked: Vec<&Arc<Resource>> = match (names, mentioned.as_slice()) {
        ([only], []) => sent(only).into_iter().collect(),
        _ => mentioned,
    };
    if subscriber.resource_type() == ResourceType::Route {
        let clusters = snapshot.get(ResourceType::Cluster);
        nacked.extend(words(message).filter_map(|word| clusters.get(word)));
    }
    nacked.sort_unstable_by(|a, b| a.name().cmp(b.name()));
    nacked.dedup_by(|a, b| a.name() == b.name());
    nacked.into_iter().map(|resource| NackedResource::new(resource, message)).collect()
}

impl NackedResource {
    fn new(resource: &Resource, message: &str) -> Self {
        let origin = resource.origin().cloned();
        let message = letters(message);
        let is_mentioned = |key: &&Arc<str>| message.contains(&letters(key));
        let annotation = origin.as_ref().and_then(|origin| origin.annotations.iter().find(is_mentioned).cloned());
        Self { name: Name::clone(resource.name()), origin, annotation }
    }
}

/// The words of a message that may be names of resources: without the quotes and punctuation around them.
fn words(message: &str) -> impl Iterator<Item = &str> {
    message
        .split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';' | '(' | ')'))
        .map(|word| word.trim_matches(|c| matches!(c, ':' | '.' | '[' | ']' | '{' | '}')))
        .filter(|word| !word.is_empty())
}

/// The letters and digits of a text, in lower case: `lb-policy`, `lb_policy` and `LbPolicy` are the same.
fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
