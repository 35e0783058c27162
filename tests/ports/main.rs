//! Which port of a Service gets a request, seen through every version of Envoy that is served.
//!
//! ```text
//!  manifests ─▶ rendered ─▶ ControlPlane ─xDS─▶ Envoy ─▶ a pod that speaks gRPC, and a server that speaks only HTTP/1.1
//!                                                 ▲
//!                                               World
//! ```
//!
//! - [`world`]: all of that.
//! - [`server`]: the server that speaks only HTTP/1.1, and takes WebSocket upgrades.
//! - [`names`]: which authority leads where.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod names;
mod server;
mod world;
