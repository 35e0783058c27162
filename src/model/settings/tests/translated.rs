//! Annotations of other products, between the Namespace and the Service.

use super::layers::{messages, namespace, service};
use super::*;
use crate::model::compat::{self, Compat};

fn translate(pairs: &[(&str, &str)]) -> (Translated, Vec<Rejected>) {
    let annotations = pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    Translated::parse(
        &id(),
        compat::translate(
            Compat::ALL,
            compat::Subject {
                key: &Key::new("shop", "cart"),
                annotations: &annotations,
                ports: None,
                external_name: false,
            },
            compat::Mappings::Own,
        ),
    )
}

fn mapping(more: &str) -> String {
    format!(
        "{{apiVersion: getambassador.io/v2, kind: Mapping, name: m, service: 'cart:50051', grpc: true, prefix: /, {more}}}"
    )
}

#[test]
fn they_beat_the_namespace_and_any_annotation_of_ours_beats_them() {
    let num_retries = |own: &[(&str, &str)], foreign: &[(&str, &str)], on_namespace: &[(&str, &str)]| {
        let mut service = service(&["grpc|50051"], &[&[("enabled", "true")], own].concat());
        service.translated = Some(Box::new(translate(foreign).0));
        resolve(&service, Some(&namespace(on_namespace))).ports[0].policy.retry.num_retries
    };
    let plain = [("xds.lmwn.com/retry-count", "3")];
    let per_port = mapping("retry_policy: {num_retries: 4}");
    let per_port = [("getambassador.io/config", per_port.as_str()), plain[0]];
    assert_eq!(num_retries(&[], &[], &[("num-retries", "2"), ("num-retries.50051", "2")]), 2);
    assert_eq!(num_retries(&[], &plain, &[("num-retries", "2"), ("num-retries.50051", "2")]), 3);
    assert_eq!(num_retries(&[], &per_port, &[("num-retries.50051", "2")]), 4);
    assert_eq!(num_retries(&[("num-retries", "5")], &per_port, &[]), 5, "our plain one beats theirs of the port");
    assert_eq!(num_retries(&[("num-retries.grpc", "5")], &per_port, &[]), 5);
}

#[test]
fn only_a_mapping_opts_in() {
    let opted_in = |own: &[(&str, &str)], foreign: &[(&str, &str)]| {
        let mut service = service(&["grpc|50051", "web|80"], own);
        service.translated = Some(Box::new(translate(foreign).0));
        let resolved = resolve(&service, None);
        resolved.ports.iter().map(|port| port.number).collect::<Vec<_>>()
    };
    let mapping = mapping("");
    assert_eq!(opted_in(&[], &[("getambassador.io/config", &mapping)]), [50051]);
    assert_eq!(opted_in(&[("enabled", "false")], &[("getambassador.io/config", &mapping)]), [0; 0]);
    let others = [
        ("xds.lmwn.com/retry-status", "internal"),
        ("projectcontour.io/upstream-protocol.h2c", "80"),
        ("retry.linkerd.io/grpc", "internal"),
    ];
    assert_eq!(opted_in(&[], &others), [0; 0]);
}

#[test]
fn what_is_said_names_the_place_where_it_was_written() {
    let config = mapping("retry_policy: {num_retries: many}");
    let foreign = [
        ("xds.lmwn.com/retry-status", "internal,nonsense"),
        ("projectcontour.io/upstream-protocol.h2c", "80,gr pc"),
        ("getambassador.io/config", config.as_str()),
    ];
    let (translated, mut rejected) = translate(&foreign);
    let mut service = service(&["grpc|50051"], &[("num-retries", "7")]);
    service.translated = Some(Box::new(translated));
    let resolved = resolve(&service, Some(&namespace(&[("retry-on", "5xx")])));
    restate(&resolved.meanwhile, &mut rejected);
    let said: Vec<String> = rejected.iter().map(ToString::to_string).collect();
    let starts = [
        "Service shop/cart: metadata.annotations[getambassador.io/config] Mapping m: retry_policy.num_retries: \"many\": \
         not a whole number; expected ",
        "Service shop/cart: metadata.annotations[projectcontour.io/upstream-protocol.h2c]: \"gr pc\": what follows the \
         dot is not a port; expected ",
        "Service shop/cart: metadata.annotations[xds.lmwn.com/retry-status]: \"internal,nonsense\": \"nonsense\" is no \
         such value; expected ",
    ];
    let ends = ["(7 of chancery.dev/num-retries is in force)", "(it is ignored)", "(5xx of the Namespace is in force)"];
    assert_eq!(said.len(), starts.len(), "{said:#?}");
    for ((said, start), end) in said.iter().zip(starts).zip(ends) {
        assert!(said.starts_with(start) && said.ends_with(end), "{said}");
    }
    assert_eq!(
        messages(&resolved),
        ["Service shop/cart: metadata.annotations[projectcontour.io/upstream-protocol.h2c]: \"80\": the Service has \
          no such TCP port; it has grpc (50051) (it is ignored)"]
    );
}

