//! What a change of one Service costs on its way to the snapshots.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use allocation_counter::AllocationInfo;
use chancery::model::object::{EndpointSlice, Object, Port, Service, SliceEndpoint, Traffic};
use chancery::model::settings::Settings;
use chancery::model::{Catalog, Concern, Converted, Event, Key, Kind, ObjectRef, ZoneRouting};
use chancery::pipeline::{RenderOptions, Renderer};
use chancery::xds::{ResourceType, World};

use super::{assert_flat, counted};

/// Everything between a source and the clients.
struct Pipeline {
    catalog: Catalog,
    renderer: Renderer,
}

impl Pipeline {
    /// One with so many Services of ten endpoints each, in the fleets `edge` and `inner` and for everyone.
    fn new(services: usize) -> Self {
        let mut pipeline = Self { catalog: Catalog::default(), renderer: Renderer::new(RenderOptions::default()) };
        let events = Kind::ALL.into_iter().flat_map(|kind| [Event::Init(kind), Event::InitDone(kind)]);
        events.for_each(|event| pipeline.catalog.apply(event));
        for number in 0..services {
            pipeline.catalog.apply(Event::Apply(service(number)));
            pipeline.catalog.apply(Event::Apply(slice(number, 10)));
        }
        pipeline.catalog.apply(Event::Apply(faulty()));
        pipeline.render();
        pipeline
    }

    fn render(&mut self) -> World {
        self.renderer.apply(self.catalog.take_changes());
        self.renderer.world()
    }

    /// Another pair when somebody has to go through all that is rejected.
    fn rejections(&self) -> (u64, u64) {
        (self.catalog.rejections(), self.renderer.rejections())
    }
}

fn key(number: usize) -> Key {
    Key::new("shop", format!("service-{number:05}"))
}

fn service(number: usize) -> Converted {
    annotated(key(number), if number.is_multiple_of(2) { "*" } else { "edge,inner" }, "round-robin")
}

/// A Service with a setting that can't be used.
fn faulty() -> Converted {
    annotated(Key::new("shop", "faulty"), "*", "none")
}

fn annotated(key: Key, fleets: &str, lb_policy: &str) -> Converted {
    with(key, &[("enabled", "true"), ("fleets", fleets), ("lb-policy", lb_policy)])
}

fn with(key: Key, annotations: &[(&str, &str)]) -> Converted {
    let id = ObjectRef::service(&key);
    let annotations = annotations.iter().map(|(key, value)| (format!("chancery.dev/{key}"), (*value).to_owned()));
    let (settings, rejected) = Settings::parse(&id, &annotations.collect());
    let ports = vec![Port { name: "grpc".into(), number: 80, app_protocol: None }];
    let (external_name, publish_not_ready, zone_routing) = (false, false, ZoneRouting::PreferZone);
    let (created, translated, traffic) = (0, None, Traffic::default());
    let service =
        Service { key, created, settings, translated, ports, external_name, publish_not_ready, zone_routing, traffic };
    Converted { id, object: Some(Object::Service(service)), rejected, concern: Concern::Ours }
}

fn slice(number: usize, endpoints: u8) -> Converted {
    let service = key(number);
    let key = Key::new("shop", format!("{}-x", service.name));
    let endpoint = |last| SliceEndpoint {
        address: IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)),
        ready: true,
        serving: true,
        terminating: false,
        zone: if last.is_multiple_of(2) { "a" } else { "b" }.into(),
        node: "n".into(),
        pod: None,
    };
    let endpoints = (1..=endpoints).map(endpoint).collect();
    let slice = EndpointSlice { key: key.clone(), service, ports: vec![("grpc".into(), 8080)], endpoints };
    let id = ObjectRef::Object(Kind::EndpointSlice, key);
    Converted { id, object: Some(Object::EndpointSlice(slice)), rejected: vec![], concern: Concern::Ours }
}

/// What it costs to render and publish one endpoint more.
fn cost_of_a_change(services: usize) -> AllocationInfo {
    let mut pipeline = Pipeline::new(services);
    let before = pipeline.renderer.world();
    let rejections = pipeline.rejections();
    assert_eq!(pipeline.catalog.rejected().count(), 1);
    let event = Event::Apply(slice(services / 2, 11));
    let (info, world) = counted(|| {
        pipeline.catalog.apply(event);
        pipeline.render()
    });
    assert_eq!(pipeline.rejections(), rejections, "nobody has to go through what is rejected");
    let snapshots =
        |world: &World| [&world.everyone].into_iter().chain(world.fleets.values()).cloned().collect::<Vec<_>>();
    let name = format!("shop/service-{:05}/80", services / 2);
    let assignments: Vec<_> =
        snapshots(&world).iter().map(|now| Arc::clone(now.get(ResourceType::Endpoint).get(&name).unwrap())).collect();
    for (now, then) in snapshots(&world).iter().zip(snapshots(&before)) {
        for of in [ResourceType::Cluster, ResourceType::Listener, ResourceType::Route] {
            assert!(now.get(of).is_same(then.get(of)), "{of} didn't change");
        }
        assert_eq!(now.get(ResourceType::Endpoint).difference(then.get(ResourceType::Endpoint)).count(), 1);
    }
    assert_eq!(assignments.len(), 3);
    assert!(assignments.iter().all(|one| Arc::ptr_eq(one, &assignments[0])), "encoded once, for all fleets");
    info
}

#[test]
fn a_changed_endpoint_costs_the_same_however_many_other_services_there_are() {
    let (few, many) = (cost_of_a_change(100), cost_of_a_change(3000));
    assert_flat("allocations", few.count_total, many.count_total, 30);
    assert_flat("bytes", few.bytes_total, many.bytes_total, 30);
}

/// What it costs to merge one endpoint more of a Service with these annotations.
fn cost_of_merging(annotations: &[(&str, &str)]) -> AllocationInfo {
    let mut catalog = Catalog::default();
    catalog.apply(Event::Apply(with(key(0), annotations)));
    catalog.apply(Event::Apply(slice(0, 10)));
    assert_eq!(catalog.take_changes().len(), 1);
    let event = Event::Apply(slice(0, 11));
    let (info, changes) = counted(|| {
        catalog.apply(event);
        catalog.take_changes()
    });
    assert_eq!(changes.len(), 1);
    info
}

#[test]
fn a_changed_endpoint_costs_the_same_however_much_its_service_says() {
    let one = [("enabled", "true")];
    let many = [
        ("enabled", "true"),
        ("hosts", "a.example, b.example, c.example"),
        ("routes", "/a, /b, /c"),
        ("lb-policy", "ring-hash"),
        ("hash-on", "source-ip, header:x-user"),
        ("retry-on", "unavailable, cancelled, internal"),
        ("num-retries.grpc", "3"),
        ("timeout.80", "3s"),
        ("timeout.nowhere", "3s"),
    ];
    let [one, many] = [&one[..], &many].map(cost_of_merging);
    assert_eq!(many.count_total, one.count_total, "nothing of it is looked at");
}
