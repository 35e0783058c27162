//! Whether a setting has an effect on gRPC clients is what the table says of it.

use std::fs;

use chancery::model::settings::{Grpc, PREFIX, Setting};
use chancery::pipeline::{RenderOptions, offline};
use chancery::source::manifests;
use chancery::source::objects::Conversion;
use chancery::xds::{Place, ResourceType, resource_to_json};
use serde_json::Value;

use crate::{annotation, golden_services, shows};

#[test]
fn the_table_says_what_has_an_effect_on_grpc_clients() {
    let services = golden_services();
    let mut wrong = Vec::new();
    for Setting { key, example, grpc, .. } in Setting::all() {
        let shown = shows(&services, key).unwrap();
        let line = shown.lines().find(|line| line.starts_with(&annotation(key))).unwrap();
        let without = rendered(key, &shown.replace(&format!("{line}\n"), ""));
        let with_example = shown.replace(line, &format!("{}{example:?}", annotation(key)));
        let has_effect = [shown, &with_example].into_iter().any(|service| rendered(key, service) != without);
        if has_effect != matches!(grpc, Grpc::Becomes(_)) {
            wrong.push(format!("{PREFIX}{key} has an effect: {has_effect}; the table: {grpc:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a gRPC client in zone `a` gets of this Service, which has a pod there and one elsewhere.
fn rendered(name: &str, service: &str) -> Vec<Value> {
    let slice = format!(
        r"
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{namespace: shop, name: pods, labels: {{kubernetes.io/service-name: {name}}}}}
addressType: IPv4
ports: [{{name: grpc, port: 50051}}]
endpoints: [{{addresses: [10.0.0.1], zone: a}}, {{addresses: [10.0.0.2], zone: b}}]
"
    );
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("in.yaml");
    fs::write(&file, format!("{service}---{slice}")).unwrap();
    let loaded = manifests::load(&[file], Conversion::default()).unwrap();
    let snapshot = offline(loaded.events, RenderOptions::default()).grpc();
    let place = Place { zone: "a".into(), node: "".into() };
    let resources = ResourceType::ALL.into_iter().flat_map(|resource_type| snapshot.get(resource_type).iter());
    resources.map(|resource| resource_to_json(&resource.at(&place)).unwrap()).collect()
}
