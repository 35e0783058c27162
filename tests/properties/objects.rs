//! What can be there, and what can happen to it. Few names, so that things meet.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use chancery::model::object::{EndpointSlice, IpFamily, Namespace, Object, Pod, Port, Service, SliceEndpoint, Traffic};
use chancery::model::settings::Settings;
use chancery::model::{Concern, Converted, Key, Kind, ObjectRef, ZoneRouting};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

pub const NAMESPACES: [&str; 2] = ["shop", "bank"];
pub const SERVICES: [&str; 3] = ["cart", "mail", "till"];
pub const PORTS: [(&str, u16); 3] = [("grpc", 50051), ("http", 80), ("", 9090)];
pub const PODS: u8 = 6;
pub const ZONES: [&str; 3] = ["", "a", "b"];
pub const NODES: [&str; 3] = ["", "n1", "n2"];

/// What is there: the converted objects by what they are called.
pub type Objects = BTreeMap<ObjectRef, Converted>;

/// One thing that happens to a source.
#[derive(Debug, Clone)]
pub enum Step {
    Put(Converted),
    Delete(ObjectRef),
    /// The kind is listed again, and these changes are in the list.
    Relist(Kind, Vec<Step>),
    /// What happened so far is rendered.
    Render,
}

pub fn key() -> impl Strategy<Value = Key> {
    (select(&NAMESPACES[..]), select(&SERVICES[..])).prop_map(|(namespace, name)| Key::new(namespace, name))
}

/// Annotations with good values only: of a bad one the last good value stays, so there history matters, as it should.
pub fn annotations() -> impl Strategy<Value = BTreeMap<String, String>> {
    let values = [
        ("enabled", &["true", "true", "true", "false"][..]),
        ("fleets", &["*", "edge", "inner", "edge,inner"][..]),
        (
            "hosts",
            &["x.example", "y.example,*.example", "X.example", "cart.shop", "mail.bank.svc:80", "*,x.example"][..],
        ),
        ("routes", &["/", "/,/a/", "shop.v1.Cart", "/a/,shop.v1.Cart"][..]),
        ("routes.50051", &["/b/"][..]),
        ("hosts.50051", &["x.example", "z.example"][..]),
        ("protocol", &["grpc", "http1", "auto"][..]),
        ("lb-policy", &["round-robin", "least-request"][..]),
        ("timeout", &["off", "5s"][..]),
        ("retry-on", &["none", "5xx,unavailable"][..]),
        ("num-retries", &["1", "3"][..]),
        ("zone-routing", &["off", "prefer-zone", "prefer-node"][..]),
    ];
    subsequence(values.to_vec(), 0..=4).prop_flat_map(|chosen| {
        let pairs: Vec<_> = chosen.into_iter().map(|(name, values)| (Just(name), select(values))).collect();
        pairs.prop_map(|pairs| {
            pairs.into_iter().map(|(name, value)| (format!("chancery.dev/{name}"), value.to_owned())).collect()
        })
    })
}

pub fn in_another_order(objects: Objects) -> impl Strategy<Value = (Objects, Vec<Converted>)> {
    let shuffled = Just(objects.values().cloned().collect::<Vec<_>>()).prop_shuffle();
    (Just(objects), shuffled)
}

pub fn service() -> impl Strategy<Value = Converted> {
    let ports = subsequence(PORTS.to_vec(), 1..=3);
    let zone_routing =
        select(&[ZoneRouting::Off, ZoneRouting::Off, ZoneRouting::PreferZone, ZoneRouting::PreferNode][..]);
    let flags = (prop::bool::weighted(0.05), prop::bool::weighted(0.2), zone_routing, traffic());
    (key(), 0..3_i64, annotations(), prop::bool::weighted(0.8), ports, flags).prop_map(
        |(key, created, mut annotations, enabled, ports, flags)| {
            let (external_name, publish_not_ready, zone_routing, traffic) = flags;
            if enabled {
                annotations.insert("chancery.dev/enabled".into(), "true".into());
            }
            let id = ObjectRef::service(&key);
            let (settings, rejected) = Settings::parse(&id, &annotations);
            let port = |(name, number): (&str, u16)| Port { name: name.into(), number, app_protocol: None };
            let ports = ports.into_iter().map(port).collect();
            let service = Service {
                key,
                created,
                settings,
                translated: None,
                ports,
                external_name,
                publish_not_ready,
                zone_routing,
                traffic,
            };
            Converted { id, object: Some(Object::Service(service)), rejected, concern: Concern::Ours }
        },
    )
}

