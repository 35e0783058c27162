//! Hand-made measurements, and the rows that are made of them.

use serde_json::{Value, from_value, json};

use super::super::results::Results;
use super::super::row::{Row, Verdict};
use super::rows;
use crate::subject::Kind;

const MACHINE: &str = "a processor";

/// A file of these measurements, as it is read.
fn saved<T: serde::de::DeserializeOwned>(quick: bool, measured: &[Value]) -> T {
    let machine = json!({"processor": MACHINE, "cores": 2, "memory": 8_000_000_000_u64});
    from_value(json!({"machine": machine, "rounds": 3, "quick": quick, "measured": measured})).unwrap()
}

fn case(subject: &str, clients: usize, names: usize) -> Value {
    json!({"subject": subject, "variant": "delta", "services": 1000, "endpoints": 10, "clients": clients, "names": names,
           "stuck": 0, "flooding": 0})
}

/// A measurement whose times and costs are all this.
fn measured(case: &Value, figure: f64) -> Value {
    json!({"case": case, "storm_ms": figure, "resident_alone": 10_000_000, "peak_in_storm": 90_000_000,
           "resident": 60_000_000, "peak": 100_000_000, "lost": 0, "reception_ms": [figure], "last_ms": [figure],
           "cpu_ms": figure, "bytes": 500.0})
}

fn with(mut measured: Value, field: &str, value: Value) -> Value {
    measured[field] = value;
    measured
}

fn row<'a>(rows: &'a [Row], what: &str) -> &'a Row {
    rows.iter().find(|row| row.what == what).unwrap_or_else(|| panic!("no row {what:?}"))
}

const LAST: &str = "1000 × 1000: last client has the change";
const STORM: &str = "1000 × 1000, all connect at once: all have everything";

#[test]
fn rounds_become_a_median_with_a_spread_for_each_server() {
    let all = [("chancery", 12.0), ("linear", 430.0), ("chancery", 19.0), ("linear", 410.0), ("chancery", 15.0)];
    let all = all.map(|(subject, figure)| measured(&case(subject, 1000, 1000), figure));
    let rows = rows(&Results { propagation: Some(saved(false, &all)), ..Results::default() });
    let last = row(&rows, LAST);
    assert_eq!(last.cell(Kind::Chancery), "15 (12–19)");
    assert_eq!(last.cell(Kind::Linear), "430 (410–430)");
    assert_eq!(last.cell(Kind::Tcp), "–");
    assert_eq!((last.target.to_string().as_str(), last.verdict()), ("≤ 20", Verdict::Met));
    assert_eq!(row(&rows, "1000 × 1000: memory per client").cell(Kind::Chancery), "50 (50–50)");
}

#[test]
fn what_was_lost_is_never_dropped() {
    let fine = measured(&case("chancery", 1000, 1000), 5.0);
    let lost = with(fine.clone(), "lost", json!(2));
    let results = |all: &[Value]| Results { propagation: Some(saved(false, all)), ..Results::default() };
    let rows_lost = rows(&results(&[fine.clone(), lost]));
    assert_eq!(row(&rows_lost, LAST).cell(Kind::Chancery), "5 (5–5), 2 changes lost");
    assert_eq!(row(&rows_lost, LAST).verdict(), Verdict::NotMet);
    assert_eq!(row(&rows_lost, STORM).verdict(), Verdict::Met);
    let rows_never = rows(&results(&[fine.clone(), with(fine, "storm_ms", Value::Null)]));
    assert_eq!(row(&rows_never, STORM).cell(Kind::Chancery), "5 (5–5), clients incomplete in 1 of 2 rounds");
    assert_eq!(row(&rows_never, STORM).verdict(), Verdict::NotMet);
}

#[test]
fn without_data_each_target_has_a_row_that_says_so() {
    let rows = rows(&Results::default());
    assert!(rows.iter().all(|row| row.verdict() == Verdict::NotMeasured));
    assert_eq!(rows.len(), 42);
}

#[test]
fn ratios_are_of_the_same_round() {
    let quiet = case("chancery", 1000, 1000);
    let stuck = with(quiet.clone(), "stuck", json!(10));
    let rounds = [(10.0, 11.0), (100.0, 130.0), (1.0, 1.0)];
    let all = rounds.map(|(quietly, noisily)| [measured(&quiet, quietly), measured(&stuck, noisily)]).concat();
    let rows = rows(&Results { noisy: Some(saved(false, &all)), ..Results::default() });
    let ratio = row(&rows, "1000 × 1000, 10 more that read nothing: p99 over that without");
    assert_eq!(ratio.cell(Kind::Chancery), "1.10 (1–1.30)");
    assert_eq!(ratio.verdict(), Verdict::Met);
}