#[test]
fn a_bad_annotation_of_ours_says_that_theirs_is_in_force() {
    let mut service = service(&["grpc|50051"], &[("num-retries", "many")]);
    service.translated = Some(Box::new(translate(&[("xds.lmwn.com/retry-count", "3")]).0));
    let (_, mut rejected) = parse(&[("num-retries", "many")]);
    restate(&resolve(&service, None).meanwhile, &mut rejected);
    assert_eq!(rejected[0].meanwhile, "3 of xds.lmwn.com/retry-count is in force");
}

#[test]
fn the_last_good_value_of_theirs_stays() {
    let (good, _) = translate(&[("xds.lmwn.com/retry-count", "3"), ("xds.lmwn.com/retry-status", "internal")]);
    let bad = [("xds.lmwn.com/retry-count", "many")];
    let (mut now, mut rejected) = translate(&bad);
    now.keep_last_good(&good);
    assert_eq!(now.good().collect::<Vec<_>>(), [("num-retries".to_owned(), "3")]);
    let mut service = service(&["grpc|50051"], &[("enabled", "true")]);
    service.translated = Some(Box::new(now));
    restate(&resolve(&service, None).meanwhile, &mut rejected);
    assert_eq!(rejected[0].meanwhile, "the last good value, 3, stays");
}

#[test]
fn mappings_that_cannot_be_read_stay_as_they_were_through_any_number_of_bad_versions() {
    let config = mapping("retry_policy: {num_retries: 4}");
    let (good, _) = translate(&[("getambassador.io/config", &config), ("xds.lmwn.com/retry-status", "internal")]);
    let mut known = good.clone();
    for text in ["a: [", ": : :"] {
        let (mut now, rejected) = translate(&[("getambassador.io/config", text)]);
        now.keep_last_good(&known);
        assert_eq!(rejected.len(), 1);
        known = now;
    }
    let names: Vec<String> = known.good().map(|(name, _)| name).collect();
    let expected = ["enabled.50051", "hosts.50051", "num-retries.50051", "protocol.50051", "routes.50051"];
    assert_eq!(names, expected, "not what its author took out");
    let (mut gone, _) = translate(&[]);
    gone.keep_last_good(&known);
    assert_eq!(gone, Translated::default());
}

#[test]
fn a_port_knows_where_its_hosts_and_routes_were_written() {
    let written = |own: &[(&str, &str)], foreign: &[(&str, &str)], on_namespace: &[(&str, &str)]| {
        let mut service = service(&["grpc|50051"], &[&[("enabled", "true")], own].concat());
        service.translated = Some(Box::new(translate(foreign).0));
        let port = resolve(&service, Some(&namespace(on_namespace))).ports.remove(0);
        let field = |key: &str, item: &str| port.written.get(key).map(|written| written.field_of(item).to_string());
        (field("hosts", "a.example"), field("routes", "/b/"))
    };
    let said = |hosts: &str, routes: &str| (Some(hosts.to_owned()), Some(routes.to_owned()));
    assert_eq!(written(&[], &[], &[]), (None, None));
    assert_eq!(
        written(&[("hosts.grpc", "a.example")], &[], &[("routes", "/b/")]),
        said(
            "metadata.annotations[chancery.dev/hosts.grpc]",
            "metadata.annotations[chancery.dev/routes] of Namespace shop"
        )
    );
    let mapping = |name: &str, prefix: &str| {
        format!(
            "{{apiVersion: getambassador.io/v2, kind: Mapping, name: {name}, service: 'cart:50051', host: a.example, \
             prefix: {prefix}, rewrite: ''}}\n"
        )
    };
    let config = format!("{}---\n{}", mapping("one", "/a/"), mapping("two", "/b/"));
    let place = "metadata.annotations[getambassador.io/config] Mapping";
    assert_eq!(
        written(&[], &[("getambassador.io/config", &config)], &[]),
        said(&format!("{place} one: host"), &format!("{place} two: prefix"))
    );
}
