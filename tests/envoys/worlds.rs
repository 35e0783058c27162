//! Everything that the golden cases render is accepted, held as it is, and warm.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chancery::app::render_options;
use chancery::model::compat::Compat;
use chancery::pipeline::offline;
use chancery::source::lower::Lowering;
use chancery::source::manifests;
use chancery::xds::Snapshot;
use test_support::control_plane::ControlPlane;
use test_support::process::free_address;

use crate::matrix::Combination;
use crate::separate;
use test_support::configuration::{Configuration, Gone, may_have_unknown_fields, until_configured};

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
    for input in inputs(Path::new("tests/golden")) {
        let compat = if input.starts_with("tests/golden/compat") { Compat::ALL } else { Compat::default() };
        let lowering = Lowering { allow_loopback_endpoints: true, compat };
        let loaded = manifests::load(std::slice::from_ref(&input), lowering).unwrap();
        let world = offline(loaded.events, render_options("cluster.local", listener, [])).world;
        let case = input.parent().unwrap().display().to_string();
        worlds.extend(world.fleets.iter().map(|(fleet, snapshot)| (format!("{case} ({fleet})"), Arc::clone(snapshot))));
        worlds.push((case, world.everyone));
    }
    worlds
}

fn inputs(directory: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let is_input = |path: &PathBuf| path.file_name().is_some_and(|name| name == "in.yaml");
    let (directories, files): (Vec<_>, Vec<_>) = entries.into_iter().partition(|path| path.is_dir());
    files.into_iter().filter(is_input).chain(directories.iter().flat_map(|path| inputs(path))).collect()
}
