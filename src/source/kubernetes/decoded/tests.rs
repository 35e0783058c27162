use k8s_openapi::api::core::v1 as core;
use kube::core::{ObjectList, WatchEvent};
use serde_json::json;

use super::*;
use crate::source::objects::Conversion;

fn converted(object: Decoded<core::Service>) -> Converted {
    object.convert(Kind::Service, |service| Conversion::default().service(service))
}

#[test]
fn an_object_that_cannot_be_decoded_costs_only_itself() {
    let service = |name: &str, node_port: serde_json::Value| {
        json!({
            "metadata": { "name": name, "namespace": "shop", "resourceVersion": "7" },
            "spec": { "ports": [{ "port": 80, "nodePort": node_port }] },
        })
    };
    let list = json!({
        "apiVersion": "v1", "kind": "ServiceList", "metadata": { "resourceVersion": "9" },
        "items": [service("a", json!(30000)), service("b", json!("30000")), service("c", json!(30001))],
    });
    let text = list.to_string();
    assert!(serde_json::from_str::<ObjectList<core::Service>>(&text).is_err(), "without this nothing of it is there");
    let list: ObjectList<Decoded<core::Service>> = serde_json::from_str(&text).unwrap();
    assert_eq!(list.metadata.resource_version.as_deref(), Some("9"));
    let versions = list.items.iter().map(|object| object.meta().resource_version.clone().unwrap());
    assert_eq!(versions.collect::<Vec<_>>(), ["7"; 3]);
    let converted: Vec<Converted> = list.items.into_iter().map(converted).collect();
    let told: Vec<_> = converted.iter().map(|one| (one.object.is_some(), one.rejected.len())).collect();
    assert_eq!(told, [(true, 0), (false, 1), (true, 0)]);
    let rejected = converted[1].rejected[0].to_string();
    assert!(
        rejected.starts_with(
            "Service shop/b: spec.ports[0].nodePort: can't be decoded: invalid type: string \"30000\", expected i32"
        ),
        "{rejected}"
    );
}

#[test]
fn so_does_one_that_a_watch_brings() {
    let event = |spec: serde_json::Value| {
        let object = json!({ "metadata": { "name": "a" }, "spec": spec });
        // The API server writes the type first.
        let text = format!("{{\"type\":\"ADDED\",\"object\":{object}}}");
        match serde_json::from_str::<WatchEvent<Decoded<core::Service>>>(&text).unwrap() {
            WatchEvent::Added(object) => converted(object),
            other => panic!("{other:?}"),
        }
    };
    assert!(event(json!({ "ports": [{ "port": 80 }] })).object.is_some());
    let broken = event(json!({ "ports": 80 }));
    assert_eq!((broken.id.to_string().as_str(), broken.object.is_none()), ("Service default/a", true));
    assert_eq!(broken.rejected[0].field, ["spec", "ports"].into());
}
