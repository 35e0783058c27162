//! What holds for every world, however it came about.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod objects;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chancery::channels::DemandChange;
use chancery::model::object::{EndpointSlice, Object, SliceEndpoint};
use chancery::model::settings::Settings;
use chancery::model::{Catalog, Concern, Converted, Event, Key, Kind, ObjectRef, Rejected};
use chancery::pipeline::{Offline, RenderOptions, Renderer, offline};
use chancery::xds::{Difference, Place, Resource, ResourceType, Snapshot, World};
use data_plane_api::endpoint::ClusterLoadAssignment;
use data_plane_api::endpoint::lb_endpoint::HostIdentifier;
use data_plane_api::route::RouteConfiguration;
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;

use objects::*;

// The two ways to render.

/// A complete list of every kind, its objects in this order.
fn list(objects: &[Converted]) -> Vec<Event> {
    let of_kind = |kind| objects.iter().filter(move |converted| is_kind(&converted.id, kind));
    let list = |kind| {
        let objects = of_kind(kind).cloned().map(Event::InitApply);
        std::iter::once(Event::Init(kind)).chain(objects).chain([Event::InitDone(kind)]).collect::<Vec<_>>()
    };
    Kind::ALL.into_iter().flat_map(list).collect()
}

fn is_kind(id: &ObjectRef, kind: Kind) -> bool {
    matches!(id, ObjectRef::Object(of, _) if *of == kind)
}

fn rebuild(objects: &Objects) -> Offline {
    offline(list(&objects.values().cloned().collect::<Vec<_>>()), RenderOptions::default())
}

struct Incremental {
    objects: Objects,
    catalog: Catalog,
    renderer: Renderer,
}

impl Incremental {
    fn new() -> Self {
        let mut catalog = Catalog::default();
        for event in list(&[]) {
            catalog.apply(event);
        }
        let mut renderer = Renderer::new(RenderOptions::default());
        renderer.update_demand(dialled());
        Self { objects: Objects::new(), catalog, renderer }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Put(converted) => {
                self.objects.insert(converted.id.clone(), converted.clone());
                self.catalog.apply(Event::Apply(converted));
            }
            Step::Delete(id) => {
                self.objects.remove(&id);
                self.catalog.apply(Event::Delete(id));
            }
            Step::Relist(kind, changes) => {
                for change in changes {
                    match change {
                        Step::Put(converted) if is_kind(&converted.id, kind) => {
                            self.objects.insert(converted.id.clone(), converted);
                        }
                        Step::Delete(id) if is_kind(&id, kind) => drop(self.objects.remove(&id)),
                        // Of another kind, so not in this list.
                        _ => {}
                    }
                }
                self.catalog.apply(Event::Init(kind));
                for converted in self.objects.values().filter(|converted| is_kind(&converted.id, kind)) {
                    self.catalog.apply(Event::InitApply(converted.clone()));
                }
                self.catalog.apply(Event::InitDone(kind));
            }
            Step::Render => drop(self.render()),
        }
    }

    fn render(&mut self) -> World {
        self.renderer.apply(self.catalog.take_changes());
        self.renderer.world()
    }

    /// Another pair whenever something else is rejected.
    fn rejections(&self) -> (u64, u64) {
        (self.catalog.rejections(), self.renderer.rejections())
    }

    fn rejected(&self) -> Vec<Rejected> {
        let all: BTreeSet<Rejected> = self.catalog.rejected().chain(self.renderer.rejected()).cloned().collect();
        all.into_iter().collect()
    }
}

/// A gRPC client wants every port that there can be, by its shortest name.
fn dialled() -> Vec<DemandChange> {
    let names = NAMESPACES.iter().flat_map(|namespace| SERVICES.iter().map(move |name| format!("{name}.{namespace}")));
    let names = names.flat_map(|host| PORTS.iter().map(move |(_, port)| format!("{host}:{port}")));
    names
        .map(|name| DemandChange { resource_type: ResourceType::Listener, name: name.into(), in_demand: true })
        .collect()
}

/// Every snapshot of a world by its fleet; everyone's is that of the empty name.
fn snapshots(world: &World) -> BTreeMap<&str, &Arc<Snapshot>> {
    let fleets = world.fleets.iter().map(|(name, snapshot)| (&**name, snapshot));
    std::iter::once(("", &world.everyone)).chain(fleets).collect()
}

/// Everywhere that a client can be.
fn places() -> impl Iterator<Item = Place> {
    let zones = ZONES.into_iter().chain(["c"]);
    zones.flat_map(|zone| {
        NODES.into_iter().chain(["n3"]).map(move |node| Place { zone: zone.into(), node: node.into() })
    })
}

/// What clients at this place get of the assignments, in the order of names.
fn assignments(snapshot: &Snapshot, place: &Place) -> Vec<Arc<Resource>> {
    snapshot.get(ResourceType::Endpoint).iter().map(|resource| resource.at(place)).collect()
}

fn assignment(resource: &Resource) -> ClusterLoadAssignment {
    let any = prost_types::Any::decode(resource.any().clone()).unwrap();
    ClusterLoadAssignment::decode(&*any.value).unwrap()
}