#[test]
fn the_highest_rate_that_was_kept_up_with_counts() {
    let churned = |subject, offered: f64, accepted: f64| {
        json!({"case": case(subject, 1000, 1000), "offered": offered, "accepted": accepted, "reception_ms": [10.0],
               "received": 1.0, "cpu_ms": 1.0})
    };
    let all = [
        // Chancery gives up at 100 in the first round, and never in the second.
        churned("chancery", 50.0, 50.0),
        churned("chancery", 100.0, 60.0),
        churned("linear", 1.0, 0.5),
        churned("chancery", 50.0, 50.0),
        churned("chancery", 100.0, 100.0),
        churned("linear", 1.0, 0.5),
    ];
    let rows = rows(&Results { churn: Some(saved(false, &all)), ..Results::default() });
    let churn = row(&rows, "1000 × 1000: most changes a second before p99 > 1 s");
    assert_eq!(churn.cell(Kind::Chancery), "≥ 100 (50–100)");
    assert_eq!(churn.cell(Kind::Linear), "0 (0–0)");
    assert_eq!(churn.verdict(), Verdict::Met);
}

#[test]
fn everybody_must_come_back_every_time() {
    let restarted = |complete: usize, back: Value| json!({"case": case("chancery", 1000, 1000), "resume": false, "back_ms": back, "complete": complete, "peak": 90_000_000});
    let all = [restarted(1000, json!(400.0)), restarted(999, Value::Null), restarted(1000, json!(300.0))];
    let rows = rows(&Results { restart: Some(saved(false, &all)), ..Results::default() });
    let complete = row(&rows, "1000 × 1000, kill −9 and back anew: complete every time");
    assert_eq!(complete.cell(Kind::Chancery), "1000 (999–1000), clients incomplete in 1 of 3 rounds");
    assert_eq!(complete.verdict(), Verdict::NotMet);
}

#[test]
fn writes_to_the_kubernetes_api_stand_beside_those_of_informers() {
    let written = |server, above: f64| {
        json!({"server": server, "variant": "delta", "services": 100, "endpoints": 10, "clients": 1, "names": 100,
               "watch_ms": [3.0], "reception_ms": [3.2], "last_ms": [3.2], "above_ms": [above], "cpu_ms": 0.5,
               "bytes": 500.0, "lost": 0})
    };
    let all = [written("chancery", -0.1), written("informer", 0.6), written("chancery", 0.2)];
    let rows = rows(&Results { kubernetes: Some(saved(false, &all)), ..Results::default() });
    let above = row(&rows, "real Kubernetes API, 1 × 100: last client above a bare watch");
    assert_eq!(above.cell(Kind::Chancery), "0.20 (-0.10–0.20)");
    assert_eq!(above.cell(Kind::Linear), "0.60 (0.60–0.60)");
}

#[test]
fn a_quick_run_is_shown_at_its_own_size_and_judged_by_nobody() {
    let all = [measured(&case("chancery", 50, 100), 5.0)];
    let rows = rows(&Results { propagation: Some(saved(true, &all)), ..Results::default() });
    let last = row(&rows, "50 × 100: last client has the change");
    assert_eq!((last.cell(Kind::Chancery).as_str(), last.verdict()), ("5 (5–5)", Verdict::Quick));
}

#[test]
fn the_start_is_said_of_each_source() {
    let started = |full: f64| json!({"services": 10_000, "endpoints": 10, "full_ms": full, "peak": 130_000_000, "resident": 125_000_000});
    let results = Results {
        start: Some(saved(false, &[started(1100.0)])),
        start_kubernetes: Some(saved(false, &[started(700.0)])),
        ..Results::default()
    };
    let rows = rows(&results);
    for (source, full) in [("files", "1100 (1100–1100)"), ("a real Kubernetes API", "700 (700–700)")] {
        let what = format!("10,000 Services × 10 endpoints, from {source}: start to the first client's full answer");
        assert_eq!(row(&rows, &what).cell(Kind::Chancery), full);
    }
}
