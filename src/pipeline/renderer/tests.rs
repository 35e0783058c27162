use std::collections::BTreeSet;

use super::*;
use crate::model::{Balancing, Defaults, EndpointState, Endpoints, Locality, Policy, ZoneRouting};
use crate::translate::envoy::ListenerOptions;
use crate::xds::{Difference, ResourceMap, Snapshot, Target};

/// A Service under construction. Its ports get every endpoint, each at the port's own number.
#[derive(Clone)]
struct Draft {
    key: Key,
    created: i64,
    ports: Vec<u16>,
    hosts: Vec<&'static str>,
    fleets: Vec<&'static str>,
    zone_routing: ZoneRouting,
}

fn draft(name: &str) -> Draft {
    Draft {
        key: Key::new("shop", name),
        created: 0,
        ports: vec![80],
        hosts: vec![],
        fleets: vec![],
        zone_routing: ZoneRouting::Off,
    }
}

impl Draft {
    fn service(&self) -> Arc<Service> {
        let fleets = match self.fleets.as_slice() {
            [] => Fleets::All,
            names => Fleets::Named(names.iter().map(|name| Arc::from(*name)).collect()),
        };
        let hosts = self.hosts.iter().map(|host| Arc::from(*host)).collect();
        let balancing = Balancing { zone_routing: self.zone_routing, ..Balancing::default() };
        let policy = Policy { fleets, hosts, balancing, ..Policy::default() };
        let port = |number: &u16| Port {
            number: *number,
            name: number.to_string().into(),
            policy: policy.clone(),
            has_service_hosts: true,
            annotated: ["lb-policy"].into(),
            written: [].into(),
        };
        Arc::new(Service {
            key: self.key.clone(),
            created: self.created,
            ports: self.ports.iter().map(port).collect(),
            defaults: self
                .ports
                .first()
                .filter(|_| self.ports.len() == 1)
                .map_or_else(Defaults::default, |port| Defaults { grpc: Some(*port), http: Some(*port) }),
        })
    }

    fn change(&self, addresses: &[&str]) -> (Key, Option<Entry>) {
        let endpoints = self.ports.iter().map(|port| (*port, endpoints(*port, addresses))).collect();
        (self.key.clone(), Some(Entry { service: self.service(), endpoints }))
    }
}

fn endpoints(port: u16, addresses: &[&str]) -> Arc<[Endpoint]> {
    addresses
        .iter()
        .map(|address| Endpoint {
            address: address.parse().unwrap(),
            port,
            state: EndpointState::Ready,
            locality: Locality::default(),
            weight: 1,
            second: None,
        })
        .collect()
}

fn renderer(changes: Vec<(Key, Option<Entry>)>) -> Renderer {
    let mut renderer = Renderer::new(RenderOptions::default());
    renderer.apply(changes);
    renderer
}

fn names(map: &ResourceMap) -> Vec<&str> {
    map.iter().map(|resource| &**resource.name()).collect()
}

fn clusters(snapshot: &Snapshot) -> Vec<&str> {
    names(snapshot.get(ResourceType::Cluster))
}

fn snapshot(world: &World, fleet: &str) -> Arc<Snapshot> {
    let target = Target { kind: crate::xds::ClientKind::Envoy, fleet: fleet.into() };
    Arc::clone(world.snapshot(&target))
}

/// What differs between two snapshots: `+` for put in or changed, `-` for taken out.
fn differences(older: &Snapshot, newer: &Snapshot) -> Vec<String> {
    let mut all = Vec::new();
    for resource_type in ResourceType::ALL {
        let (older, newer) = (older.get(resource_type), newer.get(resource_type));
        all.extend(newer.difference(older).map(|difference| match difference {
            Difference::Changed(resource) => format!("+{resource_type} {}", resource.name()),
            Difference::Removed(resource) => format!("-{resource_type} {}", resource.name()),
        }));
    }
    all
}

#[test]
fn without_services_there_is_a_listener_without_routes() {
    let world = renderer(vec![]).world();
    let everyone = snapshot(&world, "any");
    assert_eq!(names(everyone.get(ResourceType::Cluster)), [""; 0]);
    assert_eq!(names(everyone.get(ResourceType::Listener)), ["http"]);
    assert_eq!(names(everyone.get(ResourceType::Route)), ["http"]);
}

