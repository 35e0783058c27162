//! Explains the origin of each setting.

use super::*;
use crate::model::Kind;
use crate::model::explanation::{SettingExplanation, SettingOrigin, UnservedReason};

/// A Service with the ports `grpc` 50051 and `x` 80, and its Namespace, each with annotations now and before.
struct Case {
    service: object::Service,
    namespace: object::Namespace,
    rejected: Vec<Rejected>,
}

fn case(on_service: &[(&str, &str)], on_namespace: &[(&str, &str)]) -> Case {
    let namespace_id = ObjectRef::Object(Kind::Namespace, Key::new("", "shop"));
    let (own, mut rejected) = parse(on_service);
    let (settings, more) = Settings::parse(&namespace_id, &annotations(on_namespace));
    rejected.extend(more);
    let port = |name: &str, number| object::Port { name: name.into(), number, app_protocol: None };
    let service = object::Service {
        key: Key::new("shop", "cart"),
        created: 0,
        settings: own,
        ports: vec![port("grpc", 50051), port("x", 80)],
        external_name: false,
        publish_not_ready: false,
        zone_routing: ZoneRouting::Off,
        translated: None,
        traffic: object::Traffic::default(),
    };
    Case { service, namespace: object::Namespace { name: "shop".into(), settings }, rejected }
}

impl Case {
    fn all(&self, port: usize) -> Vec<SettingExplanation> {
        explain(&self.service, Some(&self.namespace), (&self.service.ports[port], port == 0), &self.rejected)
    }

    fn one(&self, port: usize, key: &str) -> SettingExplanation {
        self.all(port).into_iter().find(|setting| setting.key == key).unwrap()
    }

    /// `value origin annotation`, and after a `!` the same of what can't be used.
    fn told(&self, port: usize, key: &str) -> String {
        let SettingExplanation { key: _, value, origin, annotation, last_good, rejected } = self.one(port, key);
        let annotation = annotation.map(|annotation| format!(" {}", annotation.strip_prefix(PREFIX).unwrap()));
        let rejected = rejected.map(|rejected| {
            let annotation = rejected.annotation.strip_prefix(PREFIX).unwrap().to_owned();
            format!(" ! {} {:?} {annotation}", rejected.value, rejected.origin)
        });
        let last_good = if last_good { "last good " } else { "" };
        format!("{last_good}{value} {origin:?}{}{}", annotation.unwrap_or_default(), rejected.unwrap_or_default())
    }
}

#[test]
fn every_setting_is_told_with_the_default_when_nobody_set_it() {
    let case = case(&[], &[]);
    let all = case.all(1);
    assert_eq!(
        all.iter().map(|setting| &*setting.key).collect::<Vec<_>>(),
        Setting::all().map(|setting| setting.key).collect::<Vec<_>>()
    );
    for SettingExplanation { key, value, origin, annotation, last_good, rejected } in all {
        let expected = if key == "protocol" { "http2" } else { Setting::find(&key).unwrap().default };
        assert_eq!((value.as_str(), origin), (expected, SettingOrigin::Default), "{key}");
        assert_eq!((annotation, last_good, rejected), (None, false, None), "{key}");
    }
}

#[test]
fn the_annotation_in_force_is_named_with_its_place() {
    let places = [
        (false, "num-retries", "Namespace num-retries"),
        (false, "num-retries.grpc", "Namespace num-retries.grpc"),
        (false, "num-retries.50051", "Namespace num-retries.50051"),
        (true, "num-retries", "Service num-retries"),
        (true, "num-retries.grpc", "Service num-retries.grpc"),
        (true, "num-retries.50051", "Service num-retries.50051"),
    ];
    let (mut own, mut namespace) = (vec![], vec![]);
    for (i, (is_own, key, expected)) in places.into_iter().enumerate() {
        let number = ["2", "3", "4", "5", "6", "7"][i];
        if is_own { &mut own } else { &mut namespace }.push((key, number));
        let case = case(&own, &namespace);
        assert_eq!(case.told(0, "num-retries"), format!("{number} {expected}"));
        let other = if is_own { "5 Service num-retries" } else { "2 Namespace num-retries" };
        assert_eq!(case.told(1, "num-retries"), other);
    }
}

