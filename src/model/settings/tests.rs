use std::collections::{BTreeMap, BTreeSet};

use super::effective::Effective;
use super::*;
use crate::model::{Fleets, Key, LbPolicy, Protocol, Retry, RetryOn, ZoneRouting, object};

mod domains;
mod explain;
mod inputs;
mod layers;
mod settled;
mod translated;
mod values;

/// Annotations, by what follows the prefix.
fn annotations(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| (format!("{PREFIX}{key}"), (*value).to_owned())).collect()
}

fn id() -> ObjectRef {
    ObjectRef::service(&Key::new("shop", "cart"))
}

fn parse(pairs: &[(&str, &str)]) -> (Settings, Vec<Rejected>) {
    Settings::parse(&id(), &annotations(pairs))
}

/// What one value does to a port about which nothing else is said.
fn effect(key: &str, text: &str) -> Effective {
    let mut effective = Effective::default();
    if let Some(value) = Setting::find(key).unwrap().read(text).0 {
        value.apply(&mut effective);
    }
    effective
}

fn set<'a, T: From<&'a str> + Ord>(items: &[&'a str]) -> BTreeSet<T> {
    items.iter().map(|item| T::from(item)).collect()
}

fn retrying(on: &[RetryOn]) -> Retry {
    Retry { on: on.iter().copied().collect(), annotated: true, ..Retry::default() }
}

#[test]
fn good_values_do_what_they_say() {
    let fleets = |names: &[&'static str]| Fleets::Named(set(names));
    let with = |change: &dyn Fn(&mut Effective)| {
        let mut effective = Effective::default();
        change(&mut effective);
        effective
    };
    let cases: Vec<(&str, &str, Effective)> = vec![
        ("enabled", "true", with(&|to| to.enabled = true)),
        ("enabled", " true\n", with(&|to| to.enabled = true)),
        ("enabled", "false", with(&|_| {})),
        ("fleets", "*", with(&|_| {})),
        ("fleets", "edge", with(&|to| to.policy.fleets = fleets(&["edge"]))),
        ("fleets", "edge , in_ternal,edge,", with(&|to| to.policy.fleets = fleets(&["edge", "in_ternal"]))),
        ("fleets", "Ränder", with(&|to| to.policy.fleets = fleets(&["Ränder"]))),
        ("hosts", "Shop.Example.COM", with(&|to| to.policy.hosts = set(&["shop.example.com"]))),
        ("hosts", "a.example ,*.b.example:8080", with(&|to| to.policy.hosts = set(&["a.example", "*.b.example:8080"]))),
        ("protocol", "grpc", with(&|to| to.policy.protocol = Protocol::Grpc)),
        ("protocol", "http2", with(&|to| to.policy.protocol = Protocol::Http2)),
        ("protocol", "http1", with(&|to| to.policy.protocol = Protocol::Http1)),
        ("protocol", "auto", with(&|to| to.policy.protocol = Protocol::Auto)),
        ("protocol", "http", with(&|to| to.policy.protocol = Protocol::Http1)),
        ("protocol", "tcp", with(&|to| to.policy.protocol = Protocol::Tcp)),
        ("lb-policy", "round-robin", with(&|_| {})),
        ("lb-policy", "least-request", with(&|to| to.policy.balancing.policy = LbPolicy::LeastRequest)),
        ("lb-policy", "least_request", with(&|to| to.policy.balancing.policy = LbPolicy::LeastRequest)),
        ("zone-routing", "off", with(&|_| {})),
        ("zone-routing", "prefer-zone", with(&|to| to.policy.balancing.zone_routing = ZoneRouting::PreferZone)),
        ("zone-routing", "prefer_node", with(&|to| to.policy.balancing.zone_routing = ZoneRouting::PreferNode)),
        ("retry-on", "none", with(&|to| to.policy.retry = retrying(&[]))),
        ("retry-on", "5xx", with(&|to| to.policy.retry = retrying(&[RetryOn::FiveXx]))),
        (
            "retry-on",
            "unavailable,connect_failure , unavailable",
            with(&|to| to.policy.retry = retrying(&[RetryOn::Unavailable, RetryOn::ConnectFailure])),
        ),
        ("num-retries", "1", with(&|_| {})),
        ("num-retries", "100", with(&|to| to.policy.retry.num_retries = 100)),
        ("retry-budget-min-concurrency", "1000", with(&|_| {})),
        ("retry-budget-min-concurrency", "0", with(&|to| to.policy.retry.budget_min_concurrency = 0)),
    ];
    for (key, text, expected) in cases {
        assert_eq!(effect(key, text), expected, "{key}: {text:?}");
        assert_eq!(parse(&[(key, text)]).1, [], "{key}: {text:?}");
    }
    for word in RetryOn::ALL {
        assert_eq!(effect("retry-on", word.as_str()).policy.retry, retrying(&[word]));
        assert_eq!(effect("retry-on", &word.as_str().replace('-', "_")).policy.retry, retrying(&[word]));
    }
}

#[test]
fn bad_values_cost_their_key_only_and_are_told() {
    let huge = "x".repeat(10_000_000);
    let many = "5xx,".repeat(2_500_000);
    let spaces = " ".repeat(10_000_000);
    let cases: &[(&str, &str, &str)] = &[
        ("enabled", "", "empty; expected true or false"),
        ("enabled", "TRUE", "neither true nor false; expected true or false"),
        ("enabled", "yes", "neither true nor false; expected true or false"),
        ("enabled", "1", "neither true nor false; expected true or false"),
        ("enabled", "true,true", "neither true nor false; expected true or false"),
        ("enabled", "ｔｒｕｅ", "neither true nor false; expected true or false"),
        ("enabled", "true\0", "neither true nor false; expected true or false"),
        ("enabled", &huge, "longer than 262144 bytes, the limit of Kubernetes; expected true or false"),
        ("enabled", &spaces, "empty; expected true or false"),
        ("fleets", " , ,", "an empty list; expected a list of fleet names, or * for all"),
        ("fleets", "edge,*", "* is every fleet and stands alone; expected"),
        ("fleets", "edge*", "\"edge*\" is not the name of a fleet; expected"),
        ("fleets", "two words", "\"two words\" is not the name of a fleet; expected"),
        ("protocol", "GRPC", "no such value (did you mean grpc?); expected grpc, http2, http1, auto or tcp"),
        ("protocol", "tls", "TLS to pods isn't supported yet; expected grpc, http2, http1, auto or tcp"),
        ("protocol", "grpc,http2", "no such value; expected"),
        (
            "lb-policy",
            "Least-Request",
            "no such value (did you mean least-request?); expected round-robin, least-request,",
        ),
        ("lb-policy", "round robin", "no such value (did you mean round-robin?)"),
        ("lb-policy", "rendezvous", "no such value; expected round-robin, least-request, random, ring-hash, maglev"),
        ("lb-policy", "\u{1F980}", "no such value; expected"),
        (
            "zone-routing",
            "prefer-close",
            "no such value (did you mean prefer-zone?); expected off, prefer-zone or prefer-",
        ),
        (
            "retry-on",
            "unavailabel",
            "\"unavailabel\" is no such value (did you mean unavailable?); expected none, or a",
        ),
        ("retry-on", "5xx,none", "none stands alone; expected none, or a list of 5xx, cancelled"),
        ("retry-on", ",", "an empty list; expected"),
        ("retry-on", "5XX", "\"5XX\" is no such value (did you mean 5xx?)"),
        ("retry-on", "5xx;reset", "\"5xx;reset\" is no such value"),
        ("retry-on", &many, "longer than 262144 bytes"),
        ("num-retries", "0", "too small; expected a whole number from 1 to 100 (to never retry, set retry-on to none)"),
        ("num-retries", "101", "too large; expected"),
        ("num-retries", "99999999999999999999", "too large; expected"),
        ("num-retries", "-1", "not a whole number; expected"),
        ("num-retries", "+1", "not a whole number; expected"),
        ("num-retries", "3s", "not a whole number; expected"),
        ("num-retries", "1.5", "not a whole number; expected"),
        ("num-retries", "٣", "not a whole number; expected"),
        ("num-retries", "1,1", "not a whole number; expected"),
    ];
    for (key, text, message) in cases {
        let other = if *key == "lb-policy" { ("num-retries", "7") } else { ("lb-policy", "least-request") };
        let (settings, rejected) = parse(&[(key, text), other]);
        let [rejected] = &rejected[..] else { panic!("{key}: {text:.80?}: {rejected:?}") };
        assert!(rejected.message.starts_with(message), "{key}: {text:.80?}: {}", rejected.message);
        assert!(rejected.to_string().len() < 900, "{rejected}");
        assert_eq!(rejected.reason, Reason::InvalidAnnotation);
        assert_eq!(rejected.object, id());
        assert_eq!(rejected.field, Location::setting(key));
        assert_eq!(rejected.value, Rejected::shorten(text));
        assert_eq!(rejected.meanwhile, format!("the default, {}, stays", Setting::find(key).unwrap().default));
        assert_eq!(settings, parse_with_bad(other, key), "only {key} is lost");
    }
}

/// The settings of the one good annotation, with `bad` remembered as bad.
fn parse_with_bad(good: (&str, &str), bad: &str) -> Settings {
    let (mut settings, rejected) = parse(&[good]);
    assert_eq!(rejected, []);
    settings.bad.insert(Name::parse(bad).ok().unwrap().0);
    settings
}

#[test]
fn unknown_keys_are_warnings_with_the_nearest_key() {
    let huge = "k".repeat(10_000_000);
    let cases = [
        ("lb-polcy", "no such setting; did you mean chancery.dev/lb-policy?"),
        ("lb_policy", "no such setting; did you mean chancery.dev/lb-policy?"),
        ("LB-Policy.grpc", "no such setting; did you mean chancery.dev/lb-policy.grpc?"),
        ("host", "no such setting; did you mean chancery.dev/hosts?"),
        ("enable", "no such setting; did you mean chancery.dev/enabled?"),
        ("retries", "no such setting"),
        ("", "no such setting"),
        ("größe", "no such setting"),
        ("weight", "this is a label of the pod, not an annotation of its Service"),
        ("client", "this belongs in the node metadata of a client, not in an annotation"),
        (&huge, "no such setting"),
    ];
    for (key, message) in cases {
        let (settings, rejected) = parse(&[(key, "true")]);
        let [rejected] = &rejected[..] else { panic!("{rejected:?}") };
        assert_eq!((rejected.message.as_str(), rejected.reason), (message, Reason::UnknownAnnotation), "{key:.80}");
        assert_eq!(rejected.meanwhile, "it is ignored");
        assert!(rejected.field.to_string().len() < 200);
        assert_eq!(settings, Settings::default());
    }
}

#[test]
fn what_follows_the_dot_must_be_a_port() {
    for port in ["", "0", "09090", "65536", "-", "gr pc", "gr/pc", "größe", &"p".repeat(64)] {
        let (settings, rejected) = parse(&[(&format!("enabled.{port}"), "true")]);
        if port == "-" {
            // A name that no port can have is told once we know the ports.
            assert_eq!(rejected, []);
            continue;
        }
        let [rejected] = &rejected[..] else { panic!("{port}: {rejected:?}") };
        assert_eq!(rejected.reason, Reason::InvalidAnnotation);
        assert!(rejected.message.ends_with("expected enabled.<name of a port> or enabled.<1 to 65535>"));
        assert_eq!(settings, Settings::default());
    }
}

#[test]
fn other_annotations_are_none_of_our_business() {
    let foreign =
        ["chancery.dev", "chancery.dev.example/enabled", "xchancery.dev/enabled", "a", "z", "Chancery.dev/enabled"];
    let map = foreign.into_iter().map(|key| (key.to_owned(), "yes".to_owned())).collect();
    assert_eq!(Settings::parse(&id(), &map), (Settings::default(), vec![]));
}

#[test]
fn the_table_is_sound() {
    let keys: BTreeSet<&str> = Setting::all().map(|setting| setting.key).collect();
    assert_eq!(keys.len(), Setting::all().count(), "a key is there twice");
    for setting in Setting::all() {
        let kebab =
            setting.key.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert!(kebab, "{}: the dot is for ports, and the rest is kebab-case", setting.key);
        assert!(setting.about.ends_with('.'));
        assert!(setting.note.is_empty() || setting.note.ends_with('.'), "{}", setting.key);
        assert!(setting.envoy.ends_with('.'), "{}", setting.key);
        let (Grpc::Becomes(grpc) | Grpc::Nothing(grpc)) = setting.grpc;
        assert!(grpc.ends_with('.'), "{}", setting.key);
        assert!(!setting.accepts().is_empty());
        let (example, faults) = setting.read(setting.example);
        assert!(example.is_some() && faults.is_empty(), "{}: {faults:?}", setting.key);
        assert_ne!(effect(setting.key, setting.example), Effective::default(), "{}", setting.key);
        if !setting.default_is_words {
            let mut effective = effect(setting.key, setting.default);
            effective.policy.retry.annotated = false;
            assert!(setting.read(setting.default).0.is_some(), "{}", setting.key);
            assert_eq!(effective, Effective::default(), "{}", setting.key);
        }
    }
}