#[test]
fn one_changed_endpoint_is_one_changed_assignment() {
    let mut two_ports = draft("cart");
    two_ports.ports = vec![80, 81];
    let (key, entry) = two_ports.change(&["10.0.0.1"]);
    let mut entry = entry.unwrap();
    let mut renderer = renderer(vec![(key.clone(), Some(entry.clone())), draft("other").change(&["10.0.0.9"])]);
    let before = snapshot(&renderer.world(), "");

    entry.endpoints.insert(81, endpoints(81, &["10.0.0.1", "10.0.0.2"]));
    assert!(renderer.apply(vec![(key, Some(entry))]));
    let after = snapshot(&renderer.world(), "");
    assert_eq!(differences(&before, &after), ["+eds shop/cart/81"]);
    for resource_type in [ResourceType::Cluster, ResourceType::Listener, ResourceType::Route] {
        assert!(after.get(resource_type).is_same(before.get(resource_type)), "{resource_type} was touched");
    }
    let assignment = |snapshot: &Snapshot| {
        Arc::as_ptr(snapshot.get(ResourceType::Endpoint).get("shop/cart/80").unwrap()).cast::<u8>()
    };
    assert_eq!(assignment(&before), assignment(&after), "the other port was rendered again");
}

#[test]
fn what_renders_equal_changes_nothing() {
    let mut renderer = renderer(vec![draft("cart").change(&["10.0.0.1"])]);
    let before = renderer.world();
    // The same again, in other memory.
    assert!(!renderer.apply(vec![draft("cart").change(&["10.0.0.1"])]));
    assert!(Arc::ptr_eq(&before.everyone, &renderer.world().everyone));
}

#[test]
fn another_zone_routing_is_another_assignment_of_the_same_endpoints() {
    let mut cart = draft("cart");
    let endpoints: Arc<[Endpoint]> = ["a", "b"]
        .iter()
        .zip(endpoints(80, &["10.0.0.1", "10.0.0.2"]).iter())
        .map(|(zone, one)| Endpoint { locality: Locality { zone: (*zone).into(), node: "".into() }, ..one.clone() })
        .collect();
    let change = |cart: &Draft| {
        let endpoints = Endpoints::from([(80, Arc::clone(&endpoints))]);
        (cart.key.clone(), Some(Entry { service: cart.service(), endpoints }))
    };
    let mut renderer = renderer(vec![change(&cart)]);
    let before = snapshot(&renderer.world(), "");
    cart.zone_routing = ZoneRouting::PreferZone;
    assert!(renderer.apply(vec![change(&cart)]));
    let after = snapshot(&renderer.world(), "");
    assert_eq!(differences(&before, &after), ["+eds shop/cart/80"]);
    let same = before.get(ResourceType::Endpoint).get("shop/cart/80").unwrap();
    let located = after.get(ResourceType::Endpoint).get("shop/cart/80").unwrap();
    assert_eq!(located.any(), same.any(), "without a place there is nothing to tell");
}

#[test]
fn a_removed_port_leaves_everything() {
    let mut cart = draft("cart");
    cart.ports = vec![80, 81];
    let mut renderer = renderer(vec![cart.change(&["10.0.0.1"])]);
    let before = snapshot(&renderer.world(), "");
    cart.ports = vec![81];
    assert!(renderer.apply(vec![cart.change(&["10.0.0.1"])]));
    let after = snapshot(&renderer.world(), "");
    assert_eq!(differences(&before, &after), ["-cds shop/cart/80", "-eds shop/cart/80", "+rds http"]);

    assert!(renderer.apply(vec![(cart.key, None)]));
    let gone = snapshot(&renderer.world(), "");
    assert_eq!(differences(&after, &gone), ["-cds shop/cart/81", "-eds shop/cart/81", "+rds http"]);
    assert_eq!(differences(&snapshot(&self::renderer(vec![]).world(), ""), &gone), [""; 0]);
}

#[test]
fn a_service_without_endpoints_keeps_its_cluster_and_an_empty_assignment() {
    let (key, entry) = draft("cart").change(&[]);
    let entry = Entry { endpoints: Endpoints::new(), ..entry.unwrap() };
    let world = renderer(vec![(key, Some(entry))]).world();
    let everyone = snapshot(&world, "");
    assert_eq!(clusters(&everyone), ["shop/cart/80"]);
    assert_eq!(names(everyone.get(ResourceType::Endpoint)), ["shop/cart/80"]);
}

#[test]
fn a_fleet_exists_while_somebody_names_it() {
    let mut cart = draft("cart");
    let mut renderer = renderer(vec![cart.change(&[]), draft("other").change(&[])]);
    assert!(renderer.world().fleets.is_empty());

    cart.fleets = vec!["edge"];
    assert!(renderer.apply(vec![cart.change(&[])]));
    let world = renderer.world();
    assert_eq!(world.fleets.keys().map(|name| &**name).collect::<Vec<_>>(), ["edge"]);
    assert_eq!(clusters(&snapshot(&world, "edge")), ["shop/cart/80", "shop/other/80"]);
    assert_eq!(clusters(&snapshot(&world, "unnamed")), ["shop/other/80"]);
    assert_eq!(ResourceType::ALL.map(|one| renderer.count(ClientKind::Envoy, one)), [2, 2, 1, 2, 0]);

    cart.fleets = vec![];
    assert!(renderer.apply(vec![cart.change(&[])]));
    let world = renderer.world();
    assert!(world.fleets.is_empty());
    assert_eq!(clusters(&snapshot(&world, "edge")), ["shop/cart/80", "shop/other/80"]);
}

