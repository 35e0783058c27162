//! What each value does, setting by setting.

use std::time::Duration;

use super::*;
use crate::model::{HashOn, Policy, Probe, UNLIMITED};

/// A case: key, text, and what it changes.
type Case = (&'static str, &'static str, fn(&mut Policy));

const SECOND: Duration = Duration::from_secs(1);

fn check(cases: &[Case]) {
    for (key, text, change) in cases {
        let mut expected = Effective::default();
        change(&mut expected.policy);
        assert_eq!(effect(key, text), expected, "{key}: {text:?}");
        assert_eq!(parse(&[(key, text)]).1, [], "{key}: {text:?}");
    }
}

#[test]
fn balancing() {
    check(&[
        ("lb-policy", "random", |to| to.balancing.policy = LbPolicy::Random),
        ("lb-policy", "ring_hash", |to| to.balancing.policy = LbPolicy::RingHash),
        ("lb-policy", "maglev", |to| to.balancing.policy = LbPolicy::Maglev),
        ("lb-policy", "weighted-round-robin", |to| to.balancing.policy = LbPolicy::WeightedRoundRobin),
        ("lb-policy", "pick-first", |to| to.balancing.policy = LbPolicy::PickFirst),
        ("least-request-choice-count", "100", |to| to.balancing.choice_count = 100),
        ("least-request-active-request-bias", "0", |to| to.balancing.active_request_bias = 0.0),
        ("least-request-active-request-bias", "2.25", |to| to.balancing.active_request_bias = 2.25),
        ("hash-on", "none", |_| ()),
        ("hash-on", "header:X-User-Id", |to| to.balancing.hash_on = vec![HashOn::Header("x-user-id".into())]),
        ("hash-on", "header::authority", |to| to.balancing.hash_on = vec![HashOn::Header(":authority".into())]),
        ("hash-on", "source_ip, query:id,source-ip", |to| {
            to.balancing.hash_on = vec![HashOn::SourceIp, HashOn::Query("id".into())];
        }),
        ("hash-on", "cookie:Session", |to| to.balancing.hash_on = vec![HashOn::Cookie("Session".into(), None)]),
        ("hash-on", "cookie:s:1s", |to| to.balancing.hash_on = vec![HashOn::Cookie("s".into(), Some(SECOND))]),
        ("ring-hash-min-size", "1", |to| to.balancing.ring_size.0 = 1),
        ("ring-hash-max-size", "8388608", |_| ()),
        ("maglev-table-size", "2", |to| to.balancing.maglev_table_size = 2),
        ("maglev-table-size", "5000011", |to| to.balancing.maglev_table_size = 5_000_011),
        ("slow-start-window", "1s", |to| to.balancing.slow_start.window = Some(SECOND)),
        ("slow-start-aggression", "0.5", |to| to.balancing.slow_start.aggression = 0.5),
        ("slow-start-min-weight", "100", |to| to.balancing.slow_start.min_weight = 100.0),
        ("panic-threshold", "12.5", |to| to.balancing.panic_threshold = 12.5),
    ]);
}

#[test]
fn routes() {
    check(&[
        ("routes", "shop.v1.Cart", |to| to.routes = set(&["/shop.v1.Cart/"])),
        ("routes", "Cart,/shop. , /", |to| to.routes = set(&["/Cart/", "/shop.", "/"])),
        ("routes", "/a%20b/~c", |to| to.routes = set(&["/a%20b/~c"])),
    ]);
    let (settings, rejected) = parse(&[("routes", "/ok,shop-v1,/a b,/q?x=1,a..b,1.Cart")]);
    let told: Vec<&str> = rejected.iter().map(|rejected| rejected.value.as_str()).collect();
    assert_eq!(told, ["shop-v1", "/a b", "/q?x=1", "a..b", "1.Cart"]);
    assert!(rejected.iter().all(|rejected| rejected.meanwhile == "the rest of the list stays"), "{rejected:?}");
    assert!(settings.bad.is_empty());
}

#[test]
fn retries() {
    check(&[
        ("per-try-timeout", "1s", |to| to.retry.per_try_timeout = Some(SECOND)),
        ("per-try-timeout", "off", |_| ()),
        ("retry-backoff", "25ms,250ms", |_| ()),
        ("retry-backoff", "100ms", |to| to.retry.back_off = (Duration::from_millis(100), SECOND)),
        ("retry-backoff", "1s, 1s", |to| to.retry.back_off = (SECOND, SECOND)),
        ("retriable-status-codes", "503, 429,503", |to| to.retry.status_codes = [429, 503].into()),
        ("retriable-status-codes", "none", |_| ()),
        ("retry-budget", "off", |to| to.retry.budget = None),
        ("retry-budget", "0", |to| to.retry.budget = Some(0.0)),
        ("retry-other-hosts", "false", |to| to.retry.other_hosts = false),
    ]);
}

