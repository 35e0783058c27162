//! The requests of discovery streams, decoded with their node and within limits.

use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, skip_field};
use prost::{DecodeError, Message};

use crate::identity::Node;
use crate::protocol::{
    DeltaDiscoveryRequest, DiscoveryRequest, MAX_NAMES_BYTES, NAME_OVERHEAD_BYTES, NameList, Request, Variant,
};
use crate::xds::{ResourceType, in_field, merge_optional, receive_only};

#[cfg(test)]
mod tests;

/// The request message of a variant of the protocol, without its node.
pub(super) trait RequestMessage: Message + Default + Send + 'static {
    /// The variant.
    const VARIANT: Variant;

    /// The name of the message.
    const MESSAGE: &'static str;

    /// The number of the field `node`.
    const NODE: u32;

    /// The field with the names that are subscribed to.
    const NAMES_FIELD: &'static str;

    /// The fields with names.
    const LISTS: &'static [List];

    /// Its type URL.
    fn type_url(&self) -> &str;

    /// The request of either variant that it is, for `resource_type`.
    fn into_request(self, resource_type: ResourceType) -> Request;

    /// Its nonce, and the names that it subscribes to and unsubscribes from, if it is of the delta variant.
    fn into_changes(self) -> Option<(String, NameList, NameList)>;
}

/// A field that lists names.
pub(super) struct List {
    number: u32,
    field: &'static str,
    /// What an entry costs in memory besides its text, in bytes.
    overhead: usize,
}

impl RequestMessage for DiscoveryRequest {
    const VARIANT: Variant = Variant::Sotw;
    const MESSAGE: &'static str = "DiscoveryRequest";
    const NODE: u32 = 2;
    const NAMES_FIELD: &'static str = "resource_names";
    const LISTS: &'static [List] = &[List { number: 3, field: Self::NAMES_FIELD, overhead: NAME_OVERHEAD_BYTES }];

    fn type_url(&self) -> &str {
        &self.type_url
    }

    fn into_request(self, resource_type: ResourceType) -> Request {
        Self::into_request(self, resource_type)
    }

    fn into_changes(self) -> Option<(String, NameList, NameList)> {
        None
    }
}

impl RequestMessage for DeltaDiscoveryRequest {
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

    fn into_request(self, resource_type: ResourceType) -> Request {
        Self::into_request(self, resource_type)
    }

    fn into_changes(self) -> Option<(String, NameList, NameList)> {
        Some((self.response_nonce, self.resource_names_subscribe, self.resource_names_unsubscribe))
    }
}

/// A request message with its node.
#[derive(Debug, Default)]
pub(super) struct Received<R> {
    /// `node`; only the first request of a stream must have it.
    pub(super) node: Option<Node>,
    /// The rest.
    pub(super) request: R,
    /// The field with which it exceeds the limit of names. The names from there on aren't in the request: to keep them until
    /// the stream ends would cost their sender two bytes each, and the server twelve times that.
    pub(super) excessive: Option<&'static str>,
    /// About what the names cost in memory, in bytes.
    cost: usize,
}

impl<R: RequestMessage> Message for Received<R> {
    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        if tag == R::NODE {
            return in_field(merge_optional(wire_type, &mut self.node, buffer, context), R::MESSAGE, "node");
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

    receive_only!();
}
