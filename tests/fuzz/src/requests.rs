//! The requests of a stream: decoded, and given to a session.

use std::sync::Arc;

use chancery::protocol::{DeltaDiscoveryRequest, DiscoveryRequest, Session, Variant};
use chancery::xds::{Name, Resource, ResourceType, Snapshot};
use prost::Message;

/// The first byte says which variant; the rest are requests, each after its length, as far as they can be decoded.
///
/// After each the session is silent in the end: a request brings at most one response per type.
pub fn requests(bytes: &[u8]) {
    let Some((first, mut rest)) = bytes.split_first() else { return };
    let variant = if first % 2 == 0 { Variant::Sotw } else { Variant::Delta };
    let mut session = Session::new(variant, 1, snapshot());
    loop {
        let request = match variant {
            Variant::Sotw => DiscoveryRequest::decode_length_delimited(&mut rest).ok().map(|request| {
                let of = ResourceType::from_type_url(&request.type_url);
                of.map(|of| request.into_request(of))
            }),
            Variant::Delta => DeltaDiscoveryRequest::decode_length_delimited(&mut rest).ok().map(|request| {
                let of = ResourceType::from_type_url(&request.type_url);
                if of.is_none() {
                    let DeltaDiscoveryRequest { type_url, response_nonce, .. } = &request;
                    let (subscribe, unsubscribe) =
                        (&request.resource_names_subscribe, &request.resource_names_unsubscribe);
                    session.on_unsupported(type_url, response_nonce, subscribe, unsubscribe);
                }
                of.map(|of| request.into_request(of))
            }),
        };
        let Some(request) = request else { break };
        if let Some(request) = request {
            session.on_request(request);
        }
        let responses = std::iter::from_fn(|| session.poll()).take(ResourceType::COUNT + 1).count();
        assert!(responses <= ResourceType::COUNT, "the session doesn't stop");
        let not_found = std::iter::from_fn(|| session.poll_unsupported()).take(100).count();
        assert!(not_found < 100, "the session doesn't stop saying that there is nothing");
        for of in ResourceType::ALL {
            session.status(of).map(|status| status.resources().count());
        }
    }
}

/// One resource of each type, each named `a`.
fn snapshot() -> Arc<Snapshot> {
    let mut snapshot = Snapshot::default();
    for of in ResourceType::ALL {
        let resource = Resource::from_value(Name::from("a"), of.type_url().to_owned(), vec![], [Name::from("a")]);
        snapshot.get_mut(of).insert(Arc::new(resource));
    }
    Arc::new(snapshot)
}
