//! Messages that only clients write: what they have in common.

use prost::DecodeError;

/// The parts of [`prost::Message`] that a message which is never written has no use for.
macro_rules! only_read {
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

pub(crate) use only_read;

/// The same result, with an error that says in which field of which message it was met.
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
