//! The two forms of request, as they are read from the wire.

use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, message, skip_field};
use prost::{DecodeError, Message};

use crate::identity::Node;
use crate::protocol::{
    Ask, DeltaDiscoveryRequest, DiscoveryRequest, MAX_NAMES_BYTES, NAME_OVERHEAD_BYTES, NameList, Variant, delta, sotw,
};
use crate::xds::{ResourceType, in_field, only_read};

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

    /// The lists of names.
    const LISTS: &'static [List];

    /// The type that it asks for.
    fn type_url(&self) -> &str;

    /// What it asks for, `resource_type` being its type.
    fn into_ask(self, resource_type: ResourceType) -> Ask;

    /// Its nonce, and the names that it subscribes to and unsubscribes from, if it is of the incremental form.
    fn into_changes(self) -> Option<(String, NameList, NameList)>;
}

/// A field with as many entries as the client likes.
pub(super) struct List {
    number: u32,
    field: &'static str,
    /// What an entry costs in memory besides its letters, in bytes.
    overhead: usize,
}

impl Request for DiscoveryRequest {
    const VARIANT: Variant = Variant::Sotw;
    const MESSAGE: &'static str = "DiscoveryRequest";
    const NODE: u32 = 2;
    const NAMES_FIELD: &'static str = "resource_names";
    const LISTS: &'static [List] = &[List { number: 3, field: Self::NAMES_FIELD, overhead: NAME_OVERHEAD_BYTES }];

    fn type_url(&self) -> &str {
        &self.type_url
    }

    fn into_ask(self, resource_type: ResourceType) -> Ask {
        sotw::ask(resource_type, self)
    }

    fn into_changes(self) -> Option<(String, NameList, NameList)> {
        None
    }
}

impl Request for DeltaDiscoveryRequest {
    const VARIANT: Variant = Variant::Delta;
    const MESSAGE: &'static str = "DeltaDiscoveryRequest";
    const NODE: u32 = 1;
    const NAMES_FIELD: &'static str = "resource_names_subscribe";
    const LISTS: &'static [List] = &[
        List { number: 3, field: Self::NAMES_FIELD, overhead: NAME_OVERHEAD_BYTES },
        List { number: 4, field: "resource_names_unsubscribe", overhead: NAME_OVERHEAD_BYTES },
        // A name and a version.
        List { number: 5, field: "initial_resource_versions", overhead: 2 * NAME_OVERHEAD_BYTES },
    ];

    fn type_url(&self) -> &str {
        &self.type_url
    }

    fn into_ask(self, resource_type: ResourceType) -> Ask {
        delta::ask(resource_type, self)
    }

    fn into_changes(self) -> Option<(String, NameList, NameList)> {
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
    /// The list with which it has more names than a stream may ask for. The names above aren't in the request: to keep
    /// them until they are refused would cost their sender two bytes each, and the server twelve times that.
    pub(super) excessive: Option<&'static str>,
    /// About what the names cost in memory, in bytes.
    cost: usize,
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
            return in_field(message::merge(wire_type, node, buffer, context), R::MESSAGE, "node");
        }
        let Some(list) = R::LISTS.iter().find(|list| list.number == tag) else {
            return self.request.merge_field(tag, wire_type, buffer, context);
        };
        if self.excessive.is_some() {
            return skip_field(wire_type, tag, buffer, context);
        }
        let remaining = buffer.remaining();
        self.request.merge_field(tag, wire_type, buffer, context)?;
        self.cost += list.overhead + remaining - buffer.remaining();
        if self.cost > MAX_NAMES_BYTES {
            self.excessive = Some(list.field);
        }
        Ok(())
    }

    only_read!();
}
