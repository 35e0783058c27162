use std::collections::BTreeMap;

use super::*;
use crate::model::explanation::{DomainExplanation, DomainOwner, PortExplanation};
use crate::model::object::{self, Object};
use crate::model::settings::{PREFIX, Settings};
use crate::model::{Concern, Converted, Event, Kind, ZoneRouting};
use crate::pipeline::{Offline, RenderOptions, offline};

fn key(name: &str) -> Key {
    Key::new("shop", name)
}

/// The port `web` 80.
fn service(name: &str, annotations: &[(&str, &str)]) -> Event {
    let id = ObjectRef::service(&key(name));
    let annotation = |(key, value): &(&str, &str)| (format!("{PREFIX}{key}"), (*value).to_owned());
    let annotations: BTreeMap<String, String> = annotations.iter().map(annotation).collect();
    let (settings, rejected) = Settings::parse(&id, &annotations);
    let ports = vec![object::Port { name: "web".into(), number: 80, app_protocol: Some("h2c".into()) }];
    let (created, external_name, publish_not_ready) = (0, false, false);
    let service = object::Service {
        key: key(name),
        created,
        settings,
        ports,
        external_name,
        publish_not_ready,
        zone_routing: ZoneRouting::Off,
        translated: None,
        traffic: object::Traffic::default(),
    };
    Event::Apply(Converted { id, object: Some(Object::Service(service)), rejected, concern: Concern::Ours })
}

fn pipeline(events: impl IntoIterator<Item = Event>) -> Offline {
    let lists = Kind::ALL.into_iter().flat_map(|kind| [Event::Init(kind), Event::InitDone(kind)]);
    offline(lists.chain(events), RenderOptions::default())
}

const ON: (&str, &str) = ("enabled", "true");

fn port(pipeline: &Offline, name: &str) -> PortExplanation {
    pipeline.explain(&key(name)).unwrap().ports.remove(0)
}

fn lost(port: &PortExplanation) -> Vec<(&str, &[DomainOwner])> {
    let lost = port.domains.iter().filter(|domain| !domain.lost.is_empty());
    lost.map(|DomainExplanation { domain, requests: _, lost }| (domain.as_str(), lost.as_slice())).collect()
}

#[test]
fn what_was_rendered_is_told_with_the_domains_that_somebody_else_has() {
    let pipeline = pipeline([
        service("a", &[ON, ("hosts", "x.example"), ("fleets", "edge")]),
        service("b", &[ON, ("hosts", "x.example,y.example")]),
        service("c", &[ON, ("hosts", "x.example,b.shop:80")]),
        service("off", &[]),
    ]);
    let a = port(&pipeline, "a");
    assert_eq!((a.cluster.as_deref(), lost(&a)), (Some("shop/a/80"), vec![]));
    assert_eq!(a.fleets, ["edge"]);
    assert!(a.domains.iter().any(|wanted| wanted.domain == "a.shop.svc.cluster.local:80"));

    let to = |name: &str, fleet: Option<&str>| DomainOwner {
        service: format!("shop/{name}"),
        port: 80,
        fleets: fleet.map(|fleet| vec![fleet.to_owned()]),
    };
    let b = port(&pipeline, "b");
    assert_eq!(b.fleets, ["*"]);
    assert_eq!(lost(&b), [("x.example", &[to("a", Some("edge"))][..])]);
    let own = ("b.shop:80", &[to("b", None)][..]);
    let both = ("x.example", &[to("a", Some("edge")), to("b", Some(""))][..]);
    assert_eq!(lost(&port(&pipeline, "c")), [own, both]);

    let off = port(&pipeline, "off");
    assert_eq!((off.cluster, off.fleets, off.domains), (None, vec![], vec![]));
}

#[test]
fn what_is_rejected_is_that_of_the_service_alone() {
    let pipeline = pipeline([
        service("a", &[ON, ("lb-policy", "best"), ("hosts", "x.example")]),
        service("b", &[ON, ("nonsense", "1"), ("hosts", "x.example")]),
        service("ab", &[ON, ("num-retries", "many")]),
    ]);
    let fields = |name: &str| {
        let rejected = pipeline.explain(&key(name)).unwrap().rejected;
        rejected
            .iter()
            .map(|one| one.field["metadata.annotations[chancery.dev/".len()..].to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!((fields("a"), fields("ab")), (vec!["lb-policy]".to_owned()], vec!["num-retries]".to_owned()]));
    assert_eq!(fields("b"), ["hosts]", "nonsense]"]);
    assert_eq!(pipeline.explain(&key("nobody")), None);
}

#[test]
fn pages_hold_every_service_once() {
    let count = PAGE + 1;
    let annotations = |number: usize| if number.is_multiple_of(2) { vec![ON, ("lb-policy", "best")] } else { vec![] };
    let pipeline = pipeline((0..count).map(|number| service(&format!("s-{number:04}"), &annotations(number))));
    let first = pipeline.page(None);
    assert_eq!(first.len(), PAGE);
    let second = pipeline.page(first.last().map(ServiceSummary::key).as_ref());
    assert_eq!(second.len(), 1);
    assert_eq!(pipeline.page(Some(&second[0].key())), []);

    let [on, off, ..] = &first[..] else { panic!() };
    let (name, cluster) = (Some("web".to_owned()), "shop/s-0000/80".to_owned());
    let port = PortSummary { number: 80, name, cluster, endpoints: [].into() };
    assert_eq!((on.key(), &on.ports, on.rejected), (key("s-0000"), &Some(vec![port]), 1));
    assert_eq!((&off.ports, off.rejected), (&None, 0));
}
