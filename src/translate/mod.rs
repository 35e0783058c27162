//! The model, rendered as xDS resources. Pure functions: the same model always gives the same bytes.
//!
//! ```text
//! Service, Port ──▶ names ──┬─▶ envoy::cluster ────▶ Cluster ──────────────┐ service_name
//!        │ Policy           │                                              ▼
//!        ├─ Endpoint ───────┼─▶ envoy::assignment ─▶ ClusterLoadAssignment
//!        │                  │
//!        └─ hosts ──────────┴─▶ envoy::Domains ────▶ VirtualHost ──▶ RouteConfiguration ──▶ names clusters
//!                                who has a domain                         ▲
//!                               envoy::listener ───▶ Listener ────────────┘ names it
//! ```
//!
//! [`names`] are the contract with people who name our clusters in configuration of their own; they don't change.
//! [`envoy`] is the rendering for Envoy proxies, which is drawn here; [`grpc`] that for proxyless gRPC clients.

pub mod envoy;
pub mod grpc;
pub mod names;
