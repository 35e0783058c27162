//! The two forms of request, as they are read from the wire.

use prost::bytes::{Buf, BufMut};
use prost::encoding::{DecodeContext, WireType, message, skip_field};
use prost::{DecodeError, Message};

use crate::access::Node;
use crate::protocol::{Ask, DeltaDiscoveryRequest, DiscoveryRequest, MAX_NAMES, Variant, delta, sotw};
use crate::xds::ResourceType;

#[cfg(test)]
mod tests;

/// What a request of one of the two forms of the protocol asks, whoever sends it.
pub(super) trait Request: Message + Default + Send + 'static {
    /// The form that it is of.
    const VARIANT: Variant;

    /// The name of the message.
    const MESSAGE: &'static str;

    /// The number of the field that says who sends it.
    const NODE: u32;

    /// The field that names are in.
    const NAMES_FIELD: &'static str;

    /// The lists of names, each by number and name of its field.
    const LISTS: &'static [(u32, &'static str)];

    /// The type that it asks for.
    fn type_url(&self) -> &str;

    /// What it asks for, `resource_type` being its type.
    fn into_ask(self, resource_type: ResourceType) -> Ask;

    /// Its nonce, and the names that it subscribes to and unsubscribes from, if it is of the incremental form.
    fn into_changes(self) -> Option<(String, Vec<String>, Vec<String>)>;
}

impl Request for DiscoveryRequest {
    const VARIANT: Variant = Variant::Sotw;
    const MESSAGE: &'static str = "DiscoveryRequest";
    const NODE: u32 = 2;
    const NAMES_FIELD: &'static str = "resource_names";
    const LISTS: &'static [(u32, &'static str)] = &[(3, Self::NAMES_FIELD)];

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
    const MESSAGE: &'static str = "DeltaDiscoveryRequest";
    const NODE: u32 = 1;
    const NAMES_FIELD: &'static str = "resource_names_subscribe";
    const LISTS: &'static [(u32, &'static str)] =
        &[(3, Self::NAMES_FIELD), (4, "resource_names_unsubscribe"), (5, "initial_resource_versions")];

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

/// A request, and who sends it.
#[derive(Debug, Default)]
pub(super) struct Received<R> {
    /// Who sends it; only the first of a stream must say.
    pub(super) node: Option<Node>,
    /// What it asks.
    pub(super) request: R,
    /// The list that has more names than a stream may ask for. What is above isn't in the request: to keep it until it
    /// is refused would cost its sender two bytes a name, and the server twelve times that.
    pub(super) excessive: Option<&'static str>,
    /// How many names were read, in all lists.
    names: usize,
}

impl<R: Request> Message for Received<R> {
    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        if tag == R::NODE {
            let node = self.node.get_or_insert_default();
            return message::merge(wire_type, node, buffer, context).map_err(|mut error| {
                error.push(R::MESSAGE, "node");
                error
            });
        }
        if let Some((_, field)) = R::LISTS.iter().find(|(number, _)| *number == tag) {
            self.names += 1;
            if self.names > MAX_NAMES {
                self.excessive.get_or_insert(field);
                return skip_field(wire_type, tag, buffer, context);
            }
        }
        self.request.merge_field(tag, wire_type, buffer, context)
    }

    // Only clients write requests.
    fn encode_raw(&self, _: &mut impl BufMut) {}

    fn encoded_len(&self) -> usize {
        0
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}
