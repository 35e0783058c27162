//! What the API server accepted is never refused as a whole.
//!
//! A newer API server may accept words and fields that nobody knows here. So real objects get such words in the place of
//! those that they have, and such fields wherever they can stand: what isn't about the part that changed stays served.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::convert;
use crate::model::object::Object;
use crate::model::{Catalog, Entry, Event, Key};

/// Of one Service and what belongs to it, as the API server has them.
fn world() -> Vec<Value> {
    let slice = |name: &str, address_type: &str, addresses: [&str; 2]| {
        let endpoint = |pod: usize| {
            json!({
                "addresses": [addresses[pod]], "nodeName": "node-1", "zone": "eu-1a",
                "conditions": { "ready": true, "serving": true, "terminating": false },
                "hints": { "forZones": [{ "name": "eu-1a" }] },
                "targetRef": { "kind": "Pod", "name": format!("cart-{pod}"), "namespace": "shop", "uid": "2d" },
            })
        };
        json!({
            "kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1", "addressType": address_type,
            "metadata": {
                "name": name, "namespace": "shop", "uid": "7b1d9a6e", "resourceVersion": "812", "generation": 3,
                "labels": {
                    "kubernetes.io/service-name": "cart",
                    "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
                },
                "ownerReferences": [{
                    "apiVersion": "v1", "kind": "Service", "name": "cart", "uid": "1f0c", "controller": true,
                }],
            },
            "ports": [
                { "name": "grpc", "port": 50051, "protocol": "TCP", "appProtocol": "grpc" },
                { "name": "web", "port": 8080, "protocol": "TCP" },
            ],
            "endpoints": [endpoint(0), endpoint(1)],
        })
    };
    vec![
        json!({
            "kind": "Namespace", "apiVersion": "v1", "metadata": { "name": "shop" },
            "spec": { "finalizers": ["kubernetes"] }, "status": { "phase": "Active" },
        }),
        json!({
            "kind": "Service", "apiVersion": "v1",
            "metadata": {
                "name": "cart", "namespace": "shop", "creationTimestamp": "2026-01-02T03:04:05Z",
                "annotations": { "chancery.dev/enabled": "true" },
            },
            "spec": {
                "type": "ClusterIP", "clusterIP": "10.96.0.10", "clusterIPs": ["10.96.0.10", "fd00::a"],
                "ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "PreferDualStack",
                "internalTrafficPolicy": "Cluster", "externalTrafficPolicy": "Cluster", "sessionAffinity": "None",
                "sessionAffinityConfig": { "clientIP": { "timeoutSeconds": 600 } },
                "trafficDistribution": "PreferSameZone", "selector": { "app": "cart" },
                "ports": [
                    {
                        "name": "grpc", "port": 50051, "protocol": "TCP", "targetPort": "grpc",
                        "appProtocol": "kubernetes.io/h2c",
                    },
                    { "name": "web", "port": 80, "protocol": "TCP", "targetPort": 8080, "nodePort": 30080 },
                ],
            },
            "status": { "loadBalancer": { "ingress": [{ "ip": "192.0.2.1", "ipMode": "VIP" }] } },
        }),
        slice("cart-v4", "IPv4", ["10.0.0.1", "10.0.0.2"]),
        slice("cart-v6", "IPv6", ["fd00::1", "fd00::2"]),
        json!({
            "kind": "Pod", "apiVersion": "v1",
            "metadata": { "name": "cart-0", "namespace": "shop", "labels": { "chancery.dev/weight": "3" } },
        }),
    ]
}

/// Where a word stands of which a newer version may know others.
const WORDS: [&str; 22] = [
    "/1/spec/type",
    "/1/spec/ipFamilies/0",
    "/1/spec/ipFamilies/1",
    "/1/spec/ipFamilyPolicy",
    "/1/spec/internalTrafficPolicy",
    "/1/spec/externalTrafficPolicy",
    "/1/spec/sessionAffinity",
    "/1/spec/trafficDistribution",
    "/1/spec/ports/1/protocol",
    "/1/spec/ports/1/appProtocol",
    "/1/spec/ports/1/targetPort",
    "/1/spec/ports/0/appProtocol",
    "/1/spec/ports/0/targetPort",
    "/1/status/loadBalancer/ingress/0/ipMode",
    "/2/ports/1/protocol",
    "/2/ports/1/appProtocol",
    "/2/endpoints/0/targetRef/kind",
    "/2/endpoints/0/hints/forZones/0/name",
    "/3/addressType",
    "/3/ports/0/protocol",
    "/3/endpoints/1/targetRef/kind",
    "/0/status/phase",
];

