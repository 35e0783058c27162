//! Renders the route configuration of a Service port for gRPC clients.

use std::time::Duration;

use data_plane_api::route::route_action::{self, HashPolicy, hash_policy};
use data_plane_api::route::{
    Action, RetryPolicy, Route, RouteAction, RouteConfiguration, RouteMatch, VirtualHost, retry_policy, route_match,
};

use crate::model::{Balancing, HashOn, LbPolicy, Policy, Retry, RetryOn};
use crate::translate::messages::duration;
use crate::translate::route::{EVERY_PATH, max_stream_duration};
use crate::xds::{Name, Resource};

/// The conditions for a retry that gRPC knows (gRFC A44). The others don't happen to a client without a proxy, or it deals
/// with them by itself: a call that never left it is tried again without any policy (transparent retry).
const CODES: [RetryOn; 5] = [
    RetryOn::Cancelled,
    RetryOn::DeadlineExceeded,
    RetryOn::Internal,
    RetryOn::ResourceExhausted,
    RetryOn::Unavailable,
];

/// How often gRPC tries again at most: it makes five attempts, whatever it is told (gRFC A6).
const MAX_RETRIES: u32 = 4;

/// The shortest pause that is one. gRPC refuses a policy without.
const MIN_BACK_OFF: Duration = Duration::from_millis(1);

/// What a channel knows itself by (gRFC A42): all its calls have the same hash, those of another channel another one.
const CHANNEL_ID: &str = "io.grpc.channel_id";

/// The route configuration `name` of a Service port: every call goes to `cluster`.
pub fn route_configuration(name: &Name, cluster: &Name, policy: &Policy) -> Resource {
    let message = RouteConfiguration {
        name: name.to_string(),
        virtual_hosts: vec![virtual_host(cluster, Action::Route(action(cluster, policy)))],
        ..RouteConfiguration::default()
    };
    Resource::encode(Name::clone(name), &message, [Name::clone(cluster)])
}

/// The virtual host of every authority, with one route for every path.
pub(super) fn virtual_host(name: &str, action: Action) -> VirtualHost {
    let route = Route {
        r#match: Some(RouteMatch {
            path_specifier: Some(route_match::PathSpecifier::Prefix(EVERY_PATH.to_owned())),
            // Unset is true to all but Java, which takes it for false.
            case_sensitive: Some(true),
            ..RouteMatch::default()
        }),
        action: Some(action),
        ..Route::default()
    };
    VirtualHost { name: name.to_owned(), domains: vec!["*".to_owned()], routes: vec![route], ..VirtualHost::default() }
}

fn action(cluster: &Name, policy: &Policy) -> RouteAction {
    let Policy {
        // Fleets are of Envoys, and whoever dials a name has chosen the Service.
        fleets: _,
        hosts: _,
        routes: _,
        // Always HTTP/2.
        protocol: _,
        balancing,
        retry,
        timeouts,
        // gRPC connects in its own way …
        connection: _,
        // … and the cluster has what it knows of these.
        limits: _,
        outlier: _,
        health_check: _,
    } = policy;
    RouteAction {
        cluster_specifier: Some(route_action::ClusterSpecifier::Cluster(cluster.to_string())),
        max_stream_duration: Some(max_stream_duration(timeouts)),
        retry_policy: retry_policy(retry),
        hash_policy: hash_policies(balancing),
        ..RouteAction::default()
    }
}

/// The retry policy; `None` when none of what is retried happens to gRPC.
fn retry_policy(retry: &Retry) -> Option<RetryPolicy> {
    let Retry {
        on,
        num_retries,
        // gRPC has none of these.
        per_try_timeout: _,
        back_off: (base, max),
        status_codes: _,
        budget: _,
        budget_min_concurrency: _,
        other_hosts: _,
        annotated: _,
    } = retry;
    let codes: Vec<&str> = CODES.into_iter().filter(|code| on.contains(code)).map(RetryOn::as_str).collect();
    if codes.is_empty() {
        return None;
    }
    let base = MIN_BACK_OFF.max(*base);
    Some(RetryPolicy {
        retry_on: codes.join(","),
        num_retries: Some((*num_retries).clamp(1, MAX_RETRIES)),
        retry_back_off: Some(retry_policy::RetryBackOff {
            base_interval: Some(duration(base)),
            max_interval: Some(duration(base.max(*max))),
        }),
        ..RetryPolicy::default()
    })
}

/// What of a call is hashed; nothing, unless a ring asks for it, which is the only policy by hash that gRPC has.
///
/// A client without a proxy doesn't know its own address when it chooses, but it knows its channel, which is the next thing
/// to it. It sees neither cookies nor queries; where there is nothing else to hash it hashes its channel, too, so that its
/// calls stay together.
fn hash_policies(balancing: &Balancing) -> Vec<HashPolicy> {
    if balancing.policy != LbPolicy::RingHash {
        return Vec::new();
    }
    let channel = || hash_policy::PolicySpecifier::FilterState(hash_policy::FilterState { key: CHANNEL_ID.to_owned() });
    let known = balancing.hash_on.iter().filter_map(|part| match part {
        HashOn::Header(name) => Some(hash_policy::PolicySpecifier::Header(hash_policy::Header {
            header_name: name.to_string(),
            ..hash_policy::Header::default()
        })),
        HashOn::SourceIp => Some(channel()),
        HashOn::Cookie(..) | HashOn::Query(_) => None,
    });
    let mut policies: Vec<_> = known.collect();
    if policies.is_empty() {
        policies.push(channel());
    }
    let policies = policies.into_iter();
    policies.map(|policy| HashPolicy { policy_specifier: Some(policy), ..HashPolicy::default() }).collect()
}

#[cfg(test)]
mod tests;
