use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::model::settings::{PREFIX, Settings};
use crate::model::{EndpointState, LbPolicy, ZoneRouting};

mod endpoints;
mod explain;
mod families;
mod lists;
mod property;
mod rejections;
mod renames;
mod translated;

fn key(name: &str) -> Key {
    Key::new("shop", name)
}

fn annotated(id: &ObjectRef, annotations: &[(&str, &str)]) -> (Settings, Vec<Rejected>) {
    let map: BTreeMap<_, _> =
        annotations.iter().map(|(key, value)| (format!("{PREFIX}{key}"), (*value).to_owned())).collect();
    Settings::parse(id, &map)
}

fn namespace(annotations: &[(&str, &str)]) -> Converted {
    let id = ObjectRef::Object(Kind::Namespace, Key::new("", "shop"));
    let (settings, rejected) = annotated(&id, annotations);
    let object = Some(Object::Namespace(object::Namespace { name: "shop".into(), settings }));
    Converted { id, object, rejected, concern: Concern::Nobody }
}

/// A Service with the ports `grpc` 50051 and `web` 80.
fn service(name: &str, annotations: &[(&str, &str)]) -> Converted {
    service_with(name, annotations, |_| {})
}

fn service_with(name: &str, annotations: &[(&str, &str)], change: impl Fn(&mut object::Service)) -> Converted {
    let id = ObjectRef::service(&key(name));
    let (settings, rejected) = annotated(&id, annotations);
    let port = |name: &str, number| object::Port { name: name.into(), number, app_protocol: Some("h2c".into()) };
    let mut service = object::Service {
        key: key(name),
        created: 0,
        settings,
        translated: None,
        ports: vec![port("grpc", 50051), port("web", 80)],
        external_name: false,
        publish_not_ready: false,
        zone_routing: ZoneRouting::Off,
        traffic: object::Traffic::default(),
    };
    change(&mut service);
    Converted { id, object: Some(Object::Service(service)), rejected, concern: Concern::Nobody }
}

fn ready(address: &str) -> object::SliceEndpoint {
    object::SliceEndpoint {
        address: address.parse().unwrap(),
        ready: true,
        serving: true,
        terminating: false,
        zone: "".into(),
        node: "".into(),
        pod: None,
    }
}

fn not_ready(address: &str) -> object::SliceEndpoint {
    object::SliceEndpoint { ready: false, serving: false, ..ready(address) }
}

fn draining(address: &str) -> object::SliceEndpoint {
    object::SliceEndpoint { ready: false, terminating: true, ..ready(address) }
}

fn of_pod(endpoint: object::SliceEndpoint, pod: &str) -> object::SliceEndpoint {
    object::SliceEndpoint { pod: Some(key(pod)), ..endpoint }
}

fn slice(name: &str, of: &str, ports: &[(&str, u16)], endpoints: Vec<object::SliceEndpoint>) -> Converted {
    let ports = ports.iter().map(|(name, number)| (Arc::from(*name), *number)).collect();
    let slice = object::EndpointSlice { key: key(name), service: key(of), ports, endpoints };
    let id = ObjectRef::Object(Kind::EndpointSlice, key(name));
    Converted { id, object: Some(Object::EndpointSlice(slice)), rejected: vec![], concern: Concern::Nobody }
}

fn pod(name: &str, weight: u32) -> Converted {
    let id = ObjectRef::Object(Kind::Pod, key(name));
    let object = Some(Object::Pod(object::Pod { key: key(name), weight }));
    Converted { id, object, rejected: vec![], concern: Concern::Ours }
}

/// The same object, now unusable.
fn broken(converted: &Converted) -> Converted {
    let rejected = vec![complaint(&converted.id, Reason::InvalidObject)];
    Converted { id: converted.id.clone(), object: None, rejected, concern: Concern::Ours }
}

fn complaint(about: &ObjectRef, reason: Reason) -> Rejected {
    Rejected {
        object: about.clone(),
        field: ["spec"].into(),
        value: String::new(),
        reason,
        message: "wrong".to_owned(),
        meanwhile: String::new(),
    }
}

