//! Resolves values that contradict each other.
//!
//! Envoy refuses a cluster whose fields contradict each other, and with it the whole response. So what contradicts is
//! found here, and one of the settings gives way: its default is in force.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::effective::Effective;
use super::table::Setting;
use crate::model::{Balancing, LbPolicy, Outlier, Policy, Probe, Protocol, Reason, duration, meanwhile};

/// A setting that can't stay as it is, or hardly is what its author wants.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Clash {
    pub key: &'static str,
    pub reason: Reason,
    pub message: String,
    pub meanwhile: String,
    /// The value that is in force instead; `None`: its own, or what is left of it.
    pub in_force: Option<String>,
}

/// How long a pod is out at first if nobody says otherwise.
pub const BASE_EJECTION_TIME: Duration = Duration::from_secs(30);

/// How long Envoy leaves a pod out at most if nobody says otherwise, and that isn't shorter than at first
/// (outlier_detection.proto).
const DEFAULT_MAX: Duration = Duration::from_mins(5);

/// A stock gRPC server closes connections that are asked more often (`GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS`).
const TOLERATED_KEEPALIVE: Duration = Duration::from_mins(5);

/// Takes back what can't be together.
pub(super) fn settle(effective: &mut Effective) -> Vec<Clash> {
    let annotated = effective.annotated.clone();
    let policy = &mut effective.policy;
    let mut clashes = Vec::new();
    hosts(&mut policy.hosts, policy.routes.is_empty(), &mut clashes);
    hash(&mut policy.balancing, &mut clashes);
    ring(&mut policy.balancing, &annotated, &mut clashes);
    ejection(&mut policy.outlier, &mut clashes);
    no_domains(policy, &mut clashes);
    probe(policy, &mut clashes);
    clashes
}

/// What is in force, but hardly is what its author wants.
pub(super) fn doubts(effective: &Effective) -> Vec<Clash> {
    let Effective { enabled: _, policy, annotated, has_service_hosts: _ } = effective;
    let mut doubts: Vec<Clash> = Setting::all()
        .filter(|setting| annotated.contains(setting.key))
        .filter_map(|setting| {
            let need = setting.needs.as_ref().filter(|need| !(need.is_met)(policy))?;
            let message = format!("without effect; it needs {}", need.what);
            Some(Clash::doubt(setting.key, message, meanwhile::IGNORED))
        })
        .collect();
    if let Some(interval) = policy.connection.keepalive_interval.filter(|interval| *interval < TOLERATED_KEEPALIVE) {
        let message = format!(
            "every {} is more often than a stock gRPC server tolerates, which answers with GOAWAY too_many_pings; expected \
             {} or more, unless the pods are set up for it",
            duration::show(interval),
            duration::show(TOLERATED_KEEPALIVE)
        );
        doubts.push(Clash::doubt("keepalive-interval", message, "it is in force"));
    }
    doubts
}

impl Clash {
    /// A setting in the place of whose value another one is in force.
    fn giving_way(key: &'static str, message: impl Into<String>, in_force: String) -> Self {
        let is_default = Setting::find(key).is_some_and(|setting| setting.default == in_force);
        let meanwhile = if is_default {
            format!("the default, {in_force}, is in force")
        } else {
            format!("{in_force} is in force")
        };
        let (message, in_force) = (message.into(), Some(in_force));
        Self { key, reason: Reason::InvalidAnnotation, message, meanwhile, in_force }
    }

    fn doubt(key: &'static str, message: String, meanwhile: &str) -> Self {
        Self { key, reason: Reason::DoubtfulAnnotation, message, meanwhile: meanwhile.to_owned(), in_force: None }
    }
}

fn hosts(hosts: &mut BTreeSet<Arc<str>>, is_without_routes: bool, clashes: &mut Vec<Clash>) {
    if is_without_routes && hosts.remove("*") {
        let message = "* alone would take every request; expected routes beside it, or domains".to_owned();
        let meanwhile = meanwhile::REST_OF_LIST.to_owned();
        clashes.push(Clash { key: "hosts", reason: Reason::InvalidAnnotation, message, meanwhile, in_force: None });
    }
}

/// A port that requests can't be sent over has no domain.
fn no_domains(policy: &mut Policy, clashes: &mut Vec<Clash>) {
    let protocol = policy.protocol;
    if protocol.is_http() {
        return;
    }
    for (key, list) in [("hosts", &mut policy.hosts), ("routes", &mut policy.routes)] {
        if !std::mem::take(list).is_empty() {
            let message = format!(
                "no request can be sent to a port that speaks {}; expected a port that speaks HTTP or gRPC, or protocol \
                 beside it",
                protocol.as_str()
            );
            clashes.push(Clash::giving_way(key, message, "none".to_owned()));
        }
    }
}

fn probe(policy: &mut Policy, clashes: &mut Vec<Clash>) {
    let protocol = policy.protocol;
    let message = match &policy.health_check.probe {
        Some(Probe::Grpc(_)) if protocol == Protocol::Http1 => {
            "gRPC health checks need HTTP/2, and the port speaks http1; expected http:<path> or tcp".to_owned()
        }
        Some(Probe::Grpc(_) | Probe::Http(_)) if !protocol.is_http() => {
            format!("the port speaks {}, which has no such health check; expected tcp", protocol.as_str())
        }
        _ => return,
    };
    policy.health_check.probe = None;
    clashes.push(Clash::giving_way("health-check", message, "off".to_owned()));
}

fn hash(balancing: &mut Balancing, clashes: &mut Vec<Clash>) {
    if balancing.policy.is_by_hash() && balancing.hash_on.is_empty() {
        balancing.policy = LbPolicy::default();
        let message = "needs to know what to hash; expected hash-on beside it, as header:x-user-id";
        clashes.push(Clash::giving_way("lb-policy", message, balancing.policy.as_str().to_owned()));
    }
}

fn ring(balancing: &mut Balancing, annotated: &BTreeSet<&'static str>, clashes: &mut Vec<Clash>) {
    let (min, max) = balancing.ring_size;
    if min <= max {
        return;
    }
    let (default_min, default_max) = Balancing::default().ring_size;
    if annotated.contains("ring-hash-min-size") {
        balancing.ring_size.0 = default_min.min(max);
        let message = format!("more than ring-hash-max-size, which is {max}; expected {max} or less");
        clashes.push(Clash::giving_way("ring-hash-min-size", message, balancing.ring_size.0.to_string()));
    } else {
        balancing.ring_size.1 = default_max;
        let message = format!("less than ring-hash-min-size, which is {min}; expected {min} or more");
        clashes.push(Clash::giving_way("ring-hash-max-size", message, default_max.to_string()));
    }
}

fn ejection(outlier: &mut Outlier, clashes: &mut Vec<Clash>) {
    let base = outlier.base_ejection_time.unwrap_or(BASE_EJECTION_TIME);
    if let Some(max) = outlier.max_ejection_time.filter(|max| *max < base) {
        outlier.max_ejection_time = None;
        let (least, max) = (duration::show(base), duration::show(max));
        let message =
            format!("{max} is shorter than outlier-base-ejection-time, which is {least}; expected {least} or more");
        clashes.push(Clash::giving_way("outlier-max-ejection-time", message, duration::show(DEFAULT_MAX.max(base))));
    }
}
