//! Resolves values that contradict each other.

use super::layers::{namespace, service};
use super::*;

/// What is told of a Service with these annotations and one port, `grpc` (80).
fn told(own: &[(&str, &str)], of_the_namespace: &[(&str, &str)]) -> Vec<String> {
    let own: Vec<_> = [("enabled", "true")].iter().chain(own).copied().collect();
    let resolved = resolve(&service(&["grpc|80"], &own), Some(&namespace(of_the_namespace)));
    resolved.rejected.iter().map(|one| format!("{} {one}", one.reason.severity())).collect()
}

fn policy(own: &[(&str, &str)]) -> crate::model::Policy {
    let own: Vec<_> = [("enabled", "true")].iter().chain(own).copied().collect();
    resolve(&service(&["grpc|80"], &own), None).ports[0].policy.clone()
}

fn error(key: &str, rest: &str) -> String {
    format!("error Service shop/cart: metadata.annotations[chancery.dev/{key}]: {rest}")
}

fn warning(key: &str, rest: &str) -> String {
    format!("warning Service shop/cart: metadata.annotations[chancery.dev/{key}]: {rest}")
}

#[test]
fn every_domain_goes_only_with_routes() {
    let expected = "\"*, a.example\": * alone would take every request; expected routes beside it, or domains (the rest of \
                    the list stays)";
    assert_eq!(told(&[("hosts", "*, a.example")], &[]), [error("hosts", expected)]);
    assert_eq!(policy(&[("hosts", "*, a.example")]).hosts, set(&["a.example"]));
    assert!(told(&[("hosts", "*, a.example"), ("routes", "/")], &[]).is_empty());
    assert_eq!(policy(&[("hosts", "*, a.example"), ("routes", "/")]).hosts, set(&["*", "a.example"]));
}

#[test]
fn a_hash_policy_needs_something_to_hash() {
    for name in ["ring-hash", "maglev"] {
        let expected = format!(
            "\"{name}\": needs to know what to hash; expected hash-on beside it, as header:x-user-id (the default, \
             round-robin, is in force)"
        );
        assert_eq!(told(&[("lb-policy", name)], &[]), [error("lb-policy", &expected)]);
        assert_eq!(policy(&[("lb-policy", name)]).balancing.policy, LbPolicy::RoundRobin);
        assert!(told(&[("lb-policy", name), ("hash-on", "source-ip")], &[]).is_empty());
        assert!(told(&[("lb-policy", name)], &[("hash-on", "source-ip")]).is_empty());
    }
    let of_the_namespace = told(&[], &[("lb-policy", "maglev")]);
    assert!(of_the_namespace[0].contains("(it is an annotation of the Namespace)"), "{of_the_namespace:?}");
}

#[test]
fn the_ring_is_not_smaller_than_its_least_size() {
    let both = [
        ("lb-policy", "ring-hash"),
        ("hash-on", "source-ip"),
        ("ring-hash-min-size", "100"),
        ("ring-hash-max-size", "10"),
    ];
    let expected = "\"100\": more than ring-hash-max-size, which is 10; expected 10 or less (10 is in force)";
    assert_eq!(told(&both, &[]), [error("ring-hash-min-size", expected)]);
    assert_eq!(policy(&both).balancing.ring_size, (10, 10));

    let max = [("lb-policy", "ring-hash"), ("hash-on", "source-ip"), ("ring-hash-max-size", "10")];
    let expected = "\"10\": less than ring-hash-min-size, which is 1024; expected 1024 or more (the default, 8388608, is in \
                    force)";
    assert_eq!(told(&max, &[]), [error("ring-hash-max-size", expected)]);
    assert_eq!(policy(&max).balancing.ring_size, (1024, 8_388_608));
}

#[test]
fn ejection_is_not_shorter_at_most_than_at_first() {
    let expected = "\"10s\": 10s is shorter than outlier-base-ejection-time, which is 30s; expected 30s or more (5m \
                    is in force)";
    assert_eq!(told(&[("outlier-max-ejection-time", "10s")], &[]), [error("outlier-max-ejection-time", expected)]);
    assert_eq!(policy(&[("outlier-max-ejection-time", "10s")]).outlier.max_ejection_time, None);
    assert!(told(&[("outlier-max-ejection-time", "10s"), ("outlier-base-ejection-time", "10s")], &[]).is_empty());
}

#[test]
fn grpc_health_checks_need_http2() {
    let checked = told(&[("protocol", "http1"), ("health-check", "grpc")], &[]);
    let expected = "\"grpc\": gRPC health checks need HTTP/2, and the port speaks http1; expected http:<path> or tcp (the \
                    default, off, is in force)";
    assert_eq!(checked, [error("health-check", expected)]);
    assert_eq!(policy(&[("protocol", "http1"), ("health-check", "grpc")]).health_check.probe, None);
}

#[test]
fn keepalive_that_servers_do_not_tolerate_is_doubtful() {
    let often = told(&[("keepalive-interval", "30s")], &[]);
    let expected = "\"30s\": every 30s is more often than a stock gRPC server tolerates, which answers with GOAWAY \
                    too_many_pings; expected 5m or more, unless the pods are set up for it (it is in force)";
    assert_eq!(often, [warning("keepalive-interval", expected)]);
    assert!(told(&[("keepalive-interval", "5m")], &[]).is_empty());
}

#[test]
fn what_has_no_effect_is_told_where_it_stands() {
    for setting in Setting::all() {
        let Some(need) = &setting.needs else { continue };
        let unmet: &[(&str, &str)] = match need.what {
            "a protocol with HTTP/2" => &[("protocol", "http1")],
            "lb-policy: round-robin, least-request or weighted-round-robin" => &[("lb-policy", "random")],
            "retry-on other than none" => &[("retry-on", "none")],
            "retry-budget, and without max-retries" => &[("retry-budget", "off")],
            _ => &[],
        };
        let mut own = unmet.to_vec();
        own.push((setting.key, setting.example));
        let expected = format!("\"{}\": without effect; it needs {} (it is ignored)", setting.example, need.what);
        assert!(told(&own, &[]).contains(&warning(setting.key, &expected)), "{}: {:?}", setting.key, told(&own, &[]));
        // Where it is only the default of a Namespace, Services differ.
        let of_the_namespace = told(unmet, &[(setting.key, setting.example)]);
        assert!(!of_the_namespace.iter().any(|one| one.contains("without effect")), "{of_the_namespace:?}");
    }
}

#[test]
fn what_clashes_at_every_port_is_told_once() {
    let own = [("enabled", "true"), ("lb-policy", "maglev")];
    let resolved = resolve(&service(&["grpc-a|1", "http-b|2"], &own), None);
    assert_eq!(resolved.rejected.len(), 1, "{:?}", resolved.rejected);
}