/// The version of every resource.
fn holding(snapshot: &Snapshot) -> BTreeMap<(ResourceType, String), String> {
    let of_type = |resource_type| {
        let resources = snapshot.get(resource_type).iter();
        resources.map(move |one: &Arc<Resource>| ((resource_type, one.name().to_string()), one.version().to_string()))
    };
    ResourceType::ALL.into_iter().flat_map(of_type).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn incremental_equals_a_full_rebuild(steps in vec(step(), 0..40)) {
        let mut incremental = Incremental::new();
        for step in steps.into_iter().chain([Step::Render]) {
            let before = (incremental.rejections(), incremental.rejected());
            incremental.take(step);
            prop_assert!(incremental.rejections() != before.0 || incremental.rejected() == before.1);
        }
        let world = incremental.renderer.world();
        let rebuilt = rebuild(&incremental.objects);
        let grpc = rebuilt.grpc();
        prop_assert_eq!(snapshots(&world), snapshots(&rebuilt.world));
        prop_assert_eq!(&world.grpc, &grpc);
        for place in places() {
            let (own, other) = (assignments(&world.everyone, &place), assignments(&rebuilt.world.everyone, &place));
            prop_assert_eq!(own, other, "{:?}", place);
            prop_assert_eq!(assignments(&world.grpc, &place), assignments(&grpc, &place), "{:?}", place);
        }
        prop_assert_eq!(incremental.rejected(), rebuilt.rejected);
    }

    /// Envoy wants priorities without gaps, and of a locality at two priorities gRPC clients keep one.
    #[test]
    fn wherever_a_client_is_it_gets_every_endpoint_once(objects in objects()) {
        let world = rebuild(&objects).world;
        let own_node_only = |cluster: &str| {
            let (namespace, rest) = cluster.split_once('/').unwrap();
            let key = Key::new(namespace, rest.split_once('/').unwrap().0);
            match &objects[&ObjectRef::service(&key)].object {
                Some(Object::Service(service)) => service.traffic.own_node_only,
                other => panic!("{other:?}"),
            }
        };
        let nowhere = assignments(&world.everyone, &Place::default());
        for place in places() {
            let here = assignments(&world.everyone, &place);
            for (here, nowhere) in here.iter().map(|one| assignment(one)).zip(nowhere.iter().map(|one| assignment(one))) {
                let all = |one: &ClusterLoadAssignment| -> Vec<String> {
                    let mut all: Vec<_> =
                        one.endpoints.iter().flat_map(|group| &group.lb_endpoints).map(|one| format!("{one:?}")).collect();
                    all.sort();
                    all
                };
                if place.node.is_empty() || !own_node_only(&here.cluster_name) {
                    prop_assert_eq!(all(&here), all(&nowhere));
                } else {
                    // One that only drains elsewhere may be used in full there.
                    prop_assert!(all(&here).len() <= all(&nowhere).len());
                }
                let groups = here.endpoints.iter().flat_map(|group| &group.lb_endpoints);
                let addresses: Vec<String> = groups
                    .filter_map(|one| match &one.host_identifier {
                        Some(HostIdentifier::Endpoint(endpoint)) => Some(endpoint),
                        _ => None,
                    })
                    .flat_map(|endpoint| {
                        let second = endpoint.additional_addresses.iter().filter_map(|one| one.address.as_ref());
                        endpoint.address.iter().chain(second).map(|address| format!("{address:?}"))
                    })
                    .collect();
                // grpc-go refuses an assignment for one that is there twice.
                prop_assert_eq!(addresses.iter().collect::<BTreeSet<_>>().len(), addresses.len());
                prop_assert!(nowhere.endpoints.iter().all(|group| group.priority == 0));
                let priorities: BTreeSet<u32> = here.endpoints.iter().map(|group| group.priority).collect();
                prop_assert!((0..).zip(&priorities).all(|(level, priority)| level == *priority), "{:?}", priorities);
                let localities: BTreeSet<String> =
                    here.endpoints.iter().map(|group| format!("{:?}", group.locality)).collect();
                prop_assert_eq!(localities.len(), here.endpoints.len(), "{:?}", here);
            }
        }
    }

    #[test]
    fn what_a_client_is_told_is_what_changed(steps in vec(step(), 0..40)) {
        // A client that applies every difference holds what it would have got at once, and a snapshot that didn't
        // change is the same in memory.
        let mut incremental = Incremental::new();
        let mut before = incremental.render();
        let mut held = holding(&before.everyone);
        for step in steps.into_iter().chain([Step::Render]) {
            incremental.take(step);
            let after = incremental.renderer.world();
            for resource_type in ResourceType::ALL {
                let (older, newer) = (before.everyone.get(resource_type), after.everyone.get(resource_type));
                prop_assert_eq!(older.is_same(newer), older == newer);
                for difference in newer.difference(older) {
                    match difference {
                        Difference::Changed(resource) => {
                            let version = resource.version().to_string();
                            let old = held.insert((resource_type, resource.name().to_string()), version.clone());
                            prop_assert_ne!(old, Some(version), "told again");
                        }
                        Difference::Removed(resource) => {
                            held.remove(&(resource_type, resource.name().to_string()));
                        }
                    }
                }
            }
            before = after;
        }
        prop_assert_eq!(held, holding(&before.everyone));
    }

    #[test]
    fn the_order_of_the_input_changes_nothing((objects, shuffled) in objects().prop_flat_map(in_another_order)) {
        let (one, other) = (rebuild(&objects), offline(list(&shuffled), RenderOptions::default()));
        prop_assert_eq!(snapshots(&one.world), snapshots(&other.world));
        prop_assert_eq!(one.rejected, other.rejected);
    }

    #[test]
    fn every_reference_resolves(objects in objects()) {
        let rebuilt = rebuild(&objects);
        let grpc = rebuilt.grpc();
        for (fleet, snapshot) in snapshots(&rebuilt.world).into_iter().chain([("of gRPC clients", &grpc)]) {
            let names = |resource_type| -> BTreeSet<String> {
                snapshot.get(resource_type).iter().map(|resource| resource.name().to_string()).collect()
            };
            let references = |resource_type| -> BTreeSet<String> {
                let resources = snapshot.get(resource_type).iter();
                resources.flat_map(|resource| resource.references().iter().map(ToString::to_string)).collect()
            };
            // Both ways: nothing is missing, and nothing is there that nobody refers to.
            prop_assert_eq!(references(ResourceType::Cluster), names(ResourceType::Endpoint), "fleet {}", fleet);
            prop_assert_eq!(references(ResourceType::Listener), names(ResourceType::Route), "fleet {}", fleet);
            prop_assert_eq!(references(ResourceType::Route), names(ResourceType::Cluster), "fleet {}", fleet);
        }
    }

    /// Envoy refuses a whole route configuration for one domain that is there twice.
    #[test]
    fn no_domain_is_there_twice(objects in objects()) {
        let world = rebuild(&objects).world;
        for (fleet, snapshot) in snapshots(&world) {
            for resource in snapshot.get(ResourceType::Route).iter() {
                let any = prost_types::Any::decode(resource.any().clone()).unwrap();
                let routes = RouteConfiguration::decode(&*any.value).unwrap();
                let mut domains = BTreeSet::new();
                for host in routes.virtual_hosts {
                    prop_assert!(!host.domains.is_empty());
                    for domain in host.domains {
                        prop_assert!(domains.insert(domain.to_lowercase()), "{domain} twice in fleet {fleet}");
                    }
                }
            }
        }
    }

    #[test]
    fn one_changed_endpoint_is_one_changed_resource(objects in objects(), service in service(), weight in 1..9_u8) {
        // A Service with one port that everybody gets, one slice, and in it one endpoint that becomes another.
        let mut incremental = Incremental::new();
        for converted in objects.into_values() {
            incremental.take(Step::Put(converted));
        }
        let Some(Object::Service(mut service)) = service.object else { unreachable!() };
        service.key = Key::new("quiet", "cart");
        service.external_name = false;
        service.ports.truncate(1);
        let id = ObjectRef::service(&service.key);
        let everybody = BTreeMap::from([("chancery.dev/enabled".to_owned(), "true".to_owned())]);
        service.settings = Settings::parse(&id, &everybody).0;
        let port = service.ports[0].clone();
        let slice = |address| {
            let key = Key::new("quiet", "cart-0");
            let endpoint = SliceEndpoint {
                address,
                ready: true,
                serving: true,
                terminating: false,
                zone: "".into(),
                node: "".into(),
                pod: None,
            };
            let (ports, service) = (vec![(port.name.clone(), 8080)], Key::new("quiet", "cart"));
            let slice = EndpointSlice { key: key.clone(), service, ports, endpoints: vec![endpoint] };
            let id = ObjectRef::Object(Kind::EndpointSlice, key);
            Step::Put(Converted { id, object: Some(Object::EndpointSlice(slice)), rejected: vec![], concern: Concern::Ours })
        };
        incremental.take(Step::Put(Converted { id, object: Some(Object::Service(service)), rejected: vec![], concern: Concern::Ours }));
        incremental.take(slice(address(100, false)));
        let before = incremental.render();
        incremental.take(slice(address(100 + weight, false)));
        let after = incremental.render();

        let (before, after) = (snapshots(&before), snapshots(&after));
        prop_assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
        for (fleet, older) in before {
            for resource_type in [ResourceType::Cluster, ResourceType::Listener, ResourceType::Route] {
                prop_assert!(after[fleet].get(resource_type).is_same(older.get(resource_type)));
            }
            let (older, newer) = (older.get(ResourceType::Endpoint), after[fleet].get(ResourceType::Endpoint));
            let changed: Vec<String> = newer.difference(older).map(|difference| format!("{difference:?}")).collect();
            prop_assert_eq!(changed.len(), 1, "{:?}", changed);
            prop_assert!(changed[0].starts_with(&format!("Changed(quiet/cart/{}@", port.number)), "{:?}", changed);
        }
    }
}
