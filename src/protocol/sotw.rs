//! State-of-the-world requests.

use data_plane_api::discovery::DiscoveryRequest;

use super::session::{Ask, Asked};
use super::xdstp::canonical;
use crate::xds::ResourceType;

/// What a state-of-the-world request of `resource_type` asks for.
///
/// Its version is ignored: with a nonce it says nothing more, and without one (a new stream) it names a state that the
/// client held for another set of names.
pub fn ask(resource_type: ResourceType, request: DiscoveryRequest) -> Ask {
    let DiscoveryRequest {
        version_info: _,
        node: _,
        resource_names,
        resource_locators: _,
        type_url: _,
        response_nonce,
        error_detail,
    } = request;
    Ask {
        resource_type,
        nonce: response_nonce,
        error: error_detail.map(|status| status.message),
        asked: Asked::Names(resource_names.into_iter().map(canonical).collect()),
    }
}