#[test]
fn a_fleet_of_the_configuration_always_exists_with_its_own_address() {
    let listener = ListenerOptions { address: "0.0.0.0:8080".parse().unwrap(), ..ListenerOptions::default() };
    let options =
        RenderOptions { fleets: BTreeMap::from([(Name::from("edge"), listener)]), ..RenderOptions::default() };
    let mut renderer = Renderer::new(options);
    renderer.apply(vec![draft("cart").change(&[])]);
    let world = renderer.world();
    let (edge, everyone) = (snapshot(&world, "edge"), snapshot(&world, ""));
    assert_eq!(differences(&everyone, &edge), ["+lds http"]);
}

#[test]
fn fleets_share_what_is_the_same() {
    let mut cart = draft("cart");
    cart.fleets = vec!["blue", "green"];
    let world = renderer(vec![cart.change(&["10.0.0.1"]), draft("other").change(&[])]).world();
    for resource_type in ResourceType::ALL {
        let (blue, green) = (snapshot(&world, "blue"), snapshot(&world, "green"));
        for resource in blue.get(resource_type).iter() {
            let other = green.get(resource_type).get(resource.name()).unwrap();
            assert!(Arc::ptr_eq(resource, other), "{resource_type} {} is there twice", resource.name());
        }
    }
}

fn domain_owner(snapshot: &Snapshot, domain: &str) -> Vec<String> {
    let routes = snapshot.get(ResourceType::Route).get("http").unwrap();
    let json = crate::xds::resource_to_json(routes).unwrap();
    let hosts = json["virtual_hosts"].as_array().unwrap().iter();
    let owners = hosts.filter(|host| host["domains"].as_array().unwrap().iter().any(|have| have == domain));
    owners.map(|host| host["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_loser_of_a_domain_is_told_and_takes_over_when_the_winner_goes() {
    let mut old = draft("old");
    old.hosts = vec!["x.example"];
    let mut new = draft("new");
    new.hosts = vec!["x.example"];
    new.created = 1;
    let mut renderer = renderer(vec![new.change(&[])]);
    assert_eq!(renderer.rejected().count(), 0);

    assert!(renderer.apply(vec![old.change(&[])]));
    assert_eq!(domain_owner(&renderer.world().everyone, "x.example"), ["shop/old/80"]);
    let [told] = renderer.rejected().collect::<Vec<_>>()[..] else { panic!("nobody was told, or too many") };
    assert_eq!(told.object, ObjectRef::service(&new.key));
    assert_eq!((told.reason, told.value.as_str()), (Reason::Duplicate, "x.example"));
    assert_eq!(told.field, Location::setting("hosts"));
    assert!(told.message.contains("shop/old"), "{}", told.message);

    assert!(renderer.apply(vec![(old.key, None)]));
    assert_eq!(domain_owner(&renderer.world().everyone, "x.example"), ["shop/new/80"]);
    assert_eq!(renderer.rejected().count(), 0);
}

#[test]
fn the_ports_of_one_service_do_not_share_a_host() {
    let mut cart = draft("cart");
    cart.ports = vec![80, 81];
    cart.hosts = vec!["x.example"];
    let renderer = renderer(vec![cart.change(&[])]);
    assert_eq!(domain_owner(&renderer.world().everyone, "x.example"), ["shop/cart/80"]);
    let told: BTreeSet<&str> = renderer.rejected().map(|told| &*told.meanwhile).collect();
    assert_eq!(told, BTreeSet::from(["port 81 is served under its other domains"]));
}

#[test]
fn clusters_and_assignments_know_what_they_come_from() {
    let draft = draft("cart");
    let renderer = renderer(vec![draft.change(&["10.0.0.1"])]);
    let everyone = snapshot(&renderer.world(), "any");
    for resource_type in [ResourceType::Cluster, ResourceType::Endpoint] {
        let origin = everyone.get(resource_type).get("shop/cart/80").unwrap().origin().unwrap();
        assert_eq!(
            (&origin.object, &*origin.annotations),
            (&ObjectRef::service(&draft.key), &["lb-policy".into()][..])
        );
    }
}
