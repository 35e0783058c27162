//! `chancery demo`, as a user runs it.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use test_support::{fleet, soon};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

const CHANCERY: &str = env!("CARGO_BIN_EXE_chancery");

/// The whole story takes about ten seconds.
const PATIENCE: Duration = Duration::from_mins(2);

fn demo(temporary: &tempfile::TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(CHANCERY);
    command.arg("demo").arg("--envoy").arg(fleet::program().path).args(arguments);
    command.env("TMPDIR", temporary.path()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

fn is_empty(directory: &tempfile::TempDir) -> bool {
    fs::read_dir(directory.path()).unwrap().next().is_none()
}

#[tokio::test]
async fn without_a_terminal_it_tells_its_story_and_loses_nothing() {
    let temporary = tempfile::tempdir().unwrap();
    let output = demo(&temporary, &["--pods", "3", "--rate", "400"]).output();
    let output = timeout(PATIENCE, output).await.unwrap().unwrap();
    let (shown, errors) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{shown}\n{errors}");
    for part in ["cart-4 is added", "cart-1 is deleted", "cart-2 is killed", " answered, 0 failed."] {
        assert!(shown.contains(part), "{part:?} in:\n{shown}");
    }
    assert_eq!(errors, "");
    assert!(shown.lines().all(|line| line.len() <= 100 && !line.contains('\x1b')), "{shown}");
    assert!(is_empty(&temporary));
}

fn children(pid: u32) -> Vec<String> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap().map(|thread| thread.unwrap().path());
    let children = threads.map(|thread| fs::read_to_string(thread.join("children")).unwrap());
    children.flat_map(|children| children.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[tokio::test]
async fn a_signal_ends_all_of_it() {
    let temporary = tempfile::tempdir().unwrap();
    let mut child = demo(&temporary, &["--sotw"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut shown = String::new();
    while !shown.contains("2 of 4") {
        shown = soon("the next line", lines.next_line()).await.unwrap().expect("the story goes on");
    }
    let children = children(child.id().unwrap());
    assert_eq!(children.len(), 7, "Chancery, Envoy and five pods: {children:?}");
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
async fn an_envoy_that_cannot_start_is_told_with_its_log() {
    let temporary = tempfile::tempdir().unwrap();
    let script = temporary.path().join("envoy");
    // Written by another process: a program that this one has open for writing, even in a fork of it, can't be run.
    let write =
        r#"printf '#!/bin/sh\n[ $1 = --version ] && echo version: 0/1.40.0/ || { echo no luck; exit 7; }\n' > "$0""#;
    let written = Command::new("sh").args(["-c", &format!("{write} && chmod +x \"$0\"")]).arg(&script).status();
    assert!(written.await.unwrap().success());
    let mut command = Command::new(CHANCERY);
    command.arg("demo").arg("--envoy").arg(&script).env("TMPDIR", temporary.path());
    let output = soon("the demo's end", command.output()).await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("Envoy didn't become ready: it ended (exit status: 7)"), "{errors}");
    assert!(errors.contains("The log of Envoy ends with:\n  no luck\nThe log of Chancery ends with:\n"), "{errors}");
}
