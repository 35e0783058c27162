//! Namespace, Service and port laid over each other.

use super::*;
use crate::model::Defaults;
use crate::model::settings::name::Scope;

/// `name:number:appProtocol`, the last two optional.
fn port(text: &str) -> object::Port {
    let mut parts = text.split('|');
    object::Port {
        name: parts.next().unwrap().into(),
        number: parts.next().unwrap().parse().unwrap(),
        app_protocol: parts.next().map(Into::into),
    }
}

pub(super) fn service(ports: &[&str], pairs: &[(&str, &str)]) -> object::Service {
    object::Service {
        key: Key::new("shop", "cart"),
        created: 0,
        settings: parse(pairs).0,
        translated: None,
        ports: ports.iter().map(|text| port(text)).collect(),
        external_name: false,
        publish_not_ready: false,
        zone_routing: ZoneRouting::Off,
        traffic: object::Traffic::default(),
    }
}

pub(super) fn namespace(pairs: &[(&str, &str)]) -> object::Namespace {
    object::Namespace { name: "shop".into(), settings: parse(pairs).0 }
}

pub(super) fn messages(resolved: &Resolved) -> Vec<String> {
    resolved.rejected.iter().map(ToString::to_string).collect()
}

#[test]
fn the_more_specific_place_wins_and_the_service_wins_over_its_namespace() {
    // Weakest first; each row adds one place and must win over all rows before.
    let places = [
        (false, "num-retries"),
        (false, "num-retries.grpc"),
        (false, "num-retries.50051"),
        (true, "num-retries"),
        (true, "num-retries.grpc"),
        (true, "num-retries.50051"),
    ];
    let mut on_namespace = vec![("enabled", "true".to_owned())];
    let mut on_service = vec![];
    for (i, (own, key)) in places.into_iter().enumerate() {
        let number = u32::try_from(i).unwrap() + 2;
        if own { &mut on_service } else { &mut on_namespace }.push((key, number.to_string()));
        let borrow = |pairs: &[(&'static str, String)]| -> Settings {
            parse(&pairs.iter().map(|(key, value)| (*key, value.as_str())).collect::<Vec<_>>()).0
        };
        let mut service = service(&["grpc|50051", "web|80"], &[]);
        service.settings = borrow(&on_service);
        let namespace = object::Namespace { name: "shop".into(), settings: borrow(&on_namespace) };
        let resolved = resolve(&service, Some(&namespace));
        assert_eq!(resolved.ports[1].policy.retry.num_retries, number, "{key}, own: {own}");
        let other = if i < 3 { 2 } else { 5 };
        assert_eq!(resolved.ports[0].policy.retry.num_retries, other, "the other port; {key}, own: {own}");
    }
}

#[test]
fn zone_routing_comes_from_annotation_then_traffic_distribution() {
    let near = ZoneRouting::PreferNode;
    let zone_routing = |distribution, annotations: &[(&str, &str)], of_namespace: &[(&str, &str)]| {
        let own = [&[("enabled", "true")], annotations].concat();
        let service = object::Service { zone_routing: distribution, ..service(&["|1"], &own) };
        resolve(&service, Some(&namespace(of_namespace))).ports[0].policy.balancing.zone_routing
    };
    assert_eq!(zone_routing(ZoneRouting::Off, &[], &[]), ZoneRouting::Off);
    assert_eq!(zone_routing(near, &[], &[]), near);
    assert_eq!(zone_routing(near, &[("zone-routing", "prefer-zone")], &[]), ZoneRouting::PreferZone);
    assert_eq!(zone_routing(near, &[], &[("zone-routing", "off")]), ZoneRouting::Off);
}

#[test]
fn the_protocol_comes_from_annotation_then_app_protocol_then_name_then_default() {
    let cases = [
        ("grpc|1", Protocol::Grpc),
        ("grpc-web|1", Protocol::Auto),
        ("grpc-tls|1", Protocol::Tls),
        ("grpc-no-tls|1", Protocol::Grpc),
        ("https|1", Protocol::Tls),
        ("tls-grpc-o|1", Protocol::Tls),
        ("grpcs|1", Protocol::Tls),
        ("443|1", Protocol::Tls),
        ("|443", Protocol::Tls),
        ("web|443", Protocol::Tls),
        ("http|443", Protocol::Http1),
        ("tcp-redis|1", Protocol::Tcp),
        ("mysql|1", Protocol::Tcp),
        ("metrics|1", Protocol::Http2),
        ("query-http|1", Protocol::Http2),
        ("git-https-auth|1", Protocol::Tls),
        ("http-mtls|1", Protocol::Tls),
        ("hbone|1", Protocol::Tls),
        ("valkey|1", Protocol::Tcp),
        ("a|1|tcp-tls", Protocol::Tls),
        ("a|1|gateway.envoyproxy.io/wss", Protocol::Tls),
        ("a|1|gateway.envoyproxy.io/ws", Protocol::Http1),
        ("a|1|http-alt", Protocol::Http1),
        ("a|1|redis-sentinel", Protocol::Tcp),
        ("grpc|1|https", Protocol::Tls),
        ("http|1|HTTPS", Protocol::Tls),
        ("a|1|kubernetes.io/wss", Protocol::Tls),
        ("a|1|kubernetes.io/grpc", Protocol::Grpc),
        ("a|1|http/1.1", Protocol::Http1),
        ("a|1|HTTP2", Protocol::Http2),
        ("a|1|tcp", Protocol::Tcp),
        ("a|1|grpc-web", Protocol::Auto),
        ("http|1|example.com/custom", Protocol::Http1),
        ("http|1", Protocol::Http1),
        ("http-x|1", Protocol::Http1),
        ("http2|1", Protocol::Http2),
        ("h2c-in|1", Protocol::Http2),
        ("grpcx|1", Protocol::Http2),
        ("x-grpc|1", Protocol::Http2),
        ("|1", Protocol::Http2),
        ("http|1|grpc", Protocol::Grpc),
        ("x|1|GRPC", Protocol::Grpc),
        ("http|1|kubernetes.io/h2c", Protocol::Http2),
        ("http|1|h2c", Protocol::Http2),
        ("http|1|http2", Protocol::Http2),
        ("grpc|1|http", Protocol::Http1),
        ("grpc|1|kubernetes.io/ws", Protocol::Http1),
        ("grpc|1|mysql", Protocol::Tcp),
        ("http|1|", Protocol::Http1),
    ];
    for (text, expected) in cases {
        let resolved = resolve(&service(&[text], &[("enabled", "true")]), None);
        assert_eq!(resolved.ports[0].policy.protocol, expected, "{text}");
        let resolved = resolve(&service(&[text], &[("enabled", "true"), ("protocol", "auto")]), None);
        assert_eq!(resolved.ports[0].policy.protocol, Protocol::Auto, "{text}");
    }
}

#[test]
fn the_default_ports_are_those_of_what_is_served_that_say_so() {
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], Option<u16>, Option<u16>);
    let cases: &[Case] = &[
        (&[], &[], None, None),
        (&["http|80"], &[], Some(80), Some(80)),
        (&["grpc|50051", "http|80"], &[], Some(50051), Some(80)),
        (&["grpc|50051", "http2|81"], &[], Some(50051), None),
        (&["http|81", "http-b|82"], &[], None, None),
        (&["grpc|50051", "metrics|9090"], &[], Some(50051), None),
        (&["grpc|50051", "metrics|9090"], &[("protocol.metrics", "http1")], Some(50051), Some(9090)),
        (&["main|50051", "metrics|9090"], &[("protocol.main", "grpc")], Some(50051), None),
        (&["main|50051", "metrics|9090"], &[("protocol.main", "auto")], None, None),
        (&["grpc|50051", "metrics|9090"], &[("enabled.grpc", "false")], Some(9090), Some(9090)),
        (&["grpc|50051", "http|80"], &[("enabled.grpc", "false")], Some(80), Some(80)),
        (&["http|80", "https|443"], &[("enabled.http", "false")], None, None),
    ];
    for (ports, more, grpc, http) in cases {
        let pairs: Vec<_> = [("enabled", "true")].iter().chain(*more).copied().collect();
        let expected = Defaults { grpc: *grpc, http: *http };
        assert_eq!(resolve(&service(ports, &pairs), None).defaults, expected, "{ports:?} {more:?}");
    }
}

