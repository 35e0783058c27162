//! A network namespace of a test's own, where pods have addresses that Kubernetes accepts.
//!
//! kube-apiserver refuses endpoints with loopback addresses, and a test may not use addresses that could be somebody's. In
//! a namespace of its own all of [`PODS`] is this test's, and no packet leaves it.

use std::net::Ipv4Addr;
use std::process::{Command, Stdio};

/// Set in the process that runs inside.
const INSIDE: &str = "CHANCERY_TEST_NETWORK";

/// The pods' network, all of which is local inside.
pub const PODS: &str = "10.244.0.1/16";

/// The address of the pod with this number, 0 to 65000.
pub fn pod_address(number: u16) -> Ipv4Addr {
    let [high, low] = number.to_be_bytes();
    Ipv4Addr::new(10, 244, high, low)
}

/// Runs the body of the test `name` in a network namespace of its own, which needs root or user namespaces: runs this test
/// program again, inside, for that one test.
///
/// # Panics
/// When it fails there, or there can't be such a namespace.
pub fn isolated(name: &str, body: impl Future<Output = ()>) {
    if std::env::var_os(INSIDE).is_none() {
        let program = std::env::current_exe().expect("a test program has a path");
        let status = Command::new("unshare")
            .args(["--net", "--map-root-user", "--kill-child", "--"])
            .arg(program)
            .args(["--exact", name, "--nocapture"])
            .env(INSIDE, "1")
            .stdin(Stdio::null())
            .status()
            .expect("unshare (util-linux) runs");
        assert!(status.success(), "{name} failed in its network namespace: {status}");
        return;
    }
    for arguments in ["link set lo up", &format!("address add {PODS} dev lo")] {
        let status = Command::new("ip").args(arguments.split(' ')).status().expect("ip (iproute2) runs");
        assert!(status.success(), "ip {arguments}: {status}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(body);
}
