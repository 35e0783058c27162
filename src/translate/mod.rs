//! Renders the model as xDS resources. Pure functions: the same model always gives the same bytes.
//!
//! ```text
//! Service, Port ──▶ names ──┬─▶ envoy::cluster ────────▶ Cluster ──────────────┐ service_name
//!        │ Policy           │                                                  ▼
//!        ├─ Endpoint ───────┼─▶ endpoint::assignment ──▶ ClusterLoadAssignment
//!        │                  │
//!        └─ hosts ──────────┴─▶ envoy::Domains ────────▶ VirtualHost ──▶ RouteConfiguration ──▶ names clusters
//!                                which port has a domain                     ▲
//!                               envoy::listener ───────▶ Listener ───────────┘ names it
//! ```
//!
//! [`envoy`] is the rendering for Envoy proxies, which is drawn here; [`grpc`] that for proxyless gRPC clients. Neither knows
//! the other. What they share is beside them: [`endpoint`] (assignments differ in a few points only), outlier detection,
//! parts of routes, and the messages that all resources are made of.
//!
//! [`names`] are stable: people name our clusters in configuration of their own.

pub mod endpoint;
pub mod envoy;
pub mod grpc;
mod messages;
pub mod names;
mod outlier;
mod route;