#[test]
fn what_ports_leave_in_doubt_is_told() {
    let doubts = |ports: &[&str]| messages(&resolve(&service(ports, &[("enabled", "true")]), None));
    assert_eq!(doubts(&["grpc|50051", "metrics|9090"]), [""; 0]);
    assert_eq!(doubts(&["tcp-redis|6379"]), [""; 0], "its cluster is all that its users want");
    assert_eq!(
        doubts(&["web|8080", "metrics|9090"]),
        ["Service shop/cart: spec.ports: no default port: name one, e.g. \
          xds:///cart.shop:8080, or say chancery.dev/protocol.web: grpc (no port is reached under the names without a port)"]
    );
    assert_eq!(
        doubts(&["|8080"]),
        ["Service shop/cart: spec.ports: \"8080\": the protocol of port 8080 isn't stated; expected \
          chancery.dev/protocol.8080, appProtocol, or a name such as grpc or http (the guess, http2, is in force)"]
    );
    // The key that is named is one that is understood, whatever the name of the port.
    for (name, named) in [("HTTP_Main", "HTTP_Main"), ("a.b", "a.b"), ("a b", "8080"), ("80", "8080")] {
        let told = doubts(&[&format!("{name}|8080")]);
        assert!(told[0].contains(&format!("; expected chancery.dev/protocol.{named}, ")), "{told:?}");
        let key = format!("protocol.{named}");
        let said = resolve(&service(&[&format!("{name}|8080")], &[("enabled", "true"), (&key, "http1")]), None);
        assert_eq!(messages(&said), [""; 0], "{name}");
    }
    assert_eq!(
        doubts(&["http|80", "https|443"]),
        ["Service shop/cart: spec.ports: \"https\": port 443 speaks TLS, as its name says, and TLS to pods isn't \
             supported yet; expected chancery.dev/protocol.https: http1, http2 or grpc if its pods speak cleartext (clients get its \
          cluster and endpoints, and no domain leads to it)"]
    );
}

