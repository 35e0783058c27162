use tempfile::{TempDir, tempdir};

use super::*;

const PATIENCE: Duration = Duration::from_secs(20);

fn shell(script: &str, scratch: &TempDir) -> Process {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    Process::start("the shell", &mut command, Log::File(scratch.path().join("log"))).unwrap()
}

#[tokio::test]
async fn an_early_end_is_told_with_the_end_of_the_log() {
    let scratch = tempdir().unwrap();
    let mut process = shell("for i in $(seq 40); do echo line $i; done; echo oh >&2; exit 3", &scratch);
    let error = process.until("start", PATIENCE, async || false).await.unwrap_err().to_string();
    assert!(error.starts_with("the shell didn't start: it ended (exit status: 3)"), "{error}");
    assert!(error.contains("line 40\n  oh"), "{error}");
    assert!(!error.contains("line 20\n"), "{error}");
}

#[tokio::test]
async fn time_runs_out() {
    let scratch = tempdir().unwrap();
    let mut process = shell("read _", &scratch);
    let error = process.until("start", Duration::from_millis(20), async || false).await.unwrap_err().to_string();
    assert!(error.contains("within 0 s. The log of the shell is empty."), "{error}");
    assert!(process.usage().unwrap().resident > 100_000);
}

#[tokio::test]
async fn the_end_of_stdin_is_seen_by_the_child() {
    let scratch = tempdir().unwrap();
    let mut process = shell("while read _; do :; done; exit 4", &scratch);
    drop(process.stdin());
    assert_eq!(process.ended(PATIENCE).await.unwrap().code(), Some(4));
    assert_eq!(process.usage().unwrap_err().to_string(), "the shell has ended");
}

#[tokio::test]
async fn a_dropped_process_is_gone() {
    let scratch = tempdir().unwrap();
    let process = shell("read _", &scratch);
    let entry = format!("/proc/{}", process.child.id().unwrap());
    assert!(fs::exists(&entry).unwrap());
    drop(process);
    assert!(!fs::exists(&entry).unwrap());
}

#[tokio::test]
async fn what_is_kept_can_be_waited_for() {
    let kept = Kept::default();
    let mut command = Command::new("sh");
    command.args(["-c", "read _; echo oh >&2"]);
    let mut process = Process::start("the shell", &mut command, Log::Kept(kept.clone())).unwrap();
    drop(process.stdin());
    tokio::time::timeout(PATIENCE, kept.says("oh")).await.unwrap();
    assert!(process.tail().ends_with("ends with:\n  oh"), "{}", process.tail());
}