fn catalog(objects: impl IntoIterator<Item = Converted>) -> Catalog {
    let mut catalog = Catalog::default();
    apply(&mut catalog, objects);
    catalog
}

fn apply(catalog: &mut Catalog, objects: impl IntoIterator<Item = Converted>) {
    for converted in objects {
        catalog.apply(Event::Apply(converted));
    }
}

fn list(catalog: &mut Catalog, kind: Kind, objects: impl IntoIterator<Item = Converted>) {
    catalog.apply(Event::Init(kind));
    for converted in objects {
        catalog.apply(Event::InitApply(converted));
    }
    catalog.apply(Event::InitDone(kind));
}

/// The names of the changed Services, those that went with a minus.
fn changed(catalog: &mut Catalog) -> Vec<String> {
    let names = catalog.take_changes().into_iter();
    names.map(|(key, entry)| format!("{}{}", if entry.is_some() { "" } else { "-" }, key.name)).collect()
}

fn entry(catalog: &mut Catalog, name: &str) -> Entry {
    let found = catalog.take_changes().into_iter().find(|(changed, _)| *changed == key(name));
    found.and_then(|(_, entry)| entry).expect("the Service changed and takes part")
}

/// `address:port*weight`, with a `~` before what drains, and `+address` for the second one.
fn shown(endpoints: &[crate::model::Endpoint]) -> String {
    let one = |endpoint: &crate::model::Endpoint| {
        let tilde = if endpoint.state == EndpointState::Draining { "~" } else { "" };
        let weight = if endpoint.weight == 1 { String::new() } else { format!("*{}", endpoint.weight) };
        let second = endpoint.second.map(|second| format!("+{second}")).unwrap_or_default();
        format!("{tilde}{}:{}{weight}{second}", endpoint.address, endpoint.port)
    };
    endpoints.iter().map(one).collect::<Vec<_>>().join(" ")
}

const ON: (&str, &str) = ("enabled", "true");

#[test]
fn only_services_that_opted_in_take_part() {
    let mut catalog = catalog([service("off", &[]), service("on", &[ON]), service("no", &[("enabled", "false")])]);
    assert_eq!(changed(&mut catalog), ["on"]);
    assert_eq!(changed(&mut catalog), [""; 0], "a change is told once");

    catalog.apply(Event::Apply(slice("off-1", "off", &[("web", 8080)], vec![ready("10.0.0.1")])));
    assert_eq!(changed(&mut catalog), [""; 0]);
    catalog.apply(Event::Apply(service("off", &[ON])));
    assert_eq!(shown(&entry(&mut catalog, "off").endpoints[&80]), "10.0.0.1:8080", "what came before it is known");

    catalog.apply(Event::Apply(service("on", &[])));
    catalog.apply(Event::Delete(ObjectRef::service(&key("off"))));
    assert_eq!(changed(&mut catalog), ["-off", "-on"]);
    assert_eq!(catalog.rejected().count(), 0);
}

#[test]
fn only_ports_that_are_enabled_are_there() {
    let mut catalog = catalog([
        service("cart", &[("enabled.web", "true")]),
        slice("cart-1", "cart", &[("grpc", 1), ("web", 2)], vec![ready("10.0.0.1")]),
    ]);
    let entry = entry(&mut catalog, "cart");
    assert_eq!(entry.endpoints.keys().collect::<Vec<_>>(), [&80]);
    assert_eq!(entry.service.ports.len(), 1);
    assert_eq!(entry.service.defaults.grpc, Some(80));
}

#[test]
fn what_did_not_change_keeps_its_allocation() {
    let of = |grpc: Vec<_>, web: Vec<_>| {
        [slice("cart-g", "cart", &[("grpc", 1)], grpc), slice("cart-w", "cart", &[("web", 2)], web)]
    };
    let mut catalog = catalog([service("cart", &[ON])]);
    apply(&mut catalog, of(vec![ready("10.0.0.1")], vec![ready("10.0.0.2")]));
    let before = entry(&mut catalog, "cart");

    apply(&mut catalog, of(vec![ready("10.0.0.1")], vec![ready("10.0.0.3")]));
    let after = entry(&mut catalog, "cart");
    assert!(Arc::ptr_eq(&before.service, &after.service));
    assert!(Arc::ptr_eq(&before.endpoints[&50051], &after.endpoints[&50051]));
    assert_eq!(shown(&after.endpoints[&80]), "10.0.0.3:2");

    catalog.apply(Event::Apply(service("cart", &[ON, ("lb-policy", "least-request")])));
    let last = entry(&mut catalog, "cart");
    assert_eq!(last.service.ports[0].policy.balancing.policy, LbPolicy::LeastRequest);
    assert!(after.endpoints.iter().all(|(port, endpoints)| Arc::ptr_eq(endpoints, &last.endpoints[port])));
}

