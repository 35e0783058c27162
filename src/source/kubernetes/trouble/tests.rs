use std::io;

use kube::core::Status;
use kube::runtime::watcher::Error;

use super::{not_ready, of_watch, root_cause};
use crate::model::Kind;
use crate::source::kubernetes::watch::Watch;

const SERVER: &str = "https://api:6443/";

fn status(code: u16, message: &str) -> Box<Status> {
    Status { code, message: message.into(), ..Status::default() }.boxed()
}

fn slices(namespace: Option<&str>, error: &Error) -> String {
    of_watch(SERVER, &Watch { kind: Kind::EndpointSlice, namespace: namespace.map(Into::into) }, error)
}

#[test]
fn the_verb_and_the_resource_are_named() {
    let forbidden = || kube::Error::Api(status(403, "no"));
    for (namespace, error, expected) in [
        (None, Error::InitialListFailed(forbidden()), "not allowed to list endpointslices.discovery.k8s.io: no"),
        (
            Some("shop"),
            Error::WatchStartFailed(forbidden()),
            "not allowed to watch endpointslices.discovery.k8s.io in namespace \"shop\": no",
        ),
        (
            None,
            Error::WatchError(status(500, "etcd")),
            "the API server https://api:6443/ can't watch endpointslices.discovery.k8s.io: etcd (HTTP 500)",
        ),
        (
            None,
            Error::InitialListFailed(kube::Error::Api(status(401, "Unauthorized"))),
            "the API server https://api:6443/ doesn't know us: Unauthorized",
        ),
    ] {
        assert_eq!(slices(namespace, &error), expected);
    }
    let namespaces = Watch { kind: Kind::Namespace, namespace: Some("shop".into()) };
    let said = of_watch(SERVER, &namespaces, &Error::InitialListFailed(forbidden()));
    assert_eq!(said, "not allowed to list namespaces named \"shop\": no");
}

#[test]
fn a_lost_connection_reads_the_same_for_every_watch() {
    let refused = || kube::Error::Service(Box::new(io::Error::new(io::ErrorKind::ConnectionRefused, "refused")));
    let said = slices(None, &Error::InitialListFailed(refused()));
    assert_eq!(said, "the API server https://api:6443/ can't be reached: refused");
    let other = Watch { kind: Kind::Pod, namespace: None };
    assert_eq!(of_watch(SERVER, &other, &Error::WatchFailed(refused())), said);
}

#[test]
fn one_short_line_is_said() {
    let wordy = format!("first{}\nsecond", "!".repeat(1 << 20));
    let said = slices(None, &Error::WatchError(status(500, &wordy)));
    assert!(said.len() < 300 && !said.contains("second"), "{said}");
    let said = slices(None, &Error::WatchError(status(500, "\n one \n two")));
    assert!(said.contains(": one (HTTP"), "{said}");
}

#[test]
fn the_failing_checks_of_readyz_are_named() {
    let checks = "[+]ping ok\n[-]etcd failed: reason withheld\n[+]a ok\n[-]b failed\nreadyz check failed\n";
    let said = not_ready(SERVER, &status(500, checks));
    assert_eq!(
        said,
        "the API server https://api:6443/ isn't ready: [-]etcd failed: reason withheld, [-]b failed (HTTP 500)"
    );
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
