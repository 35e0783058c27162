//! Assignments of gRPC clients.

use serde_json::Value;

use super::super::{Preference, assignment as rendered};
use super::*;
use crate::model::{Endpoint, EndpointState, LbPolicy, Locality};

fn assignment(name: &Name, endpoints: &Arc<[Endpoint]>, balancing: &Balancing) -> Resource {
    rendered(name, endpoints, Preference::for_grpc(balancing))
}

/// A pod for each `zone/node`, the first of which drains.
fn pods(spread: &[&str]) -> Arc<[Endpoint]> {
    let pod = |(number, text): (u8, &&str)| {
        let (zone, node) = text.split_once('/').unwrap();
        let state = if number == 1 { EndpointState::Draining } else { EndpointState::Ready };
        let locality = Locality { zone: zone.into(), node: node.into() };
        Endpoint { address: [10, 0, 0, number].into(), port: 8080, state, locality, weight: 1, second: None }
    };
    (1..).zip(spread).map(pod).collect()
}

/// Priority, locality and weight of each part, with the last byte of its addresses: `0 a/a1 w2: 2 3`.
fn seen_from(place: &Place, endpoints: &Arc<[Endpoint]>, balancing: &Balancing) -> Vec<String> {
    let resource = Arc::new(assignment(&"c".into(), endpoints, balancing)).at(place);
    let shown = resource_to_json(&resource).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let part = |part: &Value| {
        let locality = &part["locality"];
        assert!(locality.is_object(), "{shown}");
        let priority = part["priority"].as_u64().unwrap_or_default();
        let addresses = part["lb_endpoints"].as_array().unwrap().iter().map(|one| {
            assert_eq!((&one["health_status"], &one["load_balancing_weight"]), (&"HEALTHY".into(), &1.into()));
            let address = text(&one["endpoint"]["address"]["socket_address"]["address"]);
            format!(" {}", address.rsplit('.').next().unwrap())
        });
        let (zone, node) = (text(&locality["zone"]), text(&locality["sub_zone"]));
        format!("{priority} {zone}/{node} w{}:{}", part["load_balancing_weight"], addresses.collect::<String>())
    };
    shown["endpoints"].as_array().map(|parts| parts.iter().map(part).collect()).unwrap_or_default()
}

fn balancing(policy: LbPolicy, zone_routing: ZoneRouting) -> Balancing {
    Balancing { policy, zone_routing, ..Balancing::default() }
}

#[test]
fn draining_pods_are_left_out() {
    let plain = balancing(LbPolicy::RoundRobin, ZoneRouting::Off);
    let nowhere = Place::default();
    assert_eq!(seen_from(&nowhere, &pods(&["a/a1", "a/a1", "b/b1", "a/a2"]), &plain), ["0 a/ w2: 2 4", "0 b/ w1: 3"]);
    assert_eq!(seen_from(&nowhere, &pods(&["a/a1"]), &plain), [""; 0]);
    assert_eq!(seen_from(&nowhere, &pods(&[]), &plain), [""; 0]);
}

#[test]
fn pick_first_needs_no_priorities() {
    let first = balancing(LbPolicy::PickFirst, ZoneRouting::Off);
    assert_eq!(seen_from(&Place::default(), &pods(&["a/", "a/", "a/"]), &first), ["0 a/ w2: 2 3"]);
}

#[test]
fn on_a_ring_all_pods_are_alike_wherever_they_are() {
    let spread = pods(&["a/a1", "a/a1", "b/b1", "a/a2"]);
    let ring = |zone_routing| balancing(LbPolicy::RingHash, zone_routing);
    assert_eq!(seen_from(&Place::default(), &spread, &ring(ZoneRouting::Off)), ["0 / w3: 2 3 4"]);
    let there = Place { zone: "b".into(), node: "".into() };
    assert_eq!(seen_from(&there, &spread, &ring(ZoneRouting::PreferZone)), ["0 b/ w1: 3", "1 a/ w2: 2 4"]);
}

#[test]
fn no_locality_is_at_two_priorities() {
    let spread = pods(&["a/a1", "a/a1", "b/b1", "a/a2", "b/", "/"]);
    let near = balancing(LbPolicy::RoundRobin, ZoneRouting::PreferNode);
    let there = Place { zone: "a".into(), node: "a1".into() };
    assert_eq!(
        seen_from(&there, &spread, &near),
        ["0 a/a1 w1: 2", "1 a/a2 w1: 4", "2 / w1: 6", "2 b/ w1: 5", "2 b/b1 w1: 3"]
    );
    // Of the only pod near the client nothing is left but a gap, which is closed.
    let gone = pods(&["a/a1", "b/b1"]);
    assert_eq!(seen_from(&there, &gone, &near), ["0 b/b1 w1: 2"]);
}

#[test]
fn only_the_own_node_counts_for_whoever_says_it() {
    let spread = pods(&["a/a1", "a/a1", "b/b1", "a/a2"]);
    let at = |endpoints, policy, node: &str| {
        let own = Balancing { own_node_only: true, ..balancing(policy, ZoneRouting::Off) };
        seen_from(&Place { zone: "a".into(), node: node.into() }, endpoints, &own)
    };
    assert_eq!(at(&spread, LbPolicy::RoundRobin, "a1"), ["0 a/ w1: 2"]);
    assert_eq!(at(&spread, LbPolicy::RingHash, "b1"), ["0 / w1: 3"]);
    assert_eq!(at(&spread, LbPolicy::RoundRobin, "a9"), [""; 0]);
    assert_eq!(at(&spread, LbPolicy::RoundRobin, ""), ["0 a/ w2: 2 4", "0 b/ w1: 3"]);
    assert_eq!(at(&spread, LbPolicy::RingHash, ""), ["0 / w3: 2 3 4"]);
    // The only one there still serves.
    let (leaving, left) = (pods(&["a/a1", "b/b1"]), pods(&["a/a9", "b/b1"]));
    assert_eq!(at(&leaving, LbPolicy::RoundRobin, "a1"), ["0 a/ w1: 1"]);
    let version = |endpoints| {
        let own = Balancing { own_node_only: true, ..Balancing::default() };
        assignment(&"c".into(), endpoints, &own).version()
    };
    assert_ne!(version(&leaving), version(&left), "what only one node sees tells them apart");
}

#[test]
fn the_second_address_of_a_pod_is_an_additional_one() {
    let mut pods = pods(&["/", "/"]).to_vec();
    pods[1].second = Some("2001:db8::2".parse().unwrap());
    let resource = assignment(&"c".into(), &pods.into(), &Balancing::default());
    let shown = resource_to_json(&resource).unwrap();
    let additional = &shown["endpoints"][0]["lb_endpoints"][0]["endpoint"]["additional_addresses"];
    assert_eq!(additional[0]["address"]["socket_address"]["address"], "2001:db8::2", "{shown}");
}
