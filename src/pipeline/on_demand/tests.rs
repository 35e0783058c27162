use super::*;
use crate::model::{Defaults, EndpointState, Locality, Policy};

fn service(ports: &[(u16, &str)], default_port: Option<u16>) -> Service {
    let port = |(number, name): &(u16, &str)| Port {
        number: *number,
        name: (*name).into(),
        policy: Policy::default(),
        has_service_hosts: true,
        annotated: BTreeSet::from(["retry-on"]),
        written: [].into(),
    };
    Service {
        key: key(),
        created: 0,
        ports: ports.iter().map(port).collect(),
        defaults: Defaults { grpc: default_port, http: default_port },
    }
}

fn key() -> Key {
    Key::new("shop", "cart")
}

fn new() -> OnDemand {
    OnDemand::new(&"cluster.local".into())
}

/// Names that are in demand from now on.
fn ask(on_demand: &mut OnDemand, resource_type: ResourceType, names: &[&str]) -> Vec<DemandEffect> {
    let change = |name: &&str| DemandChange { resource_type, name: (*name).into(), in_demand: true };
    names.iter().map(|name| on_demand.update(change(name))).collect()
}

fn give_back(on_demand: &mut OnDemand, resource_type: ResourceType, name: &str) -> DemandEffect {
    on_demand.update(DemandChange { resource_type, name: name.into(), in_demand: false })
}

fn render(on_demand: &mut OnDemand, service: Option<&Service>) -> bool {
    on_demand.render(&key(), service, |_| None)
}

/// Everything in the snapshot: `cds shop/cart/80`.
fn held(on_demand: &OnDemand) -> Vec<String> {
    let all = ResourceType::ALL.into_iter().flat_map(|resource_type| {
        let resources = on_demand.snapshot().get(resource_type).iter();
        resources.map(move |resource| format!("{resource_type} {}", resource.name())).collect::<Vec<_>>()
    });
    all.collect()
}

/// What belongs to port 80, and these listeners.
fn port_80(listeners: &[&str]) -> Vec<String> {
    let mut all = vec!["cds shop/cart/80".to_owned(), "eds shop/cart/80".to_owned()];
    all.extend(listeners.iter().map(|name| format!("lds {name}")));
    all.push("rds cart.shop.svc.cluster.local:80".to_owned());
    all
}

#[test]
fn nothing_is_rendered_that_is_not_in_demand() {
    let mut on_demand = new();
    assert!(!on_demand.has_demand(&key()));
    assert!(!render(&mut on_demand, Some(&service(&[(80, "http")], Some(80)))));
    assert_eq!(held(&on_demand), [""; 0]);
}

#[test]
fn what_is_dialled_comes_with_all_that_it_leads_to_and_nothing_else() {
    let (mut on_demand, service) = (new(), service(&[(80, "http"), (81, "grpc")], Some(80)));
    let dialled = ["cart.shop", "cart.shop:80", "CART.shop:http"];
    assert_eq!(
        ask(&mut on_demand, ResourceType::Listener, &dialled),
        [DemandEffect::Service(key()), DemandEffect::Service(key()), DemandEffect::Service(key())]
    );
    assert!(render(&mut on_demand, Some(&service)));
    assert_eq!(held(&on_demand), port_80(&["CART.shop:http", "cart.shop", "cart.shop:80"]));
    for listener in on_demand.snapshot().get(ResourceType::Listener).iter() {
        assert_eq!(listener.references(), [Name::from("cart.shop.svc.cluster.local:80")]);
        assert_eq!(&*listener.origin().unwrap().object, "Service shop/cart");
    }
    assert!(!render(&mut on_demand, Some(&service)), "the same again is no change");
}

#[test]
fn each_resource_may_be_asked_for_alone() {
    for (resource_type, name) in [
        (ResourceType::Cluster, "shop/cart/80"),
        (ResourceType::Endpoint, "shop/cart/80"),
        (ResourceType::Route, "cart.shop.svc.cluster.local:80"),
    ] {
        let mut on_demand = new();
        ask(&mut on_demand, resource_type, &[name]);
        assert!(render(&mut on_demand, Some(&service(&[(80, "http")], Some(80)))));
        assert_eq!(held(&on_demand), port_80(&[]));
    }
}

