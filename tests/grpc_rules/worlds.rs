//! Every golden world, rendered for gRPC clients.

use std::path::PathBuf;
use std::sync::Arc;

use chancery::channels::DemandChange;
use chancery::model::Catalog;
use chancery::pipeline::{RenderOptions, Renderer, offline};
use chancery::source::manifests;
use chancery::source::objects::Conversion;
use chancery::xds::{Place, ResourceType, Snapshot};
use rig::golden;

use crate::rules::{RULES, broken};
use crate::served::Served;

#[test]
fn no_library_refuses_anything_of_any_golden_world() {
    let mut faults = Vec::new();
    let (mut clusters, mut endpoints, mut retries) = (0, 0, 0);
    for (name, snapshot) in golden_worlds() {
        for place in places() {
            let served = Served::of(&snapshot, &place);
            clusters += served.clusters.len();
            endpoints += served.assignments.iter().map(|one| one.endpoints.len()).sum::<usize>();
            retries += served.retries().len();
            faults.extend(broken(&served).iter().map(|rule| format!("{name}, {place:?}: {rule}")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    // Without these the rules would have nothing to say.
    assert!(
        clusters > 100 && endpoints > 100 && retries > 0,
        "{clusters} clusters, {endpoints} localities, {retries} retries"
    );
}

/// A rule that can't be broken is none: each has a way to break it, by which it alone or with others is broken.
#[test]
fn each_rule_can_be_broken() {
    let good = rich();
    assert_eq!(broken(&good), [""; 0]);
    for rule in RULES {
        let mut bad = good.clone();
        (rule.breaks)(&mut bad);
        assert!(broken(&bad).contains(&rule.about), "unbroken: {}", rule.about);
    }
}

/// A world with everything that rules are about.
fn rich() -> Served {
    let mut renderer = Renderer::new(RenderOptions::default());
    let cases = ["keys/balancing", "zones/prefer-zone"];
    let inputs = cases.map(|case| PathBuf::from(format!("tests/golden/{case}/in.yaml")));
    let loaded = manifests::load(&inputs, Conversion::default()).unwrap();
    let mut catalog = Catalog::default();
    loaded.events.into_iter().for_each(|event| catalog.apply(event));
    renderer.apply(catalog.take_changes());
    let listener = DemandChange {
        resource_type: ResourceType::Listener,
        name: "grpc/server?xds.resource.listening_address=0.0.0.0:8080".into(),
        in_demand: true,
    };
    renderer.update_demand(vec![listener]);
    let mut served = Served::of(&renderer.all_dialled(), &Place::default());
    served.listeners.extend(Served::of(&renderer.world().grpc, &Place::default()).listeners);
    served
}

fn golden_worlds() -> impl Iterator<Item = (String, Arc<Snapshot>)> {
    golden::worlds().into_iter().map(|(case, events)| (case, offline(events, RenderOptions::default()).grpc()))
}

/// Nowhere, and everywhere that golden worlds have pods.
fn places() -> Vec<Place> {
    let zones = ["", "eu-1a", "eu-1b", "eu-1c", "a", "b"];
    let nodes = ["", "worker-1", "worker-2", "worker-3"];
    let place = |zone: &str, node: &str| Place { zone: zone.into(), node: node.into() };
    zones.iter().flat_map(|zone| nodes.iter().map(move |node| place(zone, node))).collect()
}
