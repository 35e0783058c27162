//! gRPC messages: requests as they are read, responses as they are written.
//!
//! The resources of a response are most of its bytes, and they were encoded when they were rendered. What is written for
//! each client is the few fields round them; and of a large response never more than a piece at a time.

mod requests;
mod response;

#[cfg(test)]
pub(super) use requests::MAX_REQUEST_BYTES;
pub(super) use requests::Requests;
pub(super) use response::{Outgoing, Reply, Writing};

/// What comes before each message: whether it is compressed, and its length in four bytes.
const HEADER_BYTES: usize = 5;
