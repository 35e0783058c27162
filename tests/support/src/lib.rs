//! What the tests of Chancery share.
//!
//! - [`ads`]: clients of ADS that say exactly what they are told to, and nothing else.
//! - [`api`]: a Kubernetes API that misbehaves as it is told.
//! - [`control_plane`]: a server in this process, over a snapshot that the test writes.
//! - [`clients`]: where real gRPC clients are.
//! - [`cluster`]: a real kube-apiserver and etcd.
//! - [`configuration`]: what an Envoy is configured with, and what it should be configured with.
//! - [`envoys`]: the versions of Envoy, and the variants of the protocol.
//! - [`fleet`]: a real Envoy.
//! - [`forwarder`]: one address for several servers.
//! - [`golden`]: the golden cases, as worlds to hold something against.
//! - [`network`]: a network of a test's own, for pods with real addresses.
//! - [`page`]: pages of the documentation that tests make.
//! - [`pod`]: a pod that does what the test says.
//! - [`process`]: the program, as a user runs it.
//! - [`services`]: Services and their EndpointSlices, as a test says that they are.
//! - [`spoiler`]: what stands between a gRPC client and the control plane.

pub mod ads;
pub mod api;
pub mod clients;
pub mod cluster;
pub mod configuration;
pub mod control_plane;
pub mod envoys;
pub mod fleet;
pub mod forwarder;
pub mod golden;
pub mod network;
pub mod page;
pub mod pod;
pub mod process;
pub mod services;
pub mod spoiler;

use std::time::Duration;

/// How long a test waits for something that must happen. It bounds a failing test; a passing one never waits it out.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Awaits `future`, and fails the test, naming `what`, when it takes longer than [`PATIENCE`].
///
/// # Panics
/// When the time is up.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited {PATIENCE:?} in vain for {what}"),
    }
}
