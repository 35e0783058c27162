//! The encoding of gRPC messages: requests are decoded, responses are encoded.
//!
//! The resources of a response are most of its bytes, and they were encoded when they were rendered. What is encoded for
//! each client is the few fields around them; and of a large response never more than a piece at a time.

mod requests;
mod response;

#[cfg(test)]
pub(super) use requests::MAX_REQUEST_BYTES;
pub(super) use requests::RequestStream;
pub(super) use response::{Content, OutgoingResponse, ResponseEncoder};

/// What comes before each message: whether it is compressed, and its length in four bytes.
const HEADER_BYTES: usize = 5;
