//! Everything that the golden cases render is accepted, held as it is, and warm.

use std::net::SocketAddr;
use std::sync::Arc;

use chancery::app::render_options;
use chancery::pipeline::offline;
use chancery::xds::Snapshot;
use rig::addresses::free_address;
use rig::control_plane::ControlPlane;
use rig::envoy::configuration::{Configuration, Gone, may_have_unknown_fields, until_configured};
use rig::golden;

use crate::matrix::Combination;
use crate::separate;

every_combination!(super::every_golden_world_is_held);

/// One Envoy goes through all worlds, one after the other, so that each is also a change of the one before.
///
/// With separate streams there is no ADS at all: see [`separate`].
async fn every_golden_world_is_held(combination: Combination) {
    let variant = combination.variant;
    let mut control_plane = ControlPlane::start().await;
    let (listener, admin) = (free_address(), free_address());
    let worlds = golden_worlds(listener);
    assert!(worlds.len() >= 15, "only {} golden worlds", worlds.len());
    let mut bootstrap = variant.bootstrap("golden", &[control_plane.address], admin);
    if variant.is_separate() {
        bootstrap.dynamic_resources.as_mut().unwrap().ads_config = None;
    }
    let gone = if variant.is_separate() { Gone::Later } else { Gone::Now };
    let mut proxy = None;
    for (name, snapshot) in worlds {
        control_plane.everyone =
            if variant.is_separate() { separate::snapshot(&snapshot, variant) } else { Snapshot::clone(&snapshot) };
        control_plane.publish();
        let proxy = proxy.get_or_insert_with(|| combination.start(&bootstrap, admin));
        proxy.ready("http").await;
        let goal = Configuration::of_snapshot(&control_plane.everyone, combination.version);
        until_configured(proxy, &format!("{combination}: {name}"), &goal, gone).await;
    }
    let proxy = proxy.unwrap();
    let goal = Configuration::of_snapshot(&control_plane.everyone, combination.version);
    until_configured(&proxy, &format!("{combination}: the last world"), &goal, Gone::Now).await;
    let unknown_fields = proxy.envoy.stats().await.unwrap().get("server.dynamic_unknown_fields");
    assert_eq!(unknown_fields > 0, may_have_unknown_fields(combination.version), "{combination}: {unknown_fields}");
}

/// The snapshots of all golden cases, those of named fleets too, by the name of the case.
fn golden_worlds(listener: SocketAddr) -> Vec<(String, Arc<Snapshot>)> {
    let mut worlds = Vec::new();
    for (case, events) in golden::worlds() {
        let world = offline(events, render_options("cluster.local", listener, [])).world;
        worlds.extend(world.fleets.iter().map(|(fleet, snapshot)| (format!("{case} ({fleet})"), Arc::clone(snapshot))));
        worlds.push((case, world.everyone));
    }
    worlds
}