#[test]
fn ports_are_served_one_by_one_in_the_order_of_their_numbers() {
    let numbers = |pairs: &[(&str, &str)], on_namespace: &[(&str, &str)]| {
        let resolved = resolve(&service(&["b|90", "a|80"], pairs), Some(&namespace(on_namespace)));
        (resolved.opted_in, resolved.ports.iter().map(|port| port.number).collect::<Vec<_>>())
    };
    assert_eq!(numbers(&[], &[]), (false, vec![]));
    assert_eq!(numbers(&[("enabled", "true")], &[]), (true, vec![80, 90]));
    assert_eq!(numbers(&[("enabled.b", "true")], &[]), (true, vec![90]));
    assert_eq!(numbers(&[("enabled.80", "false")], &[("enabled", "true")]), (true, vec![90]));
    assert_eq!(numbers(&[("enabled", "false")], &[("enabled", "true"), ("enabled.a", "true")]), (false, vec![]));
    assert!(resolve(&service(&[], &[("enabled", "true")]), None).opted_in, "so that the lack of ports can be told");
    assert!(!resolve(&service(&[], &[]), None).opted_in);
}

#[test]
fn the_protocol_that_a_namespace_says_is_for_ports_that_say_nothing() {
    let protocols = |annotations: &[(&str, &str)]| {
        let service = service(&["grpc|1", "https|443", "web|3"], &[("enabled", "true")]);
        let resolved = resolve(&service, Some(&namespace(annotations)));
        resolved.ports.iter().map(|port| port.policy.protocol).collect::<Vec<_>>()
    };
    assert_eq!(protocols(&[("protocol", "http1")]), [Protocol::Grpc, Protocol::Http1, Protocol::Tls]);
    assert_eq!(protocols(&[("protocol.https", "http1")]), [Protocol::Grpc, Protocol::Http2, Protocol::Http1]);
}

