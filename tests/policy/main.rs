//! What each annotation does to requests, seen through a real Envoy.
//!
//! ```text
//!  annotations, endpoints ─▶ manifests ─▶ rendered ─▶ ControlPlane ─xDS─▶ Envoy ─▶ pods, which do what the test says
//!                                                                          ▲
//!                                                                        Caller
//! ```
//!
//! - [`scene`]: all of that. [`rig::pod`] and [`caller`]: its two ends.
//! - Which pod a request goes to: [`turns`], [`loads`], [`hashes`], [`first`], [`panic`]; what becomes of it when pods leave:
//!   [`draining`].
//! - When it is tried again: [`retries`]. How long it may take: [`timeouts`]. Over which connection: [`connections`].
//! - How much may be under way: [`limits`].
//! - Which pods are left out: [`outliers`], [`health`].
//! - Whether a gRPC server that isn't ours is content with all that: [`stock`].
//! - Who gets a Service, under which names: [`names`].
//!
//! Tests count requests; they measure no time. An Envoy keeps a balancer for each of its two workers, and a connection
//! stays with the worker that took it: so one [`caller::Caller`], which is one connection, sees one balancer.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod caller;
mod scene;

mod connections;
mod draining;
mod first;
mod hashes;
mod health;
mod limits;
mod loads;
mod names;
mod outliers;
mod panic;
mod retries;
mod stock;
mod timeouts;
mod turns;
