//! The program as its users call it: what it prints, where, and how it ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that can't go on has failed"
)]

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use rig::addresses::free_address;
use rig::serve::Serve;
use rig::soon;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const CHANCERY: &str = env!("CARGO_BIN_EXE_chancery");

const CART: &str = r#"
apiVersion: v1
kind: Service
metadata:
  name: cart
  namespace: shop
  annotations:
    chancery.dev/enabled: "true"
spec:
  ports: [{name: grpc, port: 50051, appProtocol: grpc}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: cart-1
  namespace: shop
  labels: {kubernetes.io/service-name: cart}
addressType: IPv4
ports: [{name: grpc, port: 50051, protocol: TCP}]
endpoints:
  - addresses: [10.0.0.1]
    conditions: {ready: true}
"#;

/// The program without the variables of whoever runs the tests.
fn chancery(arguments: &[&str]) -> Command {
    let mut command = Command::new(CHANCERY);
    command.args(arguments).stdin(Stdio::null());
    let ours = |name: &str| name.starts_with("CHANCERY_") || name == "RUST_LOG";
    std::env::vars().filter(|(name, _)| ours(name)).for_each(|(name, _)| {
        command.env_remove(name);
    });
    command
}

/// How it ended: the exit code, what it printed, and what it said on stderr.
fn run(arguments: &[&str]) -> (i32, String, String) {
    outcome(chancery(arguments).output().unwrap())
}

fn outcome(output: Output) -> (i32, String, String) {
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!stderr.contains("panicked"), "{stderr}");
    (output.status.code().expect("no signal ended it"), stdout, stderr)
}

/// Runs it with this on its standard input.
fn run_with(arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut child =
        chancery(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    outcome(child.wait_with_output().unwrap())
}

fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(directory.path().join(name), content).unwrap();
    }
    directory
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn every_command_has_help_with_an_example() {
    let bootstraps = [&["bootstrap"][..], &["bootstrap", "envoy"], &["bootstrap", "grpc"]];
    for command in [&["serve"][..], &["render"], &["lint"], &["status"]].into_iter().chain(bootstraps) {
        let (code, out, err) = run(&[command, &["--help"]].concat());
        assert_eq!((code, err.as_str()), (0, ""));
        assert!(out.contains("Usage: chancery ") && out.contains("Example"), "{out}");
        assert!(out.contains(&format!("\n  chancery {}", command.join(" "))), "{out}");
    }
}

#[test]
fn the_program_says_what_it_is() {
    let (code, out, _) = run(&["--version"]);
    assert_eq!((code, out.trim()), (0, concat!("chancery ", env!("CARGO_PKG_VERSION"))));
    let (code, out, _) = run(&["--help"]);
    assert_eq!(code, 0);
    for command in ["serve", "render", "lint", "status", "bootstrap"] {
        assert!(out.contains(&format!("\n  {command} ")), "{out}");
    }
    assert!(out.contains("Exit codes: 0 ok, 1 the input is bad, 2 wrong usage"), "{out}");
}

#[test]
fn wrong_usage_is_exit_code_2() {
    for arguments in [
        &[][..],
        &["sevre"],
        &["--no-such-flag"],
        &["serve", "--no-such-flag"],
        &["serve", "--xds-listen", "here"],
        &["serve", "--shutdown-grace", "10"],
        &["serve", "--log-format", "xml"],
        &["serve", "--source", "etcd"],
        &["serve", "--source", "kubernetes", "--manifests", "."],
        &["serve", "stray"],
        &["render"],
        &["render", ".", "--for", "nginx"],
        &["render", ".", "-o", "xml"],
        &["lint"],
        &["lint", "--namespace", "shop"],
        &["lint", ".", "--kubeconfig", "config"],
        &["lint", ".", "--namespace", "shop"],
        &["bootstrap"],
        &["bootstrap", "nginx"],
        &["bootstrap", "envoy", "--server", "nowhere"],
        &["bootstrap", "envoy", "--node-id", ""],
        &["bootstrap", "grpc", "--server", "nowhere"],
        &["bootstrap", "grpc", "--server", "chancery:18000,"],
        &["bootstrap", "grpc", "--node-id", ""],
        &["bootstrap", "grpc", "--fleet", "edge"],
    ] {
        let (code, out, err) = run(arguments);
        assert_eq!(code, 2, "{arguments:?}: {err}");
        assert!(out.is_empty() && !err.is_empty(), "{arguments:?}: {out}");
    }
}

