//! Renders resources for proxyless gRPC clients, in the shape that grpcio, grpc-js, grpc-go and grpc-java all accept.
//!
//! ```text
//! cart.shop:50051 ──▶ meaning ──▶ Service, Port ─┬─▶ listener, of the name as it was dialled
//!                                                │      │ names
//!                                                ├─▶ route_configuration ──▶ names the cluster
//!                                                ├─▶ cluster
//!                                                └─▶ endpoint::assignment
//! grpc/server?xds.resource.listening_address=… ────▶ server_listener
//! ```
//!
//! A gRPC client asks for each resource by name, and refuses a resource for a field that it can't follow, where Envoy would
//! have another rule for it. So what isn't here is left out on purpose: whatever gRPC does not know is not sent.

mod balancing;
mod cluster;
mod listener;
mod names;
mod route;

pub use cluster::cluster;
pub use listener::{listener, server_listener};
pub use names::{Meaning, PortName, SERVER_LISTENER, meaning, route_configuration_name};
pub use route::route_configuration;
