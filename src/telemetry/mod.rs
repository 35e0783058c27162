//! The log and the metrics.
//!
//! ```text
//! every floor ──▶ tracing macros ──▶ log      ──▶ stderr, one line an event
//! every floor ──▶ Metrics        ──▶ Registry ──▶ /metrics (admin)
//! ```
//!
//! This is the bottom floor: it imports no other. What the floors above count by (the type of a resource, the family of
//! a client) arrives as their own short words, `&'static str`, so that no label can ever come from the network. The one
//! exception is the name of a cluster, which comes from a snapshot and leaves with it.

pub mod log;
mod metrics;

pub use metrics::{Load, Metrics, OpenGuard, UnservedConnection};
