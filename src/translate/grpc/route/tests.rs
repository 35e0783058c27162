use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::xds::resource_to_json;

fn retrying(on: &[RetryOn]) -> Retry {
    Retry { on: on.iter().copied().collect(), ..Retry::default() }
}

#[test]
fn every_call_goes_to_the_cluster_whatever_its_authority() {
    let resource =
        route_configuration(&"cart.shop.svc.cluster.local:80".into(), &"shop/cart/80".into(), &Policy::default());
    assert_eq!(resource.references(), [Name::from("shop/cart/80")]);
    assert_eq!(
        resource_to_json(&resource).unwrap(),
        json!({
            "name": "cart.shop.svc.cluster.local:80",
            "virtual_hosts": [{
                "name": "shop/cart/80",
                "domains": ["*"],
                "routes": [{
                    "match": {"prefix": "/", "case_sensitive": true},
                    "route": {"cluster": "shop/cart/80", "max_stream_duration": {"grpc_timeout_header_max": "0s"}},
                }],
            }],
        })
    );
}

#[test]
fn of_what_is_retried_grpc_gets_the_codes_that_it_has() {
    let policy = retry_policy(&retrying(&RetryOn::ALL)).unwrap();
    assert_eq!(policy.retry_on, "cancelled,deadline-exceeded,internal,resource-exhausted,unavailable");
    assert_eq!(retry_policy(&retrying(&[RetryOn::FiveXx, RetryOn::Unavailable])).unwrap().retry_on, "unavailable");
    assert_eq!(retry_policy(&Retry::default()), None);
    assert_eq!(retry_policy(&retrying(&[])), None);
    // An HTTP status never happens to gRPC.
    assert_eq!(retry_policy(&Retry { status_codes: BTreeSet::from([503]), ..Retry::default() }), None);
}

#[test]
fn retries_and_pauses_are_what_no_client_refuses() {
    let second = Duration::from_secs(1);
    for (num_retries, back_off, expected) in [
        (1, (second, 2 * second), (1, second, 2 * second)),
        (0, (Duration::ZERO, Duration::ZERO), (1, MIN_BACK_OFF, MIN_BACK_OFF)),
        (100, (second, Duration::ZERO), (MAX_RETRIES, second, second)),
    ] {
        let retry = Retry { num_retries, back_off, ..retrying(&[RetryOn::Unavailable]) };
        let policy = retry_policy(&retry).unwrap();
        let pauses = policy.retry_back_off.unwrap();
        assert_eq!(policy.num_retries, Some(expected.0));
        assert_eq!(pauses.base_interval, Some(duration(expected.1)));
        assert_eq!(pauses.max_interval, Some(duration(expected.2)));
    }
}

#[test]
fn a_ring_hashes_headers_and_the_channel_for_the_address() {
    let hashed = |policy, hash_on: &[HashOn]| -> Value {
        let balancing = Balancing { policy, hash_on: hash_on.to_vec(), ..Balancing::default() };
        let policy = Policy { balancing, ..Policy::default() };
        let resource = route_configuration(&"r".into(), &"c".into(), &policy);
        resource_to_json(&resource).unwrap()["virtual_hosts"][0]["routes"][0]["route"]["hash_policy"].take()
    };
    let (user, cookie) = (HashOn::Header("x-user".into()), HashOn::Cookie(Arc::from("session"), None));
    let channel = json!([{"filter_state": {"key": "io.grpc.channel_id"}}]);
    let header = json!([{"header": {"header_name": "x-user"}}]);
    let ring = LbPolicy::RingHash;
    assert_eq!(hashed(ring, std::slice::from_ref(&user)), header);
    let both = json!([{"header": {"header_name": "x-user"}}, {"filter_state": {"key": "io.grpc.channel_id"}}]);
    assert_eq!(hashed(ring, &[cookie.clone(), user.clone(), HashOn::SourceIp]), both);
    assert_eq!(hashed(ring, &[cookie.clone(), user.clone()]), header);
    assert_eq!(hashed(ring, &[HashOn::SourceIp]), channel);
    assert_eq!(hashed(ring, &[cookie, HashOn::Query("q".into())]), channel);
    // What gRPC hasn't falls back to round robin, which hashes nothing.
    assert_eq!(hashed(LbPolicy::Maglev, &[user]), Value::Null);
}

#[test]
fn the_shorter_limit_holds_and_without_one_the_callers() {
    let policy = |request, longest| {
        let timeouts =
            crate::model::Timeouts { request, idle: Some(Duration::from_secs(9)), max_stream_duration: longest };
        action(&"c".into(), &Policy { timeouts, ..Policy::default() }).max_stream_duration.unwrap()
    };
    let (short, long) = (Duration::from_secs(1), Duration::from_secs(2));
    assert_eq!(policy(Some(short), Some(long)).max_stream_duration, Some(duration(short)));
    assert_eq!(policy(None, Some(long)).grpc_timeout_header_max, Some(duration(long)));
    assert_eq!(policy(None, None).max_stream_duration, None);
}
