//! The benchmarks themselves still work: a quick run of those that need no rival and no Kubernetes API.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::process::Command;

use serde_json::Value;

#[test]
fn a_quick_run_measures_all_it_says() {
    let results = tempfile::tempdir().unwrap();
    let bench = env!("CARGO_BIN_EXE_bench");
    let output = results.path().to_str().unwrap();
    let arguments = ["run", "noisy", "restart", "churn", "start", "--only", "chancery", "--quick", "--output", output];
    let run = Command::new(bench).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");

    let measured = |name: &str| {
        let text = std::fs::read(results.path().join(format!("{name}.json"))).unwrap();
        serde_json::from_slice::<Value>(&text).unwrap()["measured"].as_array().unwrap().clone()
    };
    let noisy = measured("noisy");
    assert_eq!(noisy.len(), 3, "{said}");
    for case in noisy {
        assert_eq!(case["lost"], 0, "{case}");
        assert!(case["storm_ms"].as_f64().unwrap() > 0.0 && case["cpu_ms"].as_f64().unwrap() > 0.0, "{case}");
        assert!(!case["last_ms"].as_array().unwrap().is_empty(), "{case}");
    }
    assert_eq!(measured("restart")[0]["complete"], 50, "{said}");
    assert!(measured("churn")[0]["accepted"].as_f64().unwrap() > 0.0, "{said}");
    assert!(measured("start")[0]["full_ms"].as_f64().unwrap() > 0.0, "{said}");

    // What it measured quickly is nothing to be written down.
    let refused = Command::new(bench).args(["report", "--write", "--output", output]).output().unwrap();
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("quick"), "{refused:?}");
}
