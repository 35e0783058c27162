//! Real Envoys of each version that is served, in each variant of the protocol.
//!
//! - [`matrix`]: every version with every variant.
//! - [`separate`]: Envoys that know no ADS.
//! - [`worlds`]: everything that the golden cases render is accepted.
//! - [`churn`]: what comes, changes and goes, under load.
//! - [`families`]: IPv4 and IPv6.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

#[macro_use]
mod matrix;

mod churn;
mod families;
mod separate;
mod worlds;