#[test]
fn hosts_of_a_service_that_has_no_port_for_them_are_told() {
    let (hosts, rejected) = {
        let resolved = resolve(&service(&["https|443"], &[("enabled", "true"), ("hosts", "a")]), None);
        (resolved.ports[0].policy.hosts.len(), messages(&resolved))
    };
    assert_eq!(hosts, 0);
    assert!(
        rejected.iter().any(|one| one.contains("no port of the Service speaks HTTP or gRPC without TLS")),
        "{rejected:?}"
    );
}

#[test]
fn hosts_without_a_port_are_those_of_the_default_port() {
    let hosts = |ports: &[&str], pairs: &[(&str, &str)]| {
        let pairs: Vec<_> = [("enabled", "true")].iter().chain(pairs).copied().collect();
        let resolved = resolve(&service(ports, &pairs), None);
        let of =
            |port: &crate::model::Port| port.policy.hosts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        (resolved.ports.iter().map(of).collect::<Vec<_>>(), messages(&resolved))
    };
    assert_eq!(hosts(&["http|80", "grpc|90"], &[("hosts", "a")]), (vec!["a".to_owned(), "a".to_owned()], vec![]));
    assert_eq!(hosts(&["metrics|81", "grpc|90"], &[("hosts", "a")]), (vec![String::new(), "a".to_owned()], vec![]));
    assert_eq!(
        hosts(&["http|80", "grpc|90"], &[("hosts", "a"), ("hosts.90", "b"), ("hosts.80", "c")]),
        (vec!["c".to_owned(), "b".to_owned()], vec![])
    );
    let (hosts, messages) = hosts(&["http|81", "|90", "http-b|70"], &[("hosts", "a"), ("protocol", "http1")]);
    assert_eq!(hosts, ["", "", ""]);
    assert_eq!(
        messages,
        [
            "Service shop/cart: metadata.annotations[chancery.dev/hosts]: \"a\": no port of the Service is its \
        default port; expected the port to be named: chancery.dev/hosts.http-b, chancery.dev/hosts.http, \
        chancery.dev/hosts.90 (it is ignored)",
            "Service shop/cart: spec.ports: no default port, as several say \
        HTTP/1: name one, e.g. cart.shop:70 (no port is reached under the names without a port)"
        ]
    );
    // A Namespace speaks to Services of any shape, and a Service that isn't served has no trouble.
    let several = service(&["a|1", "b|2"], &[("enabled", "true")]);
    let rejected = resolve(&several, Some(&namespace(&[("hosts", "a")]))).rejected;
    assert!(rejected.iter().all(|one| one.field == ["spec", "ports"].into()), "{rejected:?}");
    assert_eq!(resolve(&service(&["a|1", "b|2"], &[("hosts", "a")]), None).rejected, []);
}

#[test]
fn a_service_is_told_of_ports_that_it_does_not_have() {
    let pairs =
        [("num-retries.web", "3"), ("enabled.9090", "true"), ("enabled.grpc", "true"), ("lb-policy.web", "bad")];
    let resolved = resolve(&service(&["grpc|50051", "|80"], &pairs), Some(&namespace(&[("enabled.nowhere", "true")])));
    let lacks = "the Service has no such TCP port; it has grpc (50051), 80 (it is ignored)";
    assert_eq!(
        messages(&resolved),
        [
            format!("Service shop/cart: metadata.annotations[chancery.dev/enabled.9090]: \"true\": {lacks}"),
            format!("Service shop/cart: metadata.annotations[chancery.dev/num-retries.web]: \"3\": {lacks}"),
        ]
    );
}

