use serde_json::{Value, json};

use super::*;
use crate::model::EndpointState::{self, Draining, Ready};
use crate::xds::resource_to_json;

mod grpc;

fn endpoint(address: &str, state: EndpointState, zone: &str, node: &str, weight: u32) -> model::Endpoint {
    let locality = model::Locality { zone: zone.into(), node: node.into() };
    model::Endpoint { address: address.parse().unwrap(), port: 8080, state, locality, weight, second: None }
}

fn rendered(endpoints: &[model::Endpoint]) -> Value {
    resource_to_json(&assignment(&"shop/cart/50051".into(), &endpoints.into(), by_zone(ZoneRouting::Off))).unwrap()
}

fn shown(address: &str, health: &str, weight: u32) -> Value {
    json!({
        "endpoint": {"address": {"socket_address": {"address": address, "port_value": 8080}}},
        "health_status": health,
        "load_balancing_weight": weight,
    })
}

#[test]
fn endpoints_of_one_zone_share_a_locality_whatever_their_node() {
    let endpoints = [
        endpoint("10.0.0.1", Ready, "b", "node-1", 1),
        endpoint("10.0.0.2", Draining, "a", "node-2", 1),
        endpoint("10.0.0.3", Ready, "b", "node-3", 5),
        endpoint("2001:db8::1", Ready, "", "", 1),
    ];
    assert_eq!(
        rendered(&endpoints),
        json!({
            "cluster_name": "shop/cart/50051",
            "endpoints": [
                {
                    "locality": {},
                    "lb_endpoints": [shown("2001:db8::1", "HEALTHY", 1)],
                    "load_balancing_weight": 1,
                },
                {
                    "locality": {"zone": "a"},
                    "lb_endpoints": [shown("10.0.0.2", "DRAINING", 1)],
                    "load_balancing_weight": 1,
                },
                {
                    "locality": {"zone": "b"},
                    "lb_endpoints": [shown("10.0.0.1", "HEALTHY", 1), shown("10.0.0.3", "HEALTHY", 5)],
                    "load_balancing_weight": 6,
                },
            ],
        })
    );
}

#[test]
fn without_endpoints_the_assignment_is_empty_but_there() {
    assert_eq!(rendered(&[]), json!({"cluster_name": "shop/cart/50051"}));
}

/// `zone/node` of six endpoints, the first of which drains.
const SPREAD: [&str; 6] = ["a/a1", "a/a1", "a/a2", "b/b1", "b/", "/"];

fn spread() -> Arc<[model::Endpoint]> {
    let endpoint = |(number, text): (u8, &&str)| {
        let (zone, node) = text.split_once('/').unwrap();
        let state = if number == 1 { Draining } else { Ready };
        endpoint(&format!("10.0.0.{number}"), state, zone, node, 1)
    };
    (1..).zip(&SPREAD).map(endpoint).collect()
}

fn by_zone(zone_routing: ZoneRouting) -> Preference {
    Preference::for_envoy(&Balancing { zone_routing, ..Balancing::default() })
}

/// The localities of the assignment by priority, as a client at `place` gets it: `zone/node` and the last byte of each
/// address.
fn levels(endpoints: &Arc<[model::Endpoint]>, preference: Preference, place: &str) -> Vec<String> {
    let (zone, node) = place.split_once('/').unwrap();
    let place = Place { zone: zone.into(), node: node.into() };
    let resource = Arc::new(assignment(&"shop/cart/50051".into(), endpoints, preference)).at(&place);
    let json = resource_to_json(&resource).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let locality = |group: &Value| {
        let locality = &group["locality"];
        let addresses = group["lb_endpoints"].as_array().unwrap().iter().map(|one| {
            let address = text(&one["endpoint"]["address"]["socket_address"]["address"]);
            address.rsplit('.').next().unwrap().to_owned()
        });
        let (zone, node, priority) = (text(&locality["zone"]), text(&locality["sub_zone"]), &group["priority"]);
        let addresses = addresses.collect::<Vec<_>>().join(" ");
        format!("{} {zone}/{node}: {addresses}", priority.as_u64().unwrap_or(0))
    };
    json["endpoints"].as_array().into_iter().flatten().map(locality).collect()
}

#[test]
fn the_own_zone_comes_first() {
    let zone = |place| levels(&spread(), by_zone(ZoneRouting::PreferZone), place);
    assert_eq!(zone("a/"), ["0 a/: 1 2 3", "1 /: 6", "1 b/: 4 5"]);
    assert_eq!(zone("b/a1"), ["0 b/: 4 5", "1 /: 6", "1 a/: 1 2 3"]);
    for far in ["/", "c/", "/a1"] {
        assert_eq!(zone(far), ["0 /: 6", "0 a/: 1 2 3", "0 b/: 4 5"], "{far}");
    }
}