#[test]
fn what_goes_back_to_what_it_was_is_no_change() {
    let before = slice("cart-1", "cart", &[("web", 2)], vec![ready("10.0.0.1")]);
    let mut catalog = catalog([service("cart", &[ON]), before.clone()]);
    assert_eq!(changed(&mut catalog), ["cart"]);
    catalog.apply(Event::Delete(before.id.clone()));
    catalog.apply(Event::Apply(before));
    catalog.apply(Event::Delete(ObjectRef::service(&key("cart"))));
    catalog.apply(Event::Apply(service("cart", &[ON])));
    assert_eq!(changed(&mut catalog), [""; 0]);
}

#[test]
fn a_slice_whose_label_moves_leaves_one_service_for_the_other() {
    let of = |name: &str| slice("moving", name, &[("web", 2)], vec![ready("10.0.0.1")]);
    let mut catalog = catalog([service("a", &[ON]), service("b", &[ON]), service("c", &[ON]), of("a")]);
    assert_eq!(changed(&mut catalog), ["a", "b", "c"]);
    catalog.apply(Event::Apply(of("b")));
    let changes = catalog.take_changes();
    let web = |i: usize| shown(&changes[i].1.as_ref().unwrap().endpoints[&80]);
    assert_eq!(changes.iter().map(|(key, _)| &*key.name).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((web(0), web(1)), (String::new(), "10.0.0.1:2".to_owned()));
}

#[test]
fn a_namespace_speaks_for_its_services_only() {
    let mut catalog = catalog([service("cart", &[]), service("stay", &[("enabled", "false")])]);
    assert_eq!(changed(&mut catalog), [""; 0]);
    let mut elsewhere = namespace(&[ON]);
    elsewhere.id = ObjectRef::Object(Kind::Namespace, Key::new("", "shop2"));
    catalog.apply(Event::Apply(elsewhere));
    assert_eq!(changed(&mut catalog), [""; 0]);
    catalog.apply(Event::Apply(namespace(&[ON])));
    assert_eq!(changed(&mut catalog), ["cart"]);
    catalog.apply(Event::Apply(namespace(&[ON, ("num-retries", "4")])));
    assert_eq!(entry(&mut catalog, "cart").service.ports[0].policy.retry.num_retries, 4);
    let mut labelled = namespace(&[ON, ("num-retries", "4")]);
    labelled.rejected.push(complaint(&labelled.id, Reason::InvalidObject));
    catalog.apply(Event::Apply(labelled));
    assert_eq!(catalog.dirty, BTreeSet::new(), "other settings would be a reason to look at the Services, this isn't");
    catalog.apply(Event::Delete(namespace(&[]).id));
    assert_eq!(changed(&mut catalog), ["-cart"]);
}

#[test]
fn an_object_that_cannot_be_used_keeps_what_was_known() {
    let cart = service("cart", &[ON]);
    let slice = slice("cart-1", "cart", &[("web", 2)], vec![ready("10.0.0.1")]);
    let mut catalog = catalog([cart.clone(), slice.clone()]);
    assert_eq!(changed(&mut catalog), ["cart"]);
    for good in [&cart, &slice] {
        catalog.apply(Event::Apply(broken(good)));
        assert_eq!(changed(&mut catalog), [""; 0]);
        assert_eq!(catalog.rejected().cloned().collect::<Vec<_>>(), broken(good).rejected);
        catalog.apply(Event::Apply(good.clone()));
        assert_eq!(changed(&mut catalog), [""; 0]);
        assert_eq!(catalog.rejected().count(), 0);
    }
}