#[test]
fn an_argument_that_is_not_text_is_wrong_usage() {
    use std::os::unix::ffi::OsStringExt;
    let garbage = std::ffi::OsString::from_vec(vec![b'-', b'-', 0xff, 0xfe]);
    let (code, _, err) = outcome(chancery(&["serve"]).arg(garbage).output().unwrap());
    assert_eq!(code, 2, "{err}");
}

#[test]
fn a_bad_configuration_file_is_named_with_the_line() {
    let directory = directory(&[("chancery.yaml", "cluster-domain: k8s\nadmin-lsten: 1\n")]);
    let file = directory.path().join("chancery.yaml");
    let (code, _, err) = run(&["serve", "--config", text(&file)]);
    let expected =
        format!("error: {}:2: unknown key \"admin-lsten\"; did you mean \"admin-listen\"?\n", file.display());
    assert_eq!((code, err), (1, expected));
    let (code, _, err) = run(&["serve", "--config", "no/such.yaml"]);
    assert_eq!((code, err.as_str()), (1, "error: --config no/such.yaml: No such file or directory (os error 2)\n"));
}

/// Each origin names another source, and the error tells which one won.
#[test]
fn a_flag_beats_the_variable_which_beats_the_file() {
    let directory = directory(&[("chancery.yaml", "manifests: no/such/file-said\n")]);
    let file = directory.path().join("chancery.yaml");
    let listen = ["serve", "--xds-listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0"];
    let error = |flags: &[&str], variable: Option<&str>| {
        let mut command = chancery(&[&listen, flags].concat());
        command.env("CHANCERY_CONFIG", &file);
        if let Some(variable) = variable {
            command.env("CHANCERY_MANIFESTS", variable);
        }
        let (code, _, err) = outcome(command.output().unwrap());
        assert_eq!(code, 1, "{err}");
        err
    };
    assert!(error(&[], None).contains("no/such/file-said"));
    assert!(error(&[], Some("no/such/variable-said")).contains("no/such/variable-said"));
    let err = error(&["--manifests", "no/such/flag-said"], Some("no/such/variable-said"));
    assert!(err.contains("no/such/flag-said"), "{err}");
    assert_eq!(err.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{err}");
}

#[test]
fn variables_are_checked_like_flags() {
    for (variable, value) in [
        ("CHANCERY_SOURCE", "etcd"),
        ("CHANCERY_XDS_LISTEN", "here"),
        ("CHANCERY_ADMIN_LISTEN", "here"),
        ("CHANCERY_CLUSTER_DOMAIN", "A_b"),
        ("CHANCERY_ENVOY_LISTENER", "0.0.0.0:0"),
        ("CHANCERY_SHUTDOWN_GRACE", "10"),
        ("CHANCERY_LOG_FORMAT", "xml"),
        ("CHANCERY_ALLOW_LOOPBACK_ENDPOINTS", "perhaps"),
        ("CHANCERY_COMPAT", "contour"),
        ("RUST_LOG", "chancery=loud"),
    ] {
        let (code, _, err) = outcome(chancery(&["serve"]).env(variable, value).output().unwrap());
        assert_eq!(code, 2, "{variable}: {err}");
        assert!(err.starts_with("error: "), "{variable}: {err}");
    }
}

#[test]
fn lint_is_content_with_good_manifests() {
    let directory = directory(&[("cart.yaml", CART)]);
    let (code, out, err) = run(&["lint", text(directory.path())]);
    assert_eq!((code, out.as_str(), err.as_str()), (0, "2 objects: 0 errors, 0 warnings\n", ""));
    assert_eq!(run_with(&["lint", "-"], CART).0, 0);
    assert_eq!(run_with(&["lint", "-", "-o", "json"], CART).1, "[]\n");
}

#[test]
fn lint_says_what_it_can_look_at() {
    let (_, _, err) = run(&["lint"]);
    assert!(err.contains("files of manifests") && err.contains("--kubeconfig FILE"), "{err}");
}

#[test]
fn lint_of_a_cluster_that_cannot_be_reached() {
    let directory = tempfile::tempdir().unwrap();
    let kubeconfig = directory.path().join("config");
    let (code, _, err) = run(&["lint", "--kubeconfig", text(&kubeconfig)]);
    assert!(code == 1 && err.contains(text(&kubeconfig)), "{code}: {err}");
    // Nothing listens on the discard port.
    let config = json!({
        "clusters": [{"name": "test", "cluster": {"server": "https://127.0.0.1:9"}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "users": [{"name": "test", "user": {"token": "t"}}],
        "current-context": "test",
    });
    std::fs::write(&kubeconfig, config.to_string()).unwrap();
    let (code, out, err) = run(&["lint", "--kubeconfig", text(&kubeconfig)]);
    assert!(code == 3 && out.is_empty() && err.contains("https://127.0.0.1:9/ can't be reached"), "{code}: {out}{err}");
}

#[test]
fn lint_names_file_line_object_and_field() {
    let bad = CART.replace(
        "chancery.dev/enabled: \"true\"",
        "chancery.dev/enabled: \"true\"\n    chancery.dev/num-retries: lots",
    );
    let directory = directory(&[("cart.yaml", &bad)]);
    let file = directory.path().join("cart.yaml");
    let (code, out, _) = run(&["lint", text(directory.path())]);
    assert_eq!(code, 1);
    let expected = format!(
        "{}:9: error: Service shop/cart: metadata.annotations[chancery.dev/num-retries]: \"lots\": ",
        file.display()
    );
    assert!(out.starts_with(&expected), "{out}");
    assert!(out.ends_with("\n2 objects: 1 error, 0 warnings\n"), "{out}");

    let (code, out, _) = run(&["lint", text(directory.path()), "-o", "json"]);
    assert_eq!(code, 1);
    let list: Value = serde_json::from_str(&out).unwrap();
    let problem = &list.as_array().unwrap()[0];
    for (key, value) in [
        ("file", json!(text(&file))),
        ("line", json!(9)),
        ("severity", json!("error")),
        ("kind", json!("Service")),
        ("namespace", json!("shop")),
        ("name", json!("cart")),
        ("value", json!("lots")),
    ] {
        assert_eq!(problem[key], value, "{key}");
    }
}

#[test]
fn warnings_do_not_fail_lint() {
    let odd = CART
        .replace("chancery.dev/enabled: \"true\"", "chancery.dev/enabled: \"true\"\n    chancery.dev/lb-polcy: maglev");
    let (code, out, _) = run_with(&["lint", "-"], &odd);
    assert_eq!(code, 0, "{out}");
    assert!(out.starts_with("-:9: warning: Service shop/cart: ") && out.contains("chancery.dev/lb-policy"), "{out}");
}

#[test]
fn render_prints_the_four_lists_alike_in_both_formats() {
    let directory = directory(&[("cart.yaml", CART)]);
    let (code, out, err) = run(&["render", text(directory.path()), "-o", "json"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let lists: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(lists.as_object().unwrap().keys().collect::<Vec<_>>(), ["clusters", "endpoints", "listeners", "routes"]);
    assert_eq!(lists["clusters"][0]["name"], "shop/cart/50051");
    assert_eq!(lists["endpoints"][0]["cluster_name"], "shop/cart/50051");

    let (code, yaml, _) = run(&["render", text(directory.path())]);
    assert_eq!(code, 0);
    assert_eq!(serde_saphyr::from_str::<Value>(&yaml).unwrap(), lists);
    assert_eq!(run_with(&["render", "-"], CART).1, yaml);
}

#[test]
fn render_shows_what_grpc_clients_get_under_the_name_that_they_dial() {
    let (code, out, err) = run_with(&["render", "-", "--for", "grpc", "-o", "json"], CART);
    assert_eq!((code, err.as_str()), (0, ""));
    let lists: Value = serde_json::from_str(&out).unwrap();
    let name = |list: &str, field: &str| lists[list][0][field].as_str().unwrap().to_owned();
    assert_eq!(name("listeners", "name"), "cart.shop:50051");
    assert_eq!(name("routes", "name"), "cart.shop.svc.cluster.local:50051");
    assert_eq!(
        (name("clusters", "name"), name("endpoints", "cluster_name")),
        ("shop/cart/50051".into(), "shop/cart/50051".into())
    );
    assert!(lists["listeners"][0]["address"].is_null() && lists["listeners"][0]["api_listener"].is_object(), "{out}");
    let (_, elsewhere, _) =
        run_with(&["render", "-", "--for", "grpc", "--cluster-domain", "k8s.example", "-o", "json"], CART);
    assert!(elsewhere.contains("cart.shop.svc.k8s.example:50051"), "{elsewhere}");
}

#[test]
fn render_shows_a_fleet_what_is_for_it() {
    let edge =
        CART.replace("chancery.dev/enabled: \"true\"", "chancery.dev/enabled: \"true\"\n    chancery.dev/fleets: edge");
    let clusters = |arguments: &[&str]| {
        let (code, out, _) = run_with(&[&["render", "-", "-o", "json"], arguments].concat(), &edge);
        assert_eq!(code, 0);
        serde_json::from_str::<Value>(&out).unwrap()["clusters"].as_array().unwrap().len()
    };
    assert_eq!((clusters(&[]), clusters(&["--fleet", "edge"]), clusters(&["--fleet", "inner"])), (0, 1, 0));
}

#[test]
fn render_shows_a_client_what_is_for_its_place() {
    let levels = |arguments: &[&str]| {
        let input = "tests/golden/zones/prefer-node/in.yaml";
        let (code, out, err) = run(&[&["render", input, "-o", "json"], arguments].concat());
        assert_eq!(code, 0, "{err}");
        let lists: Value = serde_json::from_str(&out).unwrap();
        let groups = lists["endpoints"][0]["endpoints"].as_array().unwrap().clone();
        groups.iter().filter_map(|group| group["priority"].as_u64()).max()
    };
    assert_eq!(levels(&[]), None);
    assert_eq!(levels(&["--zone", "eu-1a"]), Some(1));
    assert_eq!(levels(&["--node-name", "worker-1"]), Some(2));
}

#[test]
fn render_says_what_it_could_not_use_and_shows_the_rest() {
    let (code, out, err) = run_with(&["render", "-", "-o", "json"], &format!("{CART}---\n[not: closed"));
    assert_eq!(code, 1);
    assert!(err.contains(": error: "), "{err}");
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["clusters"].as_array().unwrap().len(), 1);
}

#[test]
fn silly_input_costs_an_exit_code_and_nothing_else() {
    let long = CART.replace("\"true\"", &format!("\"{}\"", "x".repeat(10 << 20)));
    let deep = "[".repeat(100_000);
    for (input, expected) in [
        ("", 0),
        ("\n---\n---\n", 0),
        ("# nothing\n", 0),
        ("null", 0),
        ("just words", 0),
        ("{}", 0),
        ("\u{0}\u{1}\u{2}", 1),
        ("a: &a [*a]", 1),
        (&deep, 1),
        (&long, 1),
    ] {
        let name: String = input.chars().take(20).collect();
        let (code, out, err) = run_with(&["lint", "-"], input);
        assert_eq!(code, expected, "{name:?}: {out}{err}");
        assert!(out.len() < 10_000, "{name:?}: {} bytes", out.len());
        let (code, _, _) = run_with(&["render", "-"], input);
        assert_eq!(code, expected, "{name:?}");
    }
    let garbage = tempfile::tempdir().unwrap();
    fs::write(garbage.path().join("a.yaml"), (0..=255).cycle().take(100_000).collect::<Vec<u8>>()).unwrap();
    assert_eq!(run(&["lint", text(garbage.path())]).0, 0);
}

#[test]
fn what_is_not_there_is_bad_input() {
    for command in ["lint", "render"] {
        let (code, out, err) = run(&[command, "no/such/directory"]);
        assert_eq!((code, out.as_str()), (1, ""));
        assert!(err.starts_with("error: no/such/directory: ") && err.lines().count() == 1, "{err}");
    }
}

#[test]
fn a_bootstrap_is_yaml_for_this_server() {
    let (code, out, err) = run(&["bootstrap", "envoy", "--server", "chancery.example:9000", "--zone", "b"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let bootstrap: Value = serde_saphyr::from_str(&out).unwrap();
    assert_eq!(bootstrap["node"]["locality"]["zone"], "b");
    assert!(out.contains("address: chancery.example"), "{out}");
}

/// `chancery render … | head`: whoever stops reading gets no complaint.
#[test]
fn a_closed_pipe_is_no_failure() {
    for command in ["render", "lint"] {
        let mut child = chancery(&[command, "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        child.stdin.take().unwrap().write_all(CART.as_bytes()).unwrap();
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""), "{command}");
    }
}

#[tokio::test]
async fn serve_answers_on_the_admin_port_and_ends_on_sigterm() {
    let directory = directory(&[("cart.yaml", CART)]);
    let mut serve = Serve::start(CHANCERY, &["--manifests", text(directory.path()), "--log-format", "json"]);
    serve.ready().await;
    for page in ["/", "/livez", "/metrics", "/api/v1/rejected"] {
        assert_eq!(serve.get(page).await.unwrap().0, 200, "{page}");
    }
    let (_, dump) = serve.get("/config_dump").await.unwrap();
    assert_eq!(serde_json::from_str::<Value>(&dump).unwrap()["clusters"][0]["name"], "shop/cart/50051");
    serve.terminate().await;
    assert!(serve.ended().await.success());
    serve.logged("Stopped").await;
    for line in serve.log().lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let directory = directory(&[]);
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    for (xds, admin, flag) in [(address, free_address(), "--xds-listen"), (free_address(), address, "--admin-listen")] {
        let mut serve = Serve::start_at(CHANCERY, xds, admin, &["--manifests", text(directory.path())]);
        assert_eq!(serve.ended().await.code(), Some(1));
        let expected = format!("error: can't listen at {address}; choose another address with {flag}: ");
        serve.logged(&expected).await;
    }
}

/// A client that never finishes its request keeps the admin server from ending in good order.
async fn stubborn_client(serve: &Serve) -> TcpStream {
    let mut client = TcpStream::connect(serve.admin).await.unwrap();
    client.write_all(b"GET /livez HTTP/1.1\r\n").await.unwrap();
    // An answer to a later request means that the server has read what came before.
    serve.ready().await;
    client
}

#[tokio::test]
async fn the_grace_period_ends_the_wait() {
    let directory = directory(&[]);
    let arguments = ["--manifests", text(directory.path()), "--shutdown-grace", "200ms"];
    let mut serve = Serve::start(CHANCERY, &arguments);
    serve.ready().await;
    let _client = stubborn_client(&serve).await;
    let begun = Instant::now();
    serve.terminate().await;
    assert_eq!(serve.ended().await.code(), Some(0));
    assert!(begun.elapsed() >= Duration::from_millis(200));
    serve.logged("the grace period is over").await;
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let directory = directory(&[]);
    let mut serve = Serve::start(CHANCERY, &["--manifests", text(directory.path()), "--shutdown-grace", "1h"]);
    serve.ready().await;
    let _client = stubborn_client(&serve).await;
    serve.terminate().await;
    serve.logged("Stopping").await;
    assert!(TcpStream::connect(serve.xds).await.is_err() || soon_refused(&serve).await);
    serve.terminate().await;
    assert_eq!(serve.ended().await.code(), Some(0));
    serve.logged("on a second signal").await;
}

/// The log line comes a moment before the listener closes.
async fn soon_refused(serve: &Serve) -> bool {
    soon("the xDS port to close", async {
        while TcpStream::connect(serve.xds).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    true
}
