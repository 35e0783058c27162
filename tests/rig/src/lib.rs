//! What surrounds Chancery in its tests, its benchmarks and `make run`.
//!
//! ```text
//!  manifests ──▶ serve ──xDS──▶ envoy ◀── load
//!      ▲                          │
//!  deployment ─ starts, ends ─▶ pod, pod, …        each at one of the addresses
//! ```
//!
//! What all of them have, from the outside of the real programs:
//!
//! - [`process`]: a child process, its log, what it costs. [`programs`]: where programs are. [`http`]: their admin ports.
//! - [`serve`]: `chancery serve`; [`bootstrap`]: what `chancery bootstrap` prints.
//! - [`manifests`]: Services and EndpointSlices, written. [`deployment`]: the pods of a Service, and what is written of them.
//! - [`pod`]: a gRPC echo server that does what it is told to. [`addresses`]: where it and others can be.
//! - [`envoy`]: a real Envoy, and what it counts. [`load`]: callers of the pods, and what became of their calls.
//!
//! What only tests need (the feature `harness`):
//!
//! - [`ads`]: clients of ADS that say exactly what they are told to, and nothing else.
//! - [`api`]: a Kubernetes API that misbehaves as it is told. [`cluster`]: a real kube-apiserver and etcd.
//! - [`control_plane`]: a server in the test's process, over a snapshot that the test writes.
//! - [`envoy::configuration`]: what an Envoy is configured with, and what it should be configured with.
//! - [`forwarder`]: one address for several servers. [`spoiler`]: what stands between a gRPC client and the control plane.
//! - [`golden`]: the golden cases, as worlds to hold something against. [`page`]: files that tests make.
//! - [`network`]: a network of a test's own, for pods with real addresses.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "what can't go on fails the test that uses it"
)]

pub mod addresses;
pub mod bootstrap;
pub mod deployment;
pub mod envoy;
pub mod http;
pub mod load;
pub mod manifests;
pub mod pod;
pub mod process;
pub mod programs;
pub mod serve;

#[cfg(feature = "harness")]
pub mod ads;
#[cfg(feature = "harness")]
pub mod api;
#[cfg(feature = "harness")]
pub mod cluster;
#[cfg(feature = "harness")]
pub mod control_plane;
#[cfg(feature = "harness")]
pub mod forwarder;
#[cfg(feature = "harness")]
pub mod golden;
#[cfg(feature = "harness")]
pub mod network;
#[cfg(feature = "harness")]
pub mod page;
#[cfg(feature = "harness")]
pub mod spoiler;

use std::time::Duration;

/// How long a test waits for something that must happen. It bounds a failing test; a passing one never waits it out.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Awaits `future`, and fails the test, naming `what`, when it takes longer than [`PATIENCE`].
///
/// # Panics
/// When the time is up.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(PATIENCE, future).await;
    waited.unwrap_or_else(|_| panic!("waited {PATIENCE:?} in vain for {what}"))
}
