//! Delta requests.

use data_plane_api::discovery::DeltaDiscoveryRequest;

use super::session::{Ask, Asked};
use super::xdstp::canonical;
use crate::xds::ResourceType;

/// What a delta request of `resource_type` asks for.
pub fn ask(resource_type: ResourceType, request: DeltaDiscoveryRequest) -> Ask {
    let DeltaDiscoveryRequest {
        node: _,
        type_url: _,
        resource_names_subscribe,
        resource_names_unsubscribe,
        resource_locators_subscribe: _,
        resource_locators_unsubscribe: _,
        initial_resource_versions,
        response_nonce,
        error_detail,
    } = request;
    Ask {
        resource_type,
        nonce: response_nonce,
        error: error_detail.map(|status| status.message),
        asked: Asked::Changes {
            subscribe: resource_names_subscribe.into_iter().map(canonical).collect(),
            unsubscribe: resource_names_unsubscribe.into_iter().map(canonical).collect(),
            held: initial_resource_versions.into_iter().map(|(name, version)| (canonical(name), version)).collect(),
        },
    }
}
