//! ADS over a real socket, as far as it is no case of the protocol: those are in `tests/conformance`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::sync::Arc;

use chancery::xds::ResourceType::Cluster;
use chancery::xds::{Name, Snapshot};
use rig::ads::{self, envoy, names};
use rig::control_plane::{ControlPlane, resource};
use rig::serve::Serve;

#[tokio::test]
async fn each_fleet_sees_its_own_world() {
    let mut control_plane = one_cluster().await;
    let mut edge = Snapshot::default();
    edge.get_mut(Cluster).insert(resource(Cluster, "edge-only", "1", &[]));
    control_plane.world.fleets.insert(Name::from("edge"), Arc::new(edge));
    control_plane.publish();
    for (fleet, cluster) in [("edge", "edge-only"), ("other", "shop/cart/80"), ("", "shop/cart/80")] {
        let mut stream = ads::delta(control_plane.address).await.unwrap();
        stream.ask(Some(envoy("same-id", fleet)), Cluster, &[]).await;
        assert_eq!(names(&stream.next().await), [cluster]);
    }
}

#[tokio::test]
async fn when_the_server_ends_its_streams_end_without_an_error() {
    let control_plane = one_cluster().await;
    let mut stream = ads::sotw(control_plane.address).await.unwrap();
    stream.ask(Some(envoy("e", "f")), Cluster, &[]).await;
    stream.next().await;
    control_plane.stop().await;
    assert!(stream.end().await.is_none());
}

/// To render takes as long as it takes; on a thread of the runtime, streams would wait for it.
#[tokio::test]
async fn what_renders_has_a_thread_of_its_own() {
    let manifests = tempfile::tempdir().unwrap();
    let mut serve = Serve::start(env!("CARGO_BIN_EXE_chancery"), &["--manifests", manifests.path().to_str().unwrap()]);
    serve.ready().await;
    let threads = serve.process().threads().unwrap();
    assert_eq!(threads.iter().filter(|name| *name == "pipeline").count(), 1, "{threads:?}");
    serve.terminate().await;
    assert!(serve.ended().await.success(), "{}", serve.log());
}

/// A control plane whose clients of fleets that nobody names get one cluster.
async fn one_cluster() -> ControlPlane {
    let mut control_plane = ControlPlane::start().await;
    control_plane.put(Cluster, "shop/cart/80", "1", &[]).publish();
    control_plane
}
