//! Real Envoys of each version that is served, in each variant of the protocol.
//!
//! - [`matrix`]: every version with every variant.
//! - [`configuration`]: what an Envoy is configured with, and what it should be configured with.
//! - [`worlds`]: everything that the golden cases render is accepted.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod configuration;
#[macro_use]
mod matrix;
mod separate;
mod worlds;
