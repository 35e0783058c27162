//! The two forms of request, seen as one.

use data_plane_api::core::Node;
use data_plane_api::discovery::{DeltaDiscoveryRequest, DiscoveryRequest};
use prost::Message;

use crate::protocol::{Ask, Variant, delta, sotw};
use crate::xds::ResourceType;

/// A request of one of the two forms of the protocol.
pub(super) trait Request: Message + Default + Send + 'static {
    /// The form that it is of.
    const VARIANT: Variant;

    /// The field that names are in.
    const NAMES_FIELD: &'static str;

    /// Who sends it; only the first of a stream must say.
    fn node(&self) -> Option<&Node>;

    /// The type that it asks for.
    fn type_url(&self) -> &str;

    /// What it asks for, `resource_type` being its type.
    fn into_ask(self, resource_type: ResourceType) -> Ask;

    /// Its nonce, and the names that it subscribes to and unsubscribes from, if it is of the incremental form.
    fn into_changes(self) -> Option<(String, Vec<String>, Vec<String>)>;
}

impl Request for DiscoveryRequest {
    const VARIANT: Variant = Variant::Sotw;
    const NAMES_FIELD: &'static str = "resource_names";

    fn node(&self) -> Option<&Node> {
        self.node.as_ref()
    }

    fn type_url(&self) -> &str {
        &self.type_url
    }

    fn into_ask(self, resource_type: ResourceType) -> Ask {
        sotw::ask(resource_type, self)
    }

    fn into_changes(self) -> Option<(String, Vec<String>, Vec<String>)> {
        None
    }
}

impl Request for DeltaDiscoveryRequest {
    const VARIANT: Variant = Variant::Delta;
    const NAMES_FIELD: &'static str = "resource_names_subscribe";

    fn node(&self) -> Option<&Node> {
        self.node.as_ref()
    }

    fn type_url(&self) -> &str {
        &self.type_url
    }

    fn into_ask(self, resource_type: ResourceType) -> Ask {
        delta::ask(resource_type, self)
    }

    fn into_changes(self) -> Option<(String, Vec<String>, Vec<String>)> {
        Some((self.response_nonce, self.resource_names_subscribe, self.resource_names_unsubscribe))
    }
}
