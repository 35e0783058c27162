//! Proxyless gRPC clients, as far as no gRPC library is needed: what they get is what all four of them take, and they get it
//! when they ask for it.
//!
//! - [`rules`]: everything for which any of the libraries refuses a resource, as a table.
//! - [`worlds`]: every golden world, held against these rules.
//! - [`stories`]: the program, and clients that ask as the libraries do.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod rules;
mod served;
mod stories;
mod worlds;