#[test]
fn a_setting_for_the_default_port_is_not_told_of_others() {
    let case = case(&[("hosts", "a.example")], &[]);
    assert_eq!(case.told(0, "hosts"), "a.example Service hosts");
    assert_eq!(case.told(1, "hosts"), "none Default");
}

#[test]
fn the_protocol_may_come_from_the_port() {
    let mut case = case(&[], &[]);
    assert_eq!(case.told(0, "protocol"), "grpc PortName");
    case.service.ports[0].app_protocol = Some("http".into());
    assert_eq!(case.told(0, "protocol"), "http1 AppProtocol");
    case.service.ports[0].app_protocol = Some("x.example/y".into());
    assert_eq!(case.told(0, "protocol"), "grpc PortName", "what says nothing isn't where it comes from");
    case.service.settings = parse(&[("protocol", "auto")]).0;
    assert_eq!(case.told(0, "protocol"), "auto Service protocol");
}

#[test]
fn a_bad_value_is_told_beside_what_is_in_force_instead() {
    let bad = ("num-retries", "many");
    assert_eq!(case(&[bad], &[]).told(0, "num-retries"), "1 Default ! many Service num-retries");
    assert_eq!(case(&[], &[bad]).told(0, "num-retries"), "1 Default ! many Namespace num-retries");
    let namespace = case(&[bad], &[("num-retries", "6")]);
    assert_eq!(namespace.told(0, "num-retries"), "6 Namespace num-retries ! many Service num-retries");
    let plain = case(&[("num-retries.grpc", "\u{1F980}"), ("num-retries", "4")], &[]);
    assert_eq!(plain.told(0, "num-retries"), "4 Service num-retries ! \u{1F980} Service num-retries.grpc");
    assert_eq!(plain.told(1, "num-retries"), "4 Service num-retries", "that is for another port");
    let weaker = case(&[("num-retries", "4")], &[bad]);
    assert_eq!(weaker.told(0, "num-retries"), "4 Service num-retries", "it wouldn't be in force anyway");
    let parts = case(&[("hosts", "_,-")], &[]);
    assert_eq!(parts.told(0, "hosts"), "none Default ! _,- Service hosts");
}

#[test]
fn a_last_good_value_is_told_with_the_bad_one_that_stands_there() {
    let mut on_service = case(&[("num-retries", "many"), ("num-retries.80", "")], &[]);
    on_service.service.settings.keep_last_good(&parse(&[("num-retries", "5"), ("num-retries.80", "7")]).0);
    assert_eq!(on_service.told(0, "num-retries"), "last good 5 Service num-retries ! many Service num-retries");
    assert_eq!(on_service.told(1, "num-retries"), "last good 7 Service num-retries.80 !  Service num-retries.80");
    let mut on_namespace = case(&[], &[("num-retries", "many")]);
    on_namespace.namespace.settings.keep_last_good(&parse(&[("num-retries", "5")]).0);
    assert_eq!(on_namespace.told(0, "num-retries"), "last good 5 Namespace num-retries ! many Namespace num-retries");
}

#[test]
fn not_enabled_and_disabled_are_told_apart() {
    let why = |own: &[_], namespace: &[_]| unserved(&case(own, namespace).all(0));
    assert_eq!(why(&[], &[]), UnservedReason::NotEnabled);
    assert_eq!(why(&[("enabled", "yes")], &[]), UnservedReason::NotEnabled);
    assert_eq!(why(&[("enabled", "false")], &[("enabled", "true")]), UnservedReason::Disabled);
    assert_eq!(why(&[], &[("enabled.grpc", "false")]), UnservedReason::Disabled);
}
