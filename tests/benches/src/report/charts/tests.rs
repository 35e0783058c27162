use serde_json::json;

use super::super::results::Results;
use super::charts;

#[test]
fn a_chart_has_a_line_for_each_server_and_is_always_the_same() {
    let measured = |subject, latency: f64| {
        let case = json!({"subject": subject, "variant": "delta", "services": 1000, "endpoints": 10, "clients": 1000,
                          "names": 1000, "stuck": 0, "flooding": 0});
        json!({"case": case, "storm_ms": 1.0, "resident_alone": 0, "peak_in_storm": 0, "resident": 0, "peak": 0, "lost": 0,
               "reception_ms": [latency, 2.0 * latency, 3.0 * latency], "last_ms": [latency], "cpu_ms": latency, "bytes": 1.0})
    };
    let saved = json!({"machine": {"processor": "", "cores": 2, "memory": 1}, "rounds": 1, "quick": false,
                       "measured": [measured("chancery", 10.0), measured("linear", 300.0)]});
    let results = Results { propagation: Some(serde_json::from_value(saved).unwrap()), ..Results::default() };
    let drawn = charts(&results);
    let names: Vec<&str> = drawn.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["latency", "cpu-by-names", "cpu-by-clients"]);
    for (_, chart) in drawn {
        let svg = chart.svg().unwrap();
        assert_eq!(svg, chart.svg().unwrap());
        assert!(svg.len() < 60_000);
        for name in ["Chancery", "LinearCache"] {
            assert!(svg.contains(&format!("\n{name}")), "{name} isn't in the legend of\n{svg}");
        }
    }
}

#[test]
fn without_data_there_is_no_chart() {
    assert!(charts(&Results::default()).is_empty());
}