#[test]
fn the_own_node_comes_before_the_own_zone() {
    let node = |place| levels(&spread(), by_zone(ZoneRouting::PreferNode), place);
    let (a1, a2, b1) = ("a/a1: 1 2", "a/a2: 3", "b/b1: 4");
    let on_a1 = [format!("0 {a1}"), format!("1 {a2}"), "2 /: 6".into(), "2 b/: 5".into(), format!("2 {b1}")];
    // The node says which zone it is.
    for place in ["a/a1", "/a1", "b/a1"] {
        assert_eq!(node(place), on_a1, "{place}");
    }
    assert_eq!(node("b/b1"), ["0 b/b1: 4", "1 b/: 5", "2 /: 6", "2 a/a1: 1 2", "2 a/a2: 3"]);
    // No pod on the own node: no gap before the own zone.
    assert_eq!(node("a/a3"), ["0 a/a1: 1 2", "0 a/a2: 3", "1 /: 6", "1 b/: 5", "1 b/b1: 4"]);
    for far in ["/", "c/c1"] {
        assert_eq!(node(far), ["0 /: 6", "0 a/a1: 1 2", "0 a/a2: 3", "0 b/: 5", "0 b/b1: 4"], "{far}");
    }
}

#[test]
fn with_pick_first_each_endpoint_has_a_priority_of_its_own() {
    let levels = |zone_routing, place| {
        levels(&spread(), Preference { client: Client::Envoy { one_by_one: true }, ..by_zone(zone_routing) }, place)
    };
    let ready_first = ["0 a/: 2", "1 a/: 3", "2 b/: 4", "3 b/: 5", "4 /: 6", "5 a/: 1"];
    assert_eq!(levels(ZoneRouting::Off, "b/"), ready_first);
    let near_first = ["0 b/: 4", "1 b/: 5", "2 a/: 2", "3 a/: 3", "4 /: 6", "5 a/: 1"];
    assert_eq!(levels(ZoneRouting::PreferZone, "b/"), near_first);
}

#[test]
fn no_priority_is_higher_than_envoy_takes() {
    let many: Arc<[model::Endpoint]> =
        (0..200).map(|number| endpoint(&format!("10.0.1.{number}"), Ready, "a", "", 1)).collect();
    let all =
        levels(&many, Preference { client: Client::Envoy { one_by_one: true }, ..by_zone(ZoneRouting::Off) }, "/");
    assert_eq!(all.len(), 200);
    assert_eq!((&*all[127], &*all[128], &*all[199]), ("127 a/: 127", "128 a/: 128", "128 a/: 199"));
}

#[test]
fn without_zone_routing_nothing_is_near() {
    for place in ["a/a1", "/"] {
        assert_eq!(levels(&spread(), by_zone(ZoneRouting::Off), place), ["0 /: 6", "0 a/: 1 2 3", "0 b/: 4 5"]);
    }
}

#[test]
fn what_looks_the_same_from_everywhere_is_there_once() {
    let name = "shop/cart/50051".into();
    let place = Place { zone: "a".into(), node: "a1".into() };
    let located = |endpoints: &[&str], zone_routing| {
        let all = (1..).zip(endpoints).map(|(number, text): (u8, _)| {
            let (zone, node) = text.split_once('/').unwrap();
            endpoint(&format!("10.0.0.{number}"), Ready, zone, node, 1)
        });
        let resource = Arc::new(assignment(&name, &all.collect(), by_zone(zone_routing)));
        !Arc::ptr_eq(&resource, &resource.at(&place))
    };
    let (zone, node) = (ZoneRouting::PreferZone, ZoneRouting::PreferNode);
    assert!(!located(&[], zone) && !located(&[], node));
    assert!(!located(&["a/a1", "a/a2"], zone) && located(&["a/a1", "a/a2"], node));
    assert!(!located(&["a/a1", "a/a1"], node) && located(&["a/a1", "b/b1"], zone));
    assert!(!located(&["/", "/"], zone) && !located(&["a/", "a/"], node));
}

#[test]
fn another_way_of_routing_is_another_version_even_where_the_content_is_the_same() {
    let [off, zone, node] = ZoneRouting::ALL.map(|way| Arc::new(assignment(&"x".into(), &spread(), by_zone(way))));
    let versions = [off.version(), zone.version(), node.version()];
    assert!(versions[0] != versions[1] && versions[1] != versions[2] && versions[0] != versions[2]);
    // A client that doesn't say where it is can't tell.
    assert_eq!(off.at(&Place::default()).version(), zone.at(&Place::default()).version());
    assert_eq!(*assignment(&"x".into(), &spread(), by_zone(ZoneRouting::PreferZone)).any(), *zone.any());
}

#[test]
fn the_second_address_of_a_pod_is_an_additional_one() {
    let second = Some("2001:db8::1".parse().unwrap());
    let endpoints = [model::Endpoint { second, ..endpoint("10.0.0.1", Ready, "", "", 1) }];
    let mut expected = shown("10.0.0.1", "HEALTHY", 1);
    expected["endpoint"]["additional_addresses"] =
        json!([{"address": {"socket_address": {"address": "2001:db8::1", "port_value": 8080}}}]);
    assert_eq!(rendered(&endpoints)["endpoints"][0]["lb_endpoints"], json!([expected]));
}

