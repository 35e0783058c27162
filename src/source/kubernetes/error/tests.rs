use std::io;
use std::time::Duration;

use kube::core::Status;

use super::{ErrorClass, Verb, WatchError, describe_not_ready, root_cause};
use crate::model::Kind;
use crate::source::kubernetes::watch::Watch;

const SERVER: &str = "https://api:6443/";

fn status(code: u16, message: &str) -> Box<Status> {
    Status { code, message: message.into(), ..Status::default() }.boxed()
}

fn watch(kind: Kind, namespace: Option<&str>) -> Watch {
    Watch { kind, namespace: namespace.map(Into::into) }
}

fn slices(namespace: Option<&str>, error: &WatchError) -> String {
    error.describe(SERVER, &watch(Kind::EndpointSlice, namespace))
}

#[test]
fn the_verb_and_the_resource_are_named_and_the_rule_that_is_missing() {
    let forbidden = || kube::Error::Api(status(403, "no"));
    let rule = "apiGroups: [\"discovery.k8s.io\"], resources: [endpointslices], verbs: [list, watch]";
    for (namespace, error, expected) in [
        (
            None,
            WatchError::List(forbidden()),
            format!(
                "not allowed to list endpointslices.discovery.k8s.io: no; missing in a ClusterRole: {rule} (with a Role only, \
                 say its namespace: --namespace NS)"
            ),
        ),
        (
            Some("shop"),
            WatchError::Watch(forbidden()),
            format!(
                "not allowed to watch endpointslices.discovery.k8s.io in namespace \"shop\": no; missing in a Role of \
                 namespace \"shop\": {rule}"
            ),
        ),
        (
            None,
            WatchError::ErrorEvent(status(500, "etcd")),
            "the API server https://api:6443/ can't watch endpointslices.discovery.k8s.io: etcd (HTTP 500)".to_owned(),
        ),
        (
            None,
            WatchError::List(kube::Error::Api(status(401, "Unauthorized"))),
            "the API server https://api:6443/ doesn't know us: Unauthorized".to_owned(),
        ),
        (
            None,
            WatchError::Timeout { verb: Verb::List, after: Duration::from_secs(4) },
            "the API server https://api:6443/ doesn't answer to list endpointslices.discovery.k8s.io, within 4 s"
                .to_owned(),
        ),
    ] {
        assert_eq!(slices(namespace, &error), expected);
    }
    // A Role can't allow to list Namespaces.
    let message = WatchError::List(forbidden()).describe(SERVER, &watch(Kind::Namespace, Some("shop")));
    assert!(
        message.starts_with("not allowed to list namespaces named \"shop\": no; missing in a ClusterRole: "),
        "{message}"
    );
}

#[test]
fn a_lost_connection_reads_the_same_for_every_watch() {
    let refused = || kube::Error::Service(Box::new(io::Error::new(io::ErrorKind::ConnectionRefused, "refused")));
    let message = slices(None, &WatchError::List(refused()));
    assert_eq!(message, "the API server https://api:6443/ can't be reached: refused");
    assert_eq!(WatchError::Watch(refused()).describe(SERVER, &watch(Kind::Pod, None)), message);
}

#[test]
fn what_is_not_json_comes_from_something_else() {
    let html = serde_json::from_str::<u8>("<html>").unwrap_err();
    let message = slices(None, &WatchError::List(kube::Error::SerdeError(html)));
    assert!(message.starts_with("what answers at https://api:6443/ isn't an API server"), "{message}");
}

#[test]
fn rights_and_credentials_are_classes_of_their_own() {
    let class = |kind, code| WatchError::List(kube::Error::Api(status(code, ""))).class(&watch(kind, None));
    assert_eq!(class(Kind::Pod, 500), ErrorClass::ApiServer);
    assert_eq!(WatchError::EndedAtOnce.class(&watch(Kind::Pod, None)), ErrorClass::ApiServer);
    assert_eq!(class(Kind::Pod, 401), ErrorClass::Unauthorized);
    assert_ne!(class(Kind::Pod, 403), class(Kind::Service, 403));
}

#[test]
fn a_message_is_one_short_line() {
    let wordy = format!("first{}\nsecond", "!".repeat(1 << 20));
    let message = slices(None, &WatchError::ErrorEvent(status(500, &wordy)));
    assert!(message.len() < 300 && !message.contains("second"), "{message}");
    let message = slices(None, &WatchError::ErrorEvent(status(500, "\n one \n two")));
    assert!(message.contains(": one (HTTP"), "{message}");
}

#[test]
fn an_api_server_that_is_not_ready_says_why() {
    let message = describe_not_ready(SERVER, &status(500, "etcdserver: request timed out"));
    assert_eq!(message, "the API server https://api:6443/ isn't ready: etcdserver: request timed out (HTTP 500)");
    assert_eq!(
        describe_not_ready(SERVER, &status(401, "Unauthorized")),
        "the API server https://api:6443/ doesn't know us: Unauthorized"
    );
}

#[test]
fn a_timeout_is_called_one() {
    let elapsed = io::Error::new(io::ErrorKind::TimedOut, "deadline has elapsed");
    assert_eq!(root_cause(&kube::Error::Service(Box::new(elapsed))), "no answer in time");
}
