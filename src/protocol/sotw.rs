//! State-of-the-world requests.

use super::request::DiscoveryRequest;
use super::session::{Ask, Asked};
use super::xdstp::all_canonical;
use crate::xds::ResourceType;

/// What a state-of-the-world request of `resource_type` asks for.
///
/// Of its version only counts that there is one: the client holds something, maybe from an earlier stream. Which version
/// it is says nothing: it may be that of another set of names.
pub fn ask(resource_type: ResourceType, request: DiscoveryRequest) -> Ask {
    let DiscoveryRequest { version_info, resource_names, type_url: _, response_nonce, error_detail } = request;
    let names = all_canonical(resource_names);
    Ask {
        resource_type,
        nonce: response_nonce,
        error: error_detail.map(|error| error.message),
        asked: if version_info.is_empty() { Asked::Names(names) } else { Asked::NamesHolding(names) },
    }
}