#[test]
fn times_and_connections() {
    check(&[
        ("timeout", "1.5s", |to| to.timeouts.request = Some(SECOND * 3 / 2)),
        ("timeout", "off", |_| ()),
        ("idle-timeout", "1s", |to| to.timeouts.idle = Some(SECOND)),
        ("max-stream-duration", "8760h", |to| to.timeouts.max_stream_duration = Some(SECOND * 8760 * 3600)),
        ("connect-timeout", "1ms", |to| to.connection.connect_timeout = Duration::from_millis(1)),
        ("keepalive-interval", "5m", |to| to.connection.keepalive_interval = Some(SECOND * 300)),
        ("keepalive-timeout", "1s", |to| to.connection.keepalive_timeout = SECOND),
        ("tcp-keepalive", "off", |to| to.connection.tcp_keepalive = false),
        ("max-concurrent-streams", "1", |to| to.connection.max_concurrent_streams = Some(1)),
        ("max-requests-per-connection", "4294967295", |to| to.connection.max_requests = Some(u32::MAX)),
        ("connection-idle-timeout", "off", |to| to.connection.idle_timeout = None),
        ("max-connection-duration", "1s", |to| to.connection.max_duration = Some(SECOND)),
    ]);
}

#[test]
fn limits() {
    check(&[
        ("max-connections", "0", |to| to.limits.connections = 0),
        ("max-connections", "unlimited", |_| ()),
        ("max-pending-requests", "1", |to| to.limits.pending_requests = 1),
        ("max-requests", "4294967294", |to| to.limits.requests = u32::MAX - 1),
        ("max-retries", "3", |to| to.limits.retries = Some(3)),
        ("max-retries", "unlimited", |to| to.limits.retries = Some(UNLIMITED)),
        ("per-host-max-connections", "7", |to| to.limits.connections_per_host = 7),
    ]);
}

#[test]
fn health() {
    check(&[
        ("outlier-detection", "on", |to| to.outlier.detection = Some(true)),
        ("outlier-detection", "off", |to| to.outlier.detection = Some(false)),
        ("outlier-consecutive-5xx", "1", |to| to.outlier.consecutive_5xx = Some(1)),
        ("outlier-consecutive-gateway-failure", "2", |to| to.outlier.consecutive_gateway_failure = Some(2)),
        ("outlier-interval", "1s", |to| to.outlier.interval = Some(SECOND)),
        ("outlier-base-ejection-time", "1s", |to| to.outlier.base_ejection_time = Some(SECOND)),
        ("outlier-max-ejection-time", "1s", |to| to.outlier.max_ejection_time = Some(SECOND)),
        ("outlier-max-ejection-percent", "100", |to| to.outlier.max_ejection_percent = Some(100)),
        ("outlier-success-rate", "1.9", |to| to.outlier.success_rate = Some(1.9)),
        ("outlier-failure-percentage", "85", |to| to.outlier.failure_percentage = Some(85)),
        ("health-check", "grpc", |to| to.health_check.probe = Some(Probe::Grpc("".into()))),
        ("health-check", "grpc:shop.v1.Cart", |to| to.health_check.probe = Some(Probe::Grpc("shop.v1.Cart".into()))),
        ("health-check", "http:/healthz", |to| to.health_check.probe = Some(Probe::Http("/healthz".into()))),
        ("health-check", "tcp", |to| to.health_check.probe = Some(Probe::Tcp)),
        ("health-check", "off", |_| ()),
        ("health-check-interval", "1s", |to| to.health_check.interval = SECOND),
        ("health-check-timeout", "2s", |to| to.health_check.timeout = SECOND * 2),
        ("health-check-healthy-threshold", "2", |to| to.health_check.healthy_threshold = 2),
        ("health-check-unhealthy-threshold", "1", |to| to.health_check.unhealthy_threshold = 1),
    ]);
}

/// Whether pods are watched follows from all of its settings together.
#[test]
fn any_setting_turns_outlier_detection_on_and_off_turns_it_off() {
    let is_on = |pairs: &[(&str, &str)]| {
        let mut effective = Effective::default();
        for (key, text) in pairs {
            Setting::find(key).unwrap().read(text).0.unwrap().apply(&mut effective);
        }
        effective.policy.outlier.is_on()
    };
    assert!(!is_on(&[]));
    assert!(is_on(&[("outlier-detection", "on")]));
    for setting in
        Setting::all().filter(|setting| setting.key.starts_with("outlier-") && setting.key != "outlier-detection")
    {
        assert!(is_on(&[(setting.key, setting.example)]), "{}", setting.key);
        assert!(!is_on(&[(setting.key, setting.example), ("outlier-detection", "off")]), "{}", setting.key);
    }
}