#[test]
fn a_name_waits_for_its_service_and_goes_with_it() {
    let (mut on_demand, service) = (new(), service(&[(80, "http")], Some(80)));
    ask(&mut on_demand, ResourceType::Listener, &["cart.shop:80", "cart.shop:81"]);
    assert!(!render(&mut on_demand, None));
    assert!(on_demand.has_demand(&key()));
    assert!(render(&mut on_demand, Some(&service)));
    assert_eq!(held(&on_demand), port_80(&["cart.shop:80"]));
    assert!(render(&mut on_demand, None));
    assert_eq!(held(&on_demand), [""; 0]);
    assert!(on_demand.has_demand(&key()), "it may come back");
}

#[test]
fn names_that_are_given_back_leave_nothing() {
    let (mut on_demand, service) = (new(), service(&[(80, "http")], Some(80)));
    ask(&mut on_demand, ResourceType::Listener, &["cart.shop", "cart.shop:80"]);
    render(&mut on_demand, Some(&service));
    assert_eq!(give_back(&mut on_demand, ResourceType::Listener, "cart.shop"), DemandEffect::Service(key()));
    assert!(render(&mut on_demand, Some(&service)));
    assert_eq!(held(&on_demand), port_80(&["cart.shop:80"]));
    give_back(&mut on_demand, ResourceType::Listener, "cart.shop:80");
    assert!(render(&mut on_demand, Some(&service)));
    assert_eq!(held(&on_demand), [""; 0]);
    assert!(on_demand.services.is_empty());
    // Of what there never was, too.
    ask(&mut on_demand, ResourceType::Listener, &["nobody.shop"]);
    give_back(&mut on_demand, ResourceType::Listener, "nobody.shop");
    on_demand.render(&Key::new("shop", "nobody"), None, |_| None);
    assert!(on_demand.services.is_empty());
}

#[test]
fn a_name_follows_the_port_that_it_means() {
    let mut on_demand = new();
    ask(&mut on_demand, ResourceType::Listener, &["cart.shop"]);
    render(&mut on_demand, Some(&service(&[(80, "http")], Some(80))));
    assert!(render(&mut on_demand, Some(&service(&[(80, "http"), (81, "grpc")], Some(81)))));
    assert_eq!(
        held(&on_demand),
        ["cds shop/cart/81", "eds shop/cart/81", "lds cart.shop", "rds cart.shop.svc.cluster.local:81"]
    );
    assert!(render(&mut on_demand, Some(&service(&[(80, "a"), (81, "b")], None))));
    assert_eq!(held(&on_demand), [""; 0]);
}

#[test]
fn one_changed_endpoint_is_one_changed_assignment() {
    let (mut on_demand, service) = (new(), service(&[(80, "http")], Some(80)));
    ask(&mut on_demand, ResourceType::Listener, &["cart.shop"]);
    render(&mut on_demand, Some(&service));
    let before = on_demand.snapshot().clone();
    let endpoint = Endpoint {
        address: [10, 0, 0, 1].into(),
        port: 8080,
        state: EndpointState::Ready,
        locality: Locality::default(),
        weight: 1,
        second: None,
    };
    let endpoints: Arc<[Endpoint]> = [endpoint].into();
    assert!(on_demand.render(&key(), Some(&service), |_| Some(&endpoints)));
    let after = on_demand.snapshot();
    let same = ResourceType::ALL.map(|one| before.get(one).is_same(after.get(one)));
    assert_eq!(same, [true, false, true, true, true]);
}

#[test]
fn a_server_is_answered_whatever_services_there_are() {
    let mut on_demand = new();
    let name = "grpc/server?xds.resource.listening_address=[::]:8080";
    assert_eq!(
        ask(&mut on_demand, ResourceType::Listener, &[name, name]),
        [DemandEffect::SnapshotChanged, DemandEffect::Nothing]
    );
    assert_eq!(held(&on_demand), [format!("lds {name}")]);
    assert_eq!(give_back(&mut on_demand, ResourceType::Listener, name), DemandEffect::SnapshotChanged);
    assert_eq!(held(&on_demand), [""; 0]);
}

#[test]
fn what_means_nothing_is_nothing() {
    let mut on_demand = new();
    let names = ["*", "cart", "xdstp://a/T/cart.shop", "cart.shop.svc.other:80"];
    assert!(ask(&mut on_demand, ResourceType::Listener, &names).iter().all(|effect| *effect == DemandEffect::Nothing));
    assert!(on_demand.services.is_empty());
}
