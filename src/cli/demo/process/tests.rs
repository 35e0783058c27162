use super::*;
use crate::cli::demo::scratch::Scratch;

const PATIENCE: Duration = Duration::from_secs(20);

fn shell(script: &str, scratch: &Scratch) -> Process {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    Process::start("the shell", command, &scratch.path().join("log")).unwrap()
}

#[tokio::test]
async fn an_early_end_is_told_with_the_end_of_the_log() {
    let scratch = Scratch::create().unwrap();
    let mut process = shell("for i in $(seq 40); do echo line $i; done; echo oh >&2; exit 3", &scratch);
    let error = process.until("start", PATIENCE, async || false).await.unwrap_err().to_string();
    assert!(error.starts_with("the shell didn't start: it ended (exit status: 3)"), "{error}");
    assert!(error.contains("line 40\n  oh"), "{error}");
    assert!(!error.contains("line 20\n"), "{error}");
}

#[tokio::test]
async fn time_runs_out() {
    let scratch = Scratch::create().unwrap();
    let mut process = shell("read _", &scratch);
    let error = process.until("start", Duration::from_millis(20), async || false).await.unwrap_err().to_string();
    assert!(error.contains("within 0 s. The log of the shell is empty."), "{error}");
    assert!(process.resident_bytes().is_some_and(|bytes| bytes > 100_000));
}

#[tokio::test]
async fn the_end_of_stdin_is_seen_by_the_child() {
    let scratch = Scratch::create().unwrap();
    let mut process = shell("while read _; do :; done; exit 4", &scratch);
    drop(process.stdin());
    assert_eq!(process.ended(PATIENCE).await.unwrap().code(), Some(4));
    assert_eq!(process.resident_bytes(), None);
}

#[tokio::test]
async fn a_dropped_process_is_gone() {
    let scratch = Scratch::create().unwrap();
    let process = shell("read _", &scratch);
    let entry = format!("/proc/{}", process.child.id().unwrap());
    assert!(fs::exists(&entry).unwrap());
    drop(process);
    assert!(!fs::exists(&entry).unwrap());
}
