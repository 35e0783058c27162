use std::io;
use std::time::Duration;

use kube::core::Status;

use super::{Cause, Trouble, not_ready, root_cause};
use crate::model::Kind;
use crate::source::kubernetes::watch::Watch;

const SERVER: &str = "https://api:6443/";

fn status(code: u16, message: &str) -> Box<Status> {
    Status { code, message: message.into(), ..Status::default() }.boxed()
}

fn watch(kind: Kind, namespace: Option<&str>) -> Watch {
    Watch { kind, namespace: namespace.map(Into::into) }
}

fn slices(namespace: Option<&str>, trouble: &Trouble) -> String {
    trouble.describe(SERVER, &watch(Kind::EndpointSlice, namespace))
}

#[test]
fn the_verb_and_the_resource_are_named_and_the_rule_that_is_missing() {
    let forbidden = || kube::Error::Api(status(403, "no"));
    let rule = "apiGroups: [\"discovery.k8s.io\"], resources: [endpointslices], verbs: [list, watch]";
    for (namespace, trouble, expected) in [
        (
            None,
            Trouble::List(forbidden()),
            format!(
                "not allowed to list endpointslices.discovery.k8s.io: no; missing in a ClusterRole: {rule} (with a Role only, \
                 say its namespace: --namespace NS)"
            ),
        ),
        (
            Some("shop"),
            Trouble::Watch(forbidden()),
            format!(
                "not allowed to watch endpointslices.discovery.k8s.io in namespace \"shop\": no; missing in a Role of \
                 namespace \"shop\": {rule}"
            ),
        ),
        (
            None,
            Trouble::Said(status(500, "etcd")),
            "the API server https://api:6443/ can't watch endpointslices.discovery.k8s.io: etcd (HTTP 500)".to_owned(),
        ),
        (
            None,
            Trouble::List(kube::Error::Api(status(401, "Unauthorized"))),
            "the API server https://api:6443/ doesn't know us: Unauthorized".to_owned(),
        ),
        (
            None,
            Trouble::Unanswered("list", Duration::from_secs(4)),
            "the API server https://api:6443/ doesn't answer to list endpointslices.discovery.k8s.io, within 4 s"
                .to_owned(),
        ),
    ] {
        assert_eq!(slices(namespace, &trouble), expected);
    }
    // A Role can't allow to list Namespaces.
    let said = Trouble::List(forbidden()).describe(SERVER, &watch(Kind::Namespace, Some("shop")));
    assert!(
        said.starts_with("not allowed to list namespaces named \"shop\": no; missing in a ClusterRole: "),
        "{said}"
    );
}

#[test]
fn a_lost_connection_reads_the_same_for_every_watch() {
    let refused = || kube::Error::Service(Box::new(io::Error::new(io::ErrorKind::ConnectionRefused, "refused")));
    let said = slices(None, &Trouble::List(refused()));
    assert_eq!(said, "the API server https://api:6443/ can't be reached: refused");
    assert_eq!(Trouble::Watch(refused()).describe(SERVER, &watch(Kind::Pod, None)), said);
}

#[test]
fn what_is_not_json_comes_from_something_else() {
    let html = serde_json::from_str::<u8>("<html>").unwrap_err();
    let said = slices(None, &Trouble::List(kube::Error::SerdeError(html)));
    assert!(said.starts_with("what answers at https://api:6443/ isn't an API server"), "{said}");
}

#[test]
fn only_rights_and_credentials_are_causes_of_their_own() {
    let cause = |kind, code| Trouble::List(kube::Error::Api(status(code, ""))).cause(&watch(kind, None));
    assert_eq!(cause(Kind::Pod, 500), Cause::Server);
    assert_eq!(Trouble::Ended.cause(&watch(Kind::Pod, None)), Cause::Server);
    assert_eq!(cause(Kind::Pod, 401), Cause::Unknown);
    assert_ne!(cause(Kind::Pod, 403), cause(Kind::Service, 403));
}

#[test]
fn one_short_line_is_said() {
    let wordy = format!("first{}\nsecond", "!".repeat(1 << 20));
    let said = slices(None, &Trouble::Said(status(500, &wordy)));
    assert!(said.len() < 300 && !said.contains("second"), "{said}");
    let said = slices(None, &Trouble::Said(status(500, "\n one \n two")));
    assert!(said.contains(": one (HTTP"), "{said}");
}

#[test]
fn an_api_server_that_is_not_ready_says_why() {
    let said = not_ready(SERVER, &status(500, "etcdserver: request timed out"));
    assert_eq!(said, "the API server https://api:6443/ isn't ready: etcdserver: request timed out (HTTP 500)");
    assert_eq!(
        not_ready(SERVER, &status(401, "Unauthorized")),
        "the API server https://api:6443/ doesn't know us: Unauthorized"
    );
}

#[test]
fn a_timeout_is_called_one() {
    let elapsed = io::Error::new(io::ErrorKind::TimedOut, "deadline has elapsed");
    assert_eq!(root_cause(&kube::Error::Service(Box::new(elapsed))), "no answer in time");
}