pub fn traffic() -> impl Strategy<Value = Traffic> {
    let first_family = select(&[IpFamily::V4, IpFamily::V6][..]);
    (first_family, prop::bool::weighted(0.2)).prop_map(|(first_family, own_node_only)| Traffic {
        first_family,
        own_node_only,
        ..Traffic::default()
    })
}

pub fn namespace() -> impl Strategy<Value = Converted> {
    (select(&NAMESPACES[..]), annotations()).prop_map(|(name, annotations)| {
        let id = ObjectRef::Object(Kind::Namespace, Key::new("", name));
        let (settings, rejected) = Settings::parse(&id, &annotations);
        Converted {
            id,
            object: Some(Object::Namespace(Namespace { name: name.into(), settings })),
            rejected,
            concern: Concern::Ours,
        }
    })
}

pub fn pod_key(namespace: &str, pod: u8) -> Key {
    Key::new(namespace, format!("pod-{pod}"))
}

pub fn pod() -> impl Strategy<Value = Converted> {
    (select(&NAMESPACES[..]), 0..PODS, 1..4_u32).prop_map(|(namespace, pod, weight)| {
        let key = pod_key(namespace, pod);
        let id = ObjectRef::Object(Kind::Pod, key.clone());
        Converted { id, object: Some(Object::Pod(Pod { key, weight })), rejected: vec![], concern: Concern::Ours }
    })
}

pub fn slice_endpoint(namespace: Arc<str>, v6: bool) -> impl Strategy<Value = SliceEndpoint> {
    let conditions = (any::<bool>(), any::<bool>(), any::<bool>());
    (0..PODS, prop::bool::weighted(0.8), conditions, select(&ZONES[..]), select(&NODES[..])).prop_map(
        move |(pod, is_known, (ready, serving, terminating), zone, node)| SliceEndpoint {
            address: address(pod, v6),
            ready,
            serving,
            terminating,
            zone: zone.into(),
            node: node.into(),
            pod: is_known.then(|| pod_key(&namespace, pod)),
        },
    )
}

pub fn address(pod: u8, v6: bool) -> IpAddr {
    if v6 { format!("2001:db8::{pod}").parse().unwrap() } else { format!("10.0.0.{pod}").parse().unwrap() }
}

pub fn slice() -> impl Strategy<Value = Converted> {
    (key(), 0..4_u8).prop_flat_map(|(service, number)| {
        // As in Kubernetes, all addresses of a slice are of one family.
        let endpoints = vec(slice_endpoint(Arc::clone(&service.namespace), number % 2 == 1), 0..5);
        let ports = subsequence(PORTS.to_vec(), 1..=3);
        (Just(service), Just(number), ports, endpoints).prop_map(|(service, number, ports, endpoints)| {
            let key = Key::new(Arc::clone(&service.namespace), format!("{}-{number}", service.name));
            let id = ObjectRef::Object(Kind::EndpointSlice, key.clone());
            let ports = ports.into_iter().map(|(name, number)| (name.into(), number)).collect();
            let slice = EndpointSlice { key, service, ports, endpoints };
            Converted { id, object: Some(Object::EndpointSlice(slice)), rejected: vec![], concern: Concern::Ours }
        })
    })
}

pub fn object() -> impl Strategy<Value = Converted> {
    prop_oneof![4 => service(), 4 => slice(), 1 => namespace(), 1 => pod()]
}

pub fn change() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => object().prop_map(Step::Put),
        1 => object().prop_map(|converted| Step::Delete(converted.id)),
    ]
}

pub fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => change(),
        1 => (select(&Kind::ALL[..]), vec(change(), 0..4)).prop_map(|(kind, steps)| Step::Relist(kind, steps)),
        3 => Just(Step::Render),
    ]
}

pub fn objects() -> impl Strategy<Value = Objects> {
    vec(object(), 0..25).prop_map(|all| all.into_iter().map(|converted| (converted.id.clone(), converted)).collect())
}