#[test]
fn a_bad_value_for_a_port_that_is_gone_is_told_once() {
    let mut service = service(&["grpc|50051"], &[("num-retries.web", "many")]);
    service.settings.keep_last_good(&parse(&[("num-retries.web", "5")]).0);
    assert_eq!(resolve(&service, None).rejected, [], "that its value is bad was told when it was read");
}

#[test]
fn the_last_good_value_of_a_bad_key_stays() {
    let good = parse(&[("num-retries", "5"), ("num-retries.grpc", "6"), ("lb-policy", "least-request")]).0;
    let (mut settings, _) = parse(&[("num-retries", "many"), ("num-retries.web", "many"), ("enabled", "true")]);
    settings.keep_last_good(&good);
    // Only what is bad now is carried: not the port's value, nor the policy, which their author removed.
    let name = |scope| Name { key: "num-retries", scope };
    assert_eq!(settings.good.keys().map(ToString::to_string).collect::<Vec<_>>(), ["enabled", "num-retries"]);
    assert_eq!(settings.good[&name(Scope::Plain)].text(), "5");

    let (mut still_bad, _) = parse(&[("num-retries", "more"), ("enabled", "true")]);
    still_bad.keep_last_good(&settings);
    assert_eq!(still_bad.good[&name(Scope::Plain)].text(), "5", "through any number of bad versions");

    let (mut better, _) = parse(&[("num-retries", "7")]);
    better.keep_last_good(&still_bad);
    assert_eq!(better, parse(&[("num-retries", "7")]).0);
}

#[test]
fn what_is_in_force_meanwhile_is_named() {
    let bad = ("num-retries", "many");
    let bad_port = ("num-retries.grpc", "many");
    let meanwhile = |own: &[(&str, &str)], previous: &[(&str, &str)], on_namespace: &[(&str, &str)]| {
        let mut service = service(&["grpc|50051"], own);
        service.settings.keep_last_good(&parse(previous).0);
        let (_, mut rejected) = parse(own);
        restate(&resolve(&service, Some(&namespace(on_namespace))).meanwhile, &mut rejected);
        rejected.into_iter().map(|one| one.meanwhile).collect::<Vec<_>>()
    };
    assert_eq!(meanwhile(&[bad], &[], &[]), ["the default, 1, stays"]);
    assert_eq!(meanwhile(&[bad], &[("num-retries", "5")], &[("num-retries", "6")]), ["the last good value, 5, stays"]);
    assert_eq!(meanwhile(&[bad], &[], &[("num-retries", "6")]), ["6 of the Namespace is in force"]);
    assert_eq!(meanwhile(&[bad_port], &[], &[("num-retries.50051", "6")]), ["6 of the Namespace is in force"]);
    let plain = meanwhile(&[bad_port, ("num-retries", "4")], &[], &[("num-retries", "6")]);
    assert_eq!(plain, ["4 of chancery.dev/num-retries is in force"]);
    assert_eq!(meanwhile(&[("hosts", "a,_")], &[], &[("hosts", "b")]), ["the rest of the list stays"]);
}

#[test]
fn a_port_knows_which_annotations_shaped_it() {
    let service = service(
        &["grpc|50051", "http|80"],
        &[("lb-policy.http", "least-request"), ("hosts", "a.example"), ("num-retries", "no number")],
    );
    let resolved = resolve(&service, Some(&namespace(&[("enabled", "true")])));
    let annotated = |n: usize| resolved.ports[n].annotated.iter().copied().collect::<Vec<_>>();
    assert_eq!(annotated(0), ["enabled", "hosts", "lb-policy"]);
    assert_eq!(annotated(1), ["enabled", "hosts"]);
}
