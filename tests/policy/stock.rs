//! What a gRPC server that isn't ours thinks of Envoy's ways: grpcio, whose core is that of C++, Python, Ruby and PHP.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use rig::manifests::Condition;
use rig::soon;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

use crate::caller::{Ask, Caller, Talk, header};
use crate::scene::Scene;

/// Names the Python to run it with.
const PYTHON: &str = "CHANCERY_PYTHON";

/// The server. Its name is its pod's.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/policy/stock.py");

/// How many bytes a PING has, and its answer: a header of a frame and 8 bytes.
const PING: u64 = 17;

/// What a server says that is content with PINGs this often. On its own it wants 5 minutes.
const EVERY_100MS: &str = "grpc.http2.min_ping_interval_without_data_ms=100";

/// Connections that the server has told Envoy to leave, by GOAWAY.
const GOAWAYS: &str = "upstream_cx_close_notify";

/// A server in a process of its own. Killed when dropped.
struct Stock {
    process: Child,
    stdin: ChildStdin,
}

impl Stock {
    /// Starts one that listens when this returns.
    async fn start(name: &str, address: SocketAddr, options: &[&str]) -> Self {
        let python = python();
        let mut process = Command::new(&python)
            .args([PROGRAM, &address.to_string(), name])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}: run `make grpcio`", python.display()));
        let (stdin, stdout) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let mut lines = BufReader::new(stdout).lines();
        let line = soon("the server to listen", lines.next_line()).await.unwrap();
        assert_eq!(line.as_deref(), Some("ready"), "what the server wrote");
        Self { process, stdin }
    }

    /// Stops it as servers are stopped: it takes no more connections, tells clients to go away (GOAWAY), and ends when what
    /// has begun has ended.
    async fn stop(&mut self) {
        self.stdin.write_all(b"stop\n").await.unwrap();
    }

    /// Returns when it has ended, all by itself.
    async fn ended(&mut self) {
        let status = soon("the server's end", self.process.wait()).await.unwrap();
        assert!(status.success(), "{status}");
    }
}

fn python() -> OsString {
    std::env::var_os(PYTHON).unwrap_or_else(|| panic!("{PYTHON} doesn't name a Python with grpcio: run `make test`"))
}

/// Callers that call all the time.
struct Busy {
    answers: watch::Sender<u64>,
    end: CancellationToken,
    callers: JoinSet<Result<(), Status>>,
}

impl Busy {
    async fn start(scene: &Scene) -> Self {
        let mut busy = Self { answers: watch::Sender::new(0), end: CancellationToken::new(), callers: JoinSet::new() };
        for _ in 0..6 {
            let (caller, answers, end) = (scene.caller().await, busy.answers.clone(), busy.end.clone());
            busy.callers.spawn(async move {
                while !end.is_cancelled() {
                    caller.pod().await?;
                    answers.send_modify(|count| *count += 1);
                }
                Ok(())
            });
        }
        busy
    }

    /// Returns after some more answers.
    async fn for_a_while(&self) {
        let mut answers = self.answers.subscribe();
        let goal = *answers.borrow_and_update() + 300;
        soon("answers", answers.wait_for(|count| *count >= goal)).await.unwrap();
    }

    /// Ends all; no call ever failed.
    async fn end(self) {
        self.end.cancel();
        let failures: Vec<Status> = self.callers.join_all().await.into_iter().filter_map(Result::err).collect();
        assert!(failures.is_empty(), "{failures:?}");
    }
}

/// The Service `cart` with these annotations and one such server, `cart-1`, with these options.
async fn cart(annotations: &[(&str, &str)], options: &[&str]) -> (Scene, Stock) {
    let mut scene = Scene::of_cart(0, annotations).await;
    let server = add(&mut scene, "cart-1", options).await;
    scene.settled().await;
    (scene, server)
}

/// One more server. See [`Scene::settled`].
async fn add(scene: &mut Scene, name: &str, options: &[&str]) -> Stock {
    let address = scene.free_address();
    let server = Stock::start(name, address, options).await;
    scene.list_at("cart", name, address);
    server
}

/// A stream on which something was said.
async fn talk(caller: &Caller) -> Talk {
    let mut talk = caller.talk().await.unwrap();
    assert_eq!(talk.say("hello").await.unwrap(), "cart-1");
    talk
}

/// Returns when Envoy got so many answers to PINGs. Nothing else is said meanwhile, or little.
async fn until_pinged(scene: &Scene, times: u64) {
    let before = scene.count("upstream_cx_rx_bytes_total").await;
    scene.until_count("upstream_cx_rx_bytes_total", |bytes| bytes >= before + times * PING).await;
}

