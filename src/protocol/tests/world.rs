//! A session, and the requests of its client.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::object_ref::{Key, ObjectRef};
use crate::protocol::{Answer, NameList, Request, Response, Session, SubscriptionUpdate, Variant};
use crate::xds::{Name, Origin, Resource, ResourceType, Snapshot};

/// The snapshot under test, and a session over it.
pub(super) struct World {
    pub session: Session,
    snapshot: Snapshot,
}

/// A response, reduced to what tests compare: type, resources as `name=content`, removed names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub resource_type: ResourceType,
    pub resources: Vec<String>,
    pub removed: Vec<String>,
}

impl World {
    pub fn new(variant: Variant) -> Self {
        let snapshot = Snapshot::default();
        Self { session: Session::new(variant, 1, Arc::new(snapshot.clone())), snapshot }
    }

    /// A session of a client that asks for each resource only when it knows what names it.
    pub fn by_name(variant: Variant) -> Self {
        let snapshot = Snapshot::default();
        Self { session: Session::by_name(variant, 1, Arc::new(snapshot.clone())), snapshot }
    }

    /// A session of a stream that carries only this type.
    pub fn only(resource_type: ResourceType, variant: Variant) -> Self {
        let snapshot = Snapshot::default();
        Self { session: Session::only(resource_type, variant, 1, Arc::new(snapshot.clone())), snapshot }
    }

    /// Puts a resource that was rendered from this Service of the namespace `shop` under these annotations.
    pub fn put_from(&mut self, resource_type: ResourceType, text: &str, service: &str, annotations: &[&str]) {
        let annotations = annotations.iter().map(|key| Arc::from(*key)).collect();
        let origin = Arc::new(Origin { object: ObjectRef::service(&Key::new("shop", service)), annotations });
        let resource = Resource::clone(&resource(text)).with_origin(origin);
        self.snapshot.get_mut(resource_type).insert(Arc::new(resource));
        self.publish();
    }

    /// Puts resources (`name=content`, or `name=content>referred,referred`) into the snapshot and publishes it.
    pub fn put(&mut self, resource_type: ResourceType, resources: &[&str]) -> &mut Self {
        for text in resources {
            self.snapshot.get_mut(resource_type).insert(resource(text));
        }
        self.publish()
    }

    pub fn remove(&mut self, resource_type: ResourceType, names: &[&str]) -> &mut Self {
        for name in names {
            self.snapshot.get_mut(resource_type).remove(name);
        }
        self.publish()
    }

    fn publish(&mut self) -> &mut Self {
        self.session.on_snapshot(Arc::new(self.snapshot.clone()));
        self
    }

    /// A SotW request for `names` that answers the response of this nonce ("" = none).
    pub fn names(&mut self, resource_type: ResourceType, nonce: &str, names: &[&str]) -> Option<Answer> {
        self.request(resource_type, nonce, None, all(names))
    }

    /// A SotW request for `names` on a new stream, by a client that holds something from an earlier one.
    pub fn names_again(&mut self, resource_type: ResourceType, names: &[&str]) -> Option<Answer> {
        let update = SubscriptionUpdate::Replace { names: names.iter().collect(), has_version: true };
        self.request(resource_type, "", None, update)
    }

    /// A delta request without versions.
    pub fn changes(
        &mut self,
        resource_type: ResourceType,
        nonce: &str,
        subscribe: &[&str],
        unsubscribe: &[&str],
    ) -> Option<Answer> {
        self.reconnect(resource_type, nonce, subscribe, unsubscribe, &[])
    }

    /// A delta request with the versions of these resources (`name=content`).
    pub fn reconnect(
        &mut self,
        resource_type: ResourceType,
        nonce: &str,
        subscribe: &[&str],
        unsubscribe: &[&str],
        held: &[&str],
    ) -> Option<Answer> {
        let initial_versions: BTreeMap<String, String> = held
            .iter()
            .map(|text| resource(text))
            .map(|resource| (resource.name().to_string(), resource.version().to_string()))
            .collect();
        let (subscribe, unsubscribe) = (subscribe.iter().collect(), unsubscribe.iter().collect());
        let update = SubscriptionUpdate::Change { subscribe, unsubscribe, initial_versions };
        self.request(resource_type, nonce, None, update)
    }

    /// A NACK.
    pub fn nack(&mut self, resource_type: ResourceType, nonce: &str, update: SubscriptionUpdate) -> Option<Answer> {
        self.nack_with(resource_type, nonce, update, "no")
    }

    /// A NACK with this message.
    pub fn nack_with(
        &mut self,
        resource_type: ResourceType,
        nonce: &str,
        update: SubscriptionUpdate,
        message: &str,
    ) -> Option<Answer> {
        self.request(resource_type, nonce, Some(message), update)
    }

    fn request(
        &mut self,
        resource_type: ResourceType,
        nonce: &str,
        error: Option<&str>,
        update: SubscriptionUpdate,
    ) -> Option<Answer> {
        let (nonce, error) = (nonce.to_owned(), error.map(str::to_owned));
        self.session.on_request(Request { resource_type, nonce, error, update })
    }

    /// Ticks until nothing is held back any more.
    pub fn expire(&mut self) {
        while self.session.is_waiting() {
            self.session.on_tick();
        }
    }

    /// All responses that are due now, without an ACK.
    pub fn responses(&mut self) -> Vec<(Sent, String)> {
        std::iter::from_fn(|| self.session.poll()).map(|response| (Sent::from(&response), response.nonce)).collect()
    }

    /// The one response that is due now, and its nonce.
    #[track_caller]
    pub fn response(&mut self) -> (Sent, String) {
        let mut responses = self.responses();
        assert_eq!(responses.len(), 1, "one response expected: {responses:?}");
        responses.remove(0)
    }

    #[track_caller]
    pub fn silent(&mut self) {
        let responses = self.responses();
        assert!(responses.is_empty(), "silence expected: {responses:?}");
    }
}

/// A state-of-the-world subscription to these names.
pub(super) fn all(names: &[&str]) -> SubscriptionUpdate {
    SubscriptionUpdate::Replace { names: names.iter().collect(), has_version: false }
}

/// A delta request that changes nothing.
pub(super) fn unchanged() -> SubscriptionUpdate {
    let (subscribe, unsubscribe) = (NameList::default(), NameList::default());
    SubscriptionUpdate::Change { subscribe, unsubscribe, initial_versions: BTreeMap::new() }
}

impl From<&Response> for Sent {
    fn from(response: &Response) -> Self {
        Self {
            resource_type: response.resource_type,
            resources: response.resources.iter().map(|resource| text(resource)).collect(),
            removed: response.removed.iter().map(ToString::to_string).collect(),
        }
    }
}

pub(super) fn sent(resource_type: ResourceType, resources: &[&str], removed: &[&str]) -> Sent {
    Sent { resource_type, resources: strings(resources), removed: strings(removed) }
}

pub(super) fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn resource(text: &str) -> Arc<Resource> {
    let (text, references) = text.split_once('>').unwrap_or((text, ""));
    let (name, content) = text.split_once('=').unwrap();
    let references = references.split(',').filter(|name| !name.is_empty()).map(Name::from);
    Arc::new(Resource::from_value(Name::from(name), String::new(), content.as_bytes().to_vec(), references))
}

pub(super) fn text(resource: &Resource) -> String {
    use prost::Message;
    let any = prost_types::Any::decode(resource.any().clone()).unwrap();
    format!("{}={}", resource.name(), String::from_utf8(any.value).unwrap())
}