#[test]
fn pods_with_two_addresses_are_in_localities_of_their_own_for_envoy() {
    let endpoints: Arc<[model::Endpoint]> = (0..)
        .zip(spread().iter())
        .map(|(position, one)| {
            let second = (position % 2 == 0).then(|| format!("2001:db8::{position}").parse().unwrap());
            model::Endpoint { second, ..one.clone() }
        })
        .collect();
    let shown = |preference, place| levels(&endpoints, preference, place);
    let zone = by_zone(ZoneRouting::PreferZone);
    // The first of each pair has one address, if it isn't alone, the second has two; the distance is that of their zone.
    assert_eq!(shown(zone, "a/"), ["0 a/: 2", "0 a/: 1 3", "1 /: 6", "1 b/: 4", "1 b/: 5"]);
    assert_eq!(shown(zone, "b/"), ["0 b/: 4", "0 b/: 5", "1 /: 6", "1 a/: 2", "1 a/: 1 3"]);
    let one_by_one = Preference { client: Client::Envoy { one_by_one: true }, ..zone };
    let near_first = ["0 b/: 4", "1 b/: 5", "2 a/: 2", "3 a/: 3", "4 /: 6", "5 a/: 1"];
    assert_eq!(shown(one_by_one, "b/"), near_first, "as without a second address");
    let grpc = Preference { client: Client::Grpc { is_flat: false }, ..zone };
    assert_eq!(shown(grpc, "a/"), ["0 a/: 2 3", "1 /: 6", "1 b/: 4 5"]);
    let resource = assignment(&"shop/cart/50051".into(), &endpoints, by_zone(ZoneRouting::Off));
    let json = resource_to_json(&resource).unwrap();
    let localities: Vec<&Value> = json["endpoints"].as_array().unwrap().iter().map(|one| &one["locality"]).collect();
    let expected = [
        json!({}),
        json!({"zone": "a"}),
        json!({"zone": "b"}),
        json!({"region": "dual-stack", "zone": "a"}),
        json!({"region": "dual-stack", "zone": "b"}),
    ];
    assert_eq!(localities, expected.iter().collect::<Vec<_>>());
}

fn own_node(zone_routing: ZoneRouting) -> Preference {
    Preference { own_node_only: true, ..by_zone(zone_routing) }
}

/// The same as [`levels`], for an assignment that may be empty.
fn on_own_node(zone_routing: ZoneRouting, place: &str) -> Vec<String> {
    levels(&spread(), own_node(zone_routing), place)
}

#[test]
fn only_the_own_node_counts_for_whoever_says_it() {
    for way in ZoneRouting::ALL {
        let node = |of: &str| if way == ZoneRouting::PreferNode { of.to_owned() } else { String::new() };
        assert_eq!(on_own_node(way, "a/a1"), [format!("0 a/{}: 1 2", node("a1"))]);
        assert_eq!(on_own_node(way, "/a2"), [format!("0 a/{}: 3", node("a2"))]);
        assert_eq!(on_own_node(way, "a/b1"), [format!("0 b/{}: 4", node("b1"))], "the node says which zone it is");
        // As kube-proxy drops the connection.
        for nothing_there in ["a/a9", "/a9", "c/c1"] {
            assert_eq!(on_own_node(way, nothing_there), [""; 0], "{nothing_there}");
        }
        for no_node in ["/", "a/", "b/", "c/"] {
            assert_eq!(on_own_node(way, no_node), levels(&spread(), by_zone(way), no_node), "{no_node}");
        }
    }
}

#[test]
fn while_none_is_ready_on_the_own_node_those_that_still_serve_are_used() {
    let endpoints: Arc<[model::Endpoint]> = [
        endpoint("10.0.0.1", Draining, "a", "a1", 1),
        endpoint("10.0.0.2", Draining, "a", "a2", 1),
        endpoint("10.0.0.3", Ready, "a", "a2", 1),
    ]
    .into();
    let health = |node: &str| {
        let place = Place { zone: "a".into(), node: node.into() };
        let resource = Arc::new(assignment(&"c".into(), &endpoints, own_node(ZoneRouting::Off))).at(&place);
        let json = resource_to_json(&resource).unwrap();
        let all = json["endpoints"][0]["lb_endpoints"].as_array().unwrap().iter();
        all.map(|one| one["health_status"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(health("a1"), ["HEALTHY"]);
    assert_eq!(health("a2"), ["DRAINING", "HEALTHY"]);
    assert_eq!(health(""), ["DRAINING", "DRAINING", "HEALTHY"]);
}

#[test]
fn an_endpoint_on_another_node_is_another_version_where_only_the_own_node_counts() {
    let version = |node: &str, preference| {
        let endpoints = [endpoint("10.0.0.1", Ready, "a", node, 1)];
        assignment(&"c".into(), &endpoints.into(), preference).version()
    };
    let (all, own) = (by_zone(ZoneRouting::Off), own_node(ZoneRouting::Off));
    assert_eq!(version("a1", all), version("a2", all));
    assert_ne!(version("a1", own), version("a2", own));
    assert_ne!(version("a1", own), version("a1", all));
    assert_eq!(version("a1", own), version("a1", own));
}
