//! Protobuf messages that are only received, and of which only some fields are read.

use std::collections::BTreeMap;

use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, btree_map, message, string};
use prost::{DecodeError, Message};

/// Implements [`prost::Message`] for a struct with a default value, one line for each field that is read: its number, its
/// name, and the function that merges it, with the arguments and results of [`prost::encoding::string::merge`].
///
/// ```text
/// partial_message! {
///     Node {
///         1 => id: string::merge,
///         10 => client_features in features: merge_feature,
///     }
/// }
/// ```
///
/// `in` names the field of the struct if it has another name than the field of the message. All other fields of the message
/// are skipped, and cost no memory. An error names the message and the field.
macro_rules! partial_message {
    ($message:ident { $($tag:literal => $field:ident $(in $place:ident)?: $merge:path,)+ }) => {
        impl prost::Message for $message {
            fn merge_field(
                &mut self,
                tag: u32,
                wire_type: prost::encoding::WireType,
                buffer: &mut impl prost::bytes::Buf,
                context: prost::encoding::DecodeContext,
            ) -> Result<(), prost::DecodeError> {
                let (field, merged) = match tag {
                    $($tag => {
                        let place = $crate::xds::partial_message!(@place self $field $($place)?);
                        (stringify!($field), $merge(wire_type, place, buffer, context))
                    })+
                    _ => return prost::encoding::skip_field(wire_type, tag, buffer, context),
                };
                $crate::xds::in_field(merged, stringify!($message), field)
            }

            $crate::xds::receive_only!();
        }
    };
    (@place $self:ident $field:ident) => { &mut $self.$field };
    (@place $self:ident $field:ident $place:ident) => { &mut $self.$place };
}

/// The methods of [`prost::Message`] that a message which is never sent has no use for.
macro_rules! receive_only {
    () => {
        fn encode_raw(&self, _: &mut impl prost::bytes::BufMut) {}

        fn encoded_len(&self) -> usize {
            0
        }

        fn clear(&mut self) {
            *self = Self::default();
        }
    };
}

pub(crate) use {partial_message, receive_only};

/// The same result, with an error that names the message and the field.
pub(crate) fn in_field<T>(
    result: Result<T, DecodeError>,
    message: &'static str,
    field: &'static str,
) -> Result<T, DecodeError> {
    result.map_err(|mut error| {
        error.push(message, field);
        error
    })
}

/// Merges a message that may be missing.
pub(crate) fn merge_optional<M: Message + Default>(
    wire_type: WireType,
    field: &mut Option<M>,
    buffer: &mut impl Buf,
    context: DecodeContext,
) -> Result<(), DecodeError> {
    message::merge(wire_type, field.get_or_insert_default(), buffer, context)
}

/// Merges an entry of a `map<string, string>`.
pub(crate) fn merge_map_entry(
    _: WireType,
    field: &mut BTreeMap<String, String>,
    buffer: &mut impl Buf,
    context: DecodeContext,
) -> Result<(), DecodeError> {
    btree_map::merge(string::merge, string::merge, field, buffer, context)
}
