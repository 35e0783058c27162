//! Delta requests.

use super::request::DeltaDiscoveryRequest;
use super::session::{Ask, Asked};
use super::xdstp::{all_canonical, canonical};
use crate::xds::ResourceType;

/// What a delta request of `resource_type` asks for.
pub fn ask(resource_type: ResourceType, request: DeltaDiscoveryRequest) -> Ask {
    let DeltaDiscoveryRequest {
        type_url: _,
        resource_names_subscribe,
        resource_names_unsubscribe,
        initial_resource_versions,
        response_nonce,
        error_detail,
    } = request;
    Ask {
        resource_type,
        nonce: response_nonce,
        error: error_detail.map(|error| error.message),
        asked: Asked::Changes {
            subscribe: all_canonical(resource_names_subscribe),
            unsubscribe: all_canonical(resource_names_unsubscribe),
            held: initial_resource_versions
                .into_iter()
                .map(|(name, version)| (canonical(&name).into_owned(), version))
                .collect(),
        },
    }
}