/// How long the caller is going to wait as far as the server knows, in seconds.
async fn remaining(caller: &Caller, ask: Ask<'_>) -> u64 {
    header(&caller.ask(ask).await, "time-remaining").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_stream_lives_for_a_minute_on_one_connection() {
    let (scene, _server) = cart(&[], &[]).await;
    let caller = scene.caller().await;
    let mut talk = talk(&caller).await;
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(talk.say("still there?").await.unwrap(), "cart-1");
    assert_eq!(caller.pod().await.unwrap(), "cart-1");
    assert_eq!(scene.count("upstream_cx_total").await, 1);
    assert_eq!(scene.count(GOAWAYS).await, 0);
}

/// That is why there are none by default, and why `lint` warns of less than 5 minutes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pings_more_often_than_the_server_likes_cost_the_connection() {
    let (scene, _server) = cart(&[("keepalive-interval", "100ms")], &[]).await;
    let status = talk(&scene.caller().await).await.ended().await.unwrap();
    assert_eq!((status.code(), status.message()), (Code::Unavailable, "Too many pings"));
    assert_eq!(scene.count(GOAWAYS).await, 1);
}

/// As often as the server likes at most: 100 ms for both here, 5 minutes for both in `keepalive-interval: 5m` and a server
/// that says nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pings_as_often_as_the_server_likes_are_answered() {
    let (scene, _server) = cart(&[("keepalive-interval", "100ms")], &[EVERY_100MS]).await;
    let mut talk = talk(&scene.caller().await).await;
    until_pinged(&scene, 20).await;
    assert_eq!(talk.say("still there?").await.unwrap(), "cart-1");
    assert_eq!(scene.count("upstream_cx_total").await, 1);
    assert_eq!(scene.count(GOAWAYS).await, 0);
}

/// Without calls a server wants 2 hours between PINGs, however often it likes them else. No request notices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_without_calls_is_lost_to_pings_and_no_request() {
    let (scene, _server) = cart(&[("keepalive-interval", "100ms")], &[EVERY_100MS]).await;
    let caller = scene.caller().await;
    for count in 1..=3 {
        assert_eq!(caller.pod().await.unwrap(), "cart-1");
        scene.until_count(GOAWAYS, |goaways| goaways == count).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_without_calls_lives_where_pings_are_permitted() {
    for permission in ["grpc.keepalive_permit_without_calls=1", "grpc.http2.max_ping_strikes=0"] {
        let (scene, _server) = cart(&[("keepalive-interval", "100ms")], &[EVERY_100MS, permission]).await;
        let caller = scene.caller().await;
        assert_eq!(caller.pod().await.unwrap(), "cart-1");
        until_pinged(&scene, 20).await;
        assert_eq!(caller.pod().await.unwrap(), "cart-1");
        assert_eq!(scene.count("upstream_cx_total").await, 1, "{permission}");
        assert_eq!(scene.count(GOAWAYS).await, 0, "{permission}");
    }
}

/// How long the caller is going to wait, or Envoy, whichever is shorter: so a server can give up what is in vain.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_knows_how_long_there_is() {
    let (mut scene, _server) = cart(&[], &[]).await;
    let caller = scene.caller().await;
    let hour = Ask { deadline: Some(Duration::from_hours(1)), ..Ask::default() };
    let (of_hour, endless) = (remaining(&caller, hour).await, remaining(&caller, Ask::default()).await);
    assert!((3000..=3600).contains(&of_hour), "of an hour: {of_hour} s");
    assert!(endless > 1_000_000_000, "without a deadline: {endless} s");

    scene.annotate(&[("timeout", "10m")]).await;
    let caller = scene.caller().await;
    let (of_hour, endless) = (remaining(&caller, hour).await, remaining(&caller, Ask::default()).await);
    for of_ten_minutes in [of_hour, endless] {
        assert!((500..=600).contains(&of_ten_minutes), "of ten minutes: {of_ten_minutes} s");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_health_service_is_understood() {
    let annotations = [("health-check", "grpc"), ("health-check-interval", "100ms")];
    let (scene, _server) = cart(&annotations, &[]).await;
    scene.until_count("health_check.success", |count| count >= 5).await;
    assert_eq!(scene.count("membership_healthy").await, 1);
    assert_eq!(scene.caller().await.pod().await.unwrap(), "cart-1");
    assert_eq!(scene.count("health_check.failure").await, 0);
}

/// In the order in which Kubernetes ends pods as a rule: those who watch have heard of it before the server has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_and_no_stream_while_a_server_stops() {
    let (mut scene, mut leaving) = cart(&[], &[]).await;
    let _staying = add(&mut scene, "cart-2", &[]).await;
    scene.settled().await;
    let caller = scene.caller().await;
    let mut talks = BTreeMap::new();
    for _ in 0..2 {
        let mut talk = caller.talk().await.unwrap();
        talks.insert(talk.say("who are you?").await.unwrap(), talk);
    }
    assert_eq!(talks.len(), 2, "each in its turn");
    let busy = Busy::start(&scene).await;

    scene.list("cart", "cart-1", Some(Condition::Terminating));
    scene.settled().await;
    busy.for_a_while().await;
    leaving.stop().await;
    scene.until_count(GOAWAYS, |count| count > 0).await;
    busy.for_a_while().await;
    assert_eq!(caller.spread(20).await, [("cart-2".to_owned(), 20)].into());
    for (pod, talk) in &mut talks {
        assert_eq!(talk.say("still there?").await.as_ref().ok(), Some(pod));
    }
    talks.remove("cart-1");
    leaving.ended().await;
    busy.end().await;
}
