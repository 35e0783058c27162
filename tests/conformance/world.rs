//! What the stories begin with.

use chancery::pipeline::{RenderOptions, offline};
use chancery::source::manifests;
use chancery::source::objects::Conversion;
use chancery::xds::{ResourceType, Snapshot};
use data_plane_api::core::Node;
use rig::ads::{self, Delta, Sotw};
use rig::control_plane::ControlPlane;

/// A server that has published these resources.
pub async fn serving(resources: &[(ResourceType, &[&str])]) -> ControlPlane {
    let mut server = ControlPlane::start().await;
    for (resource_type, texts) in resources {
        server.have(*resource_type, texts);
    }
    server.publish();
    server
}

/// The node of the client that most stories are about: an Envoy of a fleet that nobody names.
#[expect(clippy::unnecessary_wraps, reason = "requests have a node or none, and only the first has one")]
pub fn node() -> Option<Node> {
    Some(ads::envoy("envoy-1", "edge"))
}

/// A state-of-the-world stream of this server.
pub async fn sotw(server: &ControlPlane) -> Sotw {
    ads::sotw(server.address).await.unwrap()
}

/// A delta stream of this server.
pub async fn delta(server: &ControlPlane) -> Delta {
    ads::delta(server.address).await.unwrap()
}

/// What everyone gets for these manifests, rendered as the server renders it.
pub fn rendered(manifests: &str) -> Snapshot {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("in.yaml");
    std::fs::write(&path, manifests).unwrap();
    let loaded = manifests::load(&[path], Conversion::default()).unwrap();
    Snapshot::clone(&offline(loaded.events, RenderOptions::default()).world.everyone)
}
