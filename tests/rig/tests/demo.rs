//! What `make run` and `make run-grpc` start, as a user runs it. `chancery` must lie beside it: `cargo build`, if it isn't the
//! whole workspace that is tested.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use rig::{programs, soon};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

const DEMO: &str = env!("CARGO_BIN_EXE_demo");

/// The whole story takes about ten seconds.
const PATIENCE: Duration = Duration::from_mins(2);

fn demo(temporary: &tempfile::TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(DEMO);
    command.args(arguments).arg("--envoy").arg(programs::envoy().path);
    command.env("TMPDIR", temporary.path()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

fn demo_grpc(temporary: &tempfile::TempDir, arguments: &[&str]) -> Command {
    let mut command = demo(temporary, &[&["grpc"], arguments].concat());
    command.arg("--client").arg(programs::client("node"));
    command
}

fn is_empty(directory: &tempfile::TempDir) -> bool {
    fs::read_dir(directory.path()).unwrap().next().is_none()
}

async fn tells_its_story(temporary: tempfile::TempDir, mut command: Command, story: &[&str]) {
    let output = timeout(PATIENCE, command.output()).await.unwrap().unwrap();
    let (shown, errors) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{shown}\n{errors}");
    let mut rest = &*shown;
    for part in story {
        let (_, after) = rest.split_once(part).unwrap_or_else(|| panic!("no {part:?}, in this order, in:\n{shown}"));
        rest = after;
    }
    assert_eq!(errors, "");
    assert!(shown.lines().all(|line| line.len() <= 100 && !line.contains('\x1b')), "{shown}");
    assert!(is_empty(&temporary));
}

#[tokio::test]
async fn without_a_terminal_it_tells_its_story_and_loses_nothing() {
    let temporary = tempfile::tempdir().unwrap();
    let command = demo(&temporary, &["--pods", "3", "--rate", "400"]);
    let story = ["cart-4 is added", "cart-1 is deleted", "cart-2 is killed", " answered, 0 failed."];
    tells_its_story(temporary, command, &story).await;
}

#[tokio::test]
async fn a_client_without_a_proxy_notices_envoys_and_they_notice_pods_and_nothing_is_lost() {
    let temporary = tempfile::tempdir().unwrap();
    let command = demo_grpc(&temporary, &["--rate", "100"]);
    let story = [
        "gateway-3 ",
        "cart-3 ",
        "gateway-4 is added",
        "gateway-4 ",
        "cart-4 is added",
        "cart-4 ",
        "gateway-1 is deleted",
        "cart-1 is deleted",
        "gateway-2 is killed",
        " answered, 0 failed.",
        "The Envoys refused 0 updates, the client 0.",
    ];
    tells_its_story(temporary, command, &story).await;
}

fn children(pid: u32) -> Vec<String> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap().map(|thread| thread.unwrap().path());
    let children = threads.map(|thread| fs::read_to_string(thread.join("children")).unwrap());
    children.flat_map(|children| children.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
}

async fn is_ended_by_a_signal(temporary: tempfile::TempDir, mut command: Command, processes: usize) {
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut shown = String::new();
    while !shown.starts_with("2 of ") {
        shown = soon("the next line", lines.next_line()).await.unwrap().unwrap();
    }
    let children = children(child.id().unwrap());
    assert_eq!(children.len(), processes, "{children:?}");
    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
    let output = soon("the demo's end", child.wait_with_output()).await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "error: ended by SIGTERM\n");
    for child in children {
        assert!(!fs::exists(format!("/proc/{child}")).unwrap(), "process {child} still runs");
    }
    assert!(is_empty(&temporary));
}

#[tokio::test]
async fn a_signal_ends_all_of_it() {
    let temporary = tempfile::tempdir().unwrap();
    let command = demo(&temporary, &["--sotw"]);
    // Chancery, Envoy and five pods.
    is_ended_by_a_signal(temporary, command, 7).await;
}

#[tokio::test]
async fn a_signal_ends_all_of_the_clients_world_too() {
    let temporary = tempfile::tempdir().unwrap();
    let command = demo_grpc(&temporary, &["--gateways", "2", "--pods", "2"]);
    // Chancery, the client, three gateways and two pods.
    is_ended_by_a_signal(temporary, command, 7).await;
}

#[tokio::test]
async fn a_client_that_is_not_there_is_told_with_the_way_to_get_it() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = demo(&temporary, &["grpc", "--client", "nowhere/client"]);
    let output = soon("the demo's end", command.output()).await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "error: there is no gRPC client at nowhere/client: give --client PATH, with the program of tests/clients/node (`make \
         run-grpc` installs it)\n"
    );
    assert!(is_empty(&temporary));
}

#[tokio::test]
async fn an_envoy_that_cannot_start_is_told_with_its_log() {
    let temporary = tempfile::tempdir().unwrap();
    let script = temporary.path().join("envoy");
    // Written by another process: a program that this one has open for writing, even in a fork of it, can't be run.
    let write =
        r#"printf '#!/bin/sh\n[ $1 = --version ] && echo version: 0/1.40.0/ || { echo no luck; exit 7; }\n' > "$0""#;
    let written = Command::new("sh").args(["-c", &format!("{write} && chmod +x \"$0\"")]).arg(&script).status();
    assert!(written.await.unwrap().success());
    let client = programs::client("node");
    for arguments in [&[][..], &["grpc", "--client", client.to_str().unwrap()]] {
        let mut command = Command::new(DEMO);
        command.args(arguments).arg("--envoy").arg(&script).env("TMPDIR", temporary.path());
        let output = soon("the demo's end", command.output()).await.unwrap();
        assert_eq!(output.status.code(), Some(1));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains("Envoy didn't become ready: it ended (exit status: 7)"), "{errors}");
        assert!(
            errors.contains("The log of Envoy ends with:\n  no luck\nThe log of Chancery ends with:\n"),
            "{errors}"
        );
    }
}
