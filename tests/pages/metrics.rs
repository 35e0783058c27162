//! `docs/metrics.md`: made from the table that the registry uses.

use std::fmt::Write as _;

use chancery::events::EventOutcome;
use chancery::model::{Kind, Reason};
use chancery::telemetry::{
    METRIC_GROUPS, MetricAlert, MetricDefinition, MetricGroup, MetricKind, MetricLabel, UnservedConnection,
};
use chancery::xds::{ClientKind, ResourceType};

use crate::{COMMAND, cell, code};

/// What stands above the reference.
const INTRODUCTION: &str = include_str!("metrics.md");

#[test]
fn the_page_is_what_the_table_says() {
    rig::page::is_current("docs/metrics.md", &page(), COMMAND);
}

/// The bottom floor can't name the types whose words its labels have.
#[test]
fn labels_have_the_words_of_the_types_that_they_come_from() {
    assert_eq!(values("chancery_xds_responses_total", "type"), ResourceType::ALL.map(ResourceType::as_str));
    let clients = [ClientKind::Envoy, ClientKind::Grpc].map(ClientKind::as_str);
    assert_eq!(values("chancery_xds_responses_total", "client"), clients);
    assert_eq!(values("chancery_source_synced", "kind"), Kind::ALL.map(Kind::as_str));
    assert_eq!(values("chancery_source_events_total", "kind"), [&Kind::ALL.map(Kind::as_str)[..], &["File"]].concat());
    assert_eq!(values("chancery_rejected_objects", "reason"), Reason::ALL.map(Reason::as_str));
    let unserved = UnservedConnection::ALL.map(UnservedConnection::as_str);
    assert_eq!(values("chancery_xds_connections_unserved_total", "reason"), unserved);
    assert_eq!(values("chancery_events_total", "outcome"), EventOutcome::ALL.map(EventOutcome::as_str));
}

fn definitions() -> impl Iterator<Item = &'static MetricDefinition> {
    METRIC_GROUPS.iter().flat_map(|group| group.metrics.iter().copied())
}

fn values(metric: &str, label: &str) -> &'static [&'static str] {
    let definition = definitions().find(|one| one.exposed_name() == metric).unwrap();
    definition.labels.iter().find(|one| one.name == label).unwrap().values
}

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("\n## All metrics\n\n| Metric | Type | Labels | |\n|---|---|---|---|\n");
    for definition in definitions() {
        let name = definition.exposed_name();
        let MetricDefinition { kind, labels, help, .. } = definition;
        let labels = code(labels.iter().map(|label| label.name));
        writeln!(page, "| [`{name}`](#{name}) | {} | {labels} | {} |", kind.as_str(), cell(help)).unwrap();
    }
    for group in &METRIC_GROUPS {
        section(&mut page, group);
    }
    alerts(&mut page);
    page
}

fn section(page: &mut String, group: &MetricGroup) {
    let MetricGroup { title, about, metrics } = group;
    write!(page, "\n## {title}\n").unwrap();
    if !about.is_empty() {
        write!(page, "\n{about}\n").unwrap();
    }
    for definition in *metrics {
        let MetricDefinition { name: _, kind, labels, help, use_for, alert } = definition;
        write!(page, "\n### `{}`\n\n{help}.\n\n- Type: {}\n", definition.exposed_name(), kind.as_str()).unwrap();
        if matches!(kind, MetricKind::GaugeSeconds | MetricKind::HistogramSeconds(_)) {
            writeln!(page, "- Unit: seconds").unwrap();
        }
        if let MetricKind::HistogramSeconds(buckets) = kind {
            writeln!(page, "- Buckets: {}", code(buckets.iter().map(ToString::to_string))).unwrap();
        }
        for MetricLabel { name, values, what } in *labels {
            let what =
                if values.is_empty() { (*what).to_owned() } else { code(values.iter().map(|word| quoted(word))) };
            writeln!(page, "- Label `{name}`: {what}").unwrap();
        }
        if let Some(MetricAlert { name, .. }) = alert {
            writeln!(page, "- Alert: [{name}](#alerts)").unwrap();
        }
        write!(page, "\n{use_for}\n").unwrap();
    }
}

/// A value that can be seen even if it is empty.
fn quoted(word: &str) -> String {
    if word.is_empty() { "\"\"".to_owned() } else { word.to_owned() }
}

fn alerts(page: &mut String) {
    page.push_str("\n## Alerts\n\n");
    page.push_str("Rules for Prometheus. Adjust the thresholds to your cluster.\n\n");
    page.push_str("```yaml\ngroups:\n  - name: chancery\n    rules:\n");
    for MetricAlert { name, expression, holds, means } in definitions().filter_map(|one| one.alert.as_ref()) {
        write!(
            page,
            "      - alert: {name}\n        expr: '{expression}'\n        for: {holds}\n        annotations:\n          \
             description: '{means}'\n"
        )
        .unwrap();
    }
    page.push_str("```\n");
}
