use std::fs;

use serde_json::json;

use super::{Results, page, write};
use crate::report::Saved;
use crate::scenario::Restarted;

fn results(quick: bool) -> Results {
    let case = json!({"subject": "chancery", "variant": "delta", "services": 1000, "endpoints": 10, "clients": 1000,
                      "names": 1000, "stuck": 0, "flooding": 0});
    let restarted = json!({"case": case, "resume": false, "back_ms": 1400.0, "complete": 1000, "peak": 90_000_000});
    let saved: Saved<Restarted> = serde_json::from_value(json!({
        "machine": {"processor": "a processor", "cores": 2, "memory": 8_000_000_000_u64},
        "rounds": 1, "quick": quick, "measured": [restarted],
    }))
    .unwrap();
    Results { restart: Some(saved), ..Results::default() }
}

#[test]
fn quick_runs_parts_of_runs_and_nothing_are_refused() {
    let docs = tempfile::tempdir().unwrap();
    let error = |results| write(&results, docs.path()).unwrap_err().to_string();
    assert!(error(results(true)).starts_with("restart.json is of a run with --quick"));
    let mut part = results(false);
    part.restart.as_mut().unwrap().partial = true;
    assert!(error(part).starts_with("restart.json is of a run with --only or --clients"));
    assert!(error(Results::default()).starts_with("nothing was measured"));
    assert_eq!(fs::read_dir(docs.path()).unwrap().count(), 0);
}

#[test]
fn the_page_says_what_was_measured_and_what_was_not() {
    let docs = tempfile::tempdir().unwrap();
    write(&results(false), docs.path()).unwrap();
    let text = fs::read_to_string(docs.path().join("performance.md")).unwrap();
    assert_eq!(text, page(&results(false)));
    for part in [
        "<!-- Generated",
        "has the change after (not measured) (go-control-plane's LinearCache: (not measured);",
        "have everything again after 1400 ms, and the new process needs 90 MB of memory at its peak",
        "- 1000 × 1000, kill −9 and back anew: all have everything, ms: 1400 (1400–1400); target ≤ 1000",
        "| restart  | 1      | a processor | 2     | 8          |",
    ] {
        assert!(text.contains(part), "{part:?} isn't in\n{text}");
    }
}