/// What may stand there.
fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Za-z]{1,20}", "[a-z0-9._/:-]{1,80}", Just("PreferSameRegion".to_owned()), "\\PC{1,30}"]
}

/// What may stand in a field that nobody knows.
fn unknown() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,8}", inner, 0..3)
                .prop_map(|fields| Value::from(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

#[derive(Debug, Clone)]
enum Mutation {
    /// Another word in this place.
    Word(&'static str, String),
    /// A field of this name in one of the mappings, which the number chooses.
    Field(usize, String, Value),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        (prop::sample::select(WORDS.to_vec()), word()).prop_map(|(place, word)| Mutation::Word(place, word)),
        (any::<usize>(), "x[A-Z][a-zA-Z]{1,12}", unknown())
            .prop_map(|(at, name, value)| Mutation::Field(at, name, value)),
    ]
}

/// The mappings in a value whose keys are the names of fields.
fn mappings<'a>(value: &'a mut Value, found: &mut Vec<&'a mut Map<String, Value>>, at: usize, seen: &mut usize) {
    match value {
        Value::Object(fields) => {
            *seen += 1;
            if *seen == at + 1 {
                found.push(fields);
                return;
            }
            for (name, value) in fields {
                if !matches!(name.as_str(), "annotations" | "labels" | "selector") {
                    mappings(value, found, at, seen);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mappings(item, found, at, seen)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn count(value: &mut Value) -> usize {
    let (mut found, mut seen) = (Vec::new(), 0);
    mappings(value, &mut found, usize::MAX - 1, &mut seen);
    seen
}

fn apply(world: &mut Value, mutation: &Mutation) {
    match mutation {
        Mutation::Word(place, said) => *world.pointer_mut(place).unwrap_or(&mut Value::Null) = json!(said),
        Mutation::Field(at, name, value) => {
            let (mut found, mut seen) = (Vec::new(), 0);
            let at = at % count(world);
            mappings(world, &mut found, at, &mut seen);
            found[0].insert(name.clone(), value.clone());
        }
    }
}

/// What is served of these objects.
fn served(objects: &[Value]) -> Entry {
    let mut catalog = Catalog::default();
    for object in objects {
        let converted = convert(object.clone());
        assert!(converted.object.is_some(), "{object:#} is refused: {:#?}", converted.rejected);
        if let Some(Object::Service(service)) = &converted.object {
            assert!(!service.external_name);
        }
        catalog.apply(Event::Apply(converted));
    }
    let (key, entry) = catalog.take_changes().remove(0);
    assert_eq!(key, Key::new("shop", "cart"));
    entry.unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn a_service_stays_served_whatever_is_unknown_of_it(mutations in prop::collection::vec(mutation(), 1..5)) {
        let words: Vec<_> = mutations.iter().filter_map(|one| match one {
            Mutation::Word(place, word) => Some((*place, word.as_str())),
            Mutation::Field(..) => None,
        }).collect();
        // A type that is known, and has no pods.
        prop_assume!(!words.contains(&("/1/spec/type", "ExternalName")));
        let changed = |place: &str| words.iter().any(|(changed, _)| *changed == place);
        let mut world = Value::from(world());
        for mutation in &mutations {
            apply(&mut world, mutation);
        }
        let entry = served(world.as_array().unwrap());
        let has = |port: u16| entry.endpoints.get(&port).map(|endpoints| endpoints.len());
        // Without a targetRef nobody knows that two addresses are of one pod.
        let most = if changed("/2/endpoints/0/targetRef/kind") || changed("/3/endpoints/1/targetRef/kind") { 4 } else { 2 };
        // The pods of the first port are in the slice whose words for it stay.
        prop_assert!((2..=most).contains(&has(50051).unwrap_or_default()), "{entry:?}");
        let spec = &world[1]["spec"]["ports"][1];
        let in_v4 = world[2]["ports"][1]["protocol"] == "TCP";
        let in_v6 = world[3]["addressType"] == "IPv6";
        if spec["protocol"] == "TCP" {
            let least = if in_v4 || in_v6 { 2 } else { 0 };
            prop_assert!((least..=most).contains(&has(80).unwrap_or_default()), "{entry:?}");
        } else {
            prop_assert!(changed("/1/spec/ports/1/protocol"));
            prop_assert_eq!(has(80), None);
        }
    }
}
