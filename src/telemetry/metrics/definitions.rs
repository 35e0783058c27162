//! What each metric is called and what it is for: the registry and `docs/metrics.md` are made from this table.

use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry, Unit};

/// The prefix of every name.
pub const PREFIX: &str = "chancery";

/// A part of the reference.
#[derive(Debug)]
pub struct MetricGroup {
    /// Its title.
    pub title: &'static str,
    /// What its metrics have in common.
    pub about: &'static str,
    /// The metrics, in the order of the reference.
    pub metrics: &'static [&'static MetricDefinition],
}

/// One metric.
#[derive(Debug)]
pub struct MetricDefinition {
    /// Its name, without the prefix, the unit, and what OpenMetrics appends for its type.
    pub name: &'static str,
    /// Its type.
    pub kind: MetricKind,
    /// Its labels, in the order of the exposition.
    pub labels: &'static [MetricLabel],
    /// The line `# HELP` of the exposition.
    pub help: &'static str,
    /// When to look at it, and what its values mean.
    pub use_for: &'static str,
    /// When it should page or notify somebody.
    pub alert: Option<MetricAlert>,
}

/// The type of a metric, and its unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MetricKind {
    /// A number that goes up.
    Counter,
    /// A number that goes up and down.
    Gauge,
    /// Seconds, now.
    GaugeSeconds,
    /// A distribution of seconds over buckets with these upper bounds.
    HistogramSeconds(&'static [f64]),
    /// Always 1; its labels say something.
    Info,
}

/// A label of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetricLabel {
    /// Its name.
    pub name: &'static str,
    /// Every value it has; empty if they aren't words of Chancery.
    pub values: &'static [&'static str],
    /// What a value is, if there is no list of them.
    pub what: &'static str,
}

/// An alert on a metric, as a rule of Prometheus.
#[derive(Debug)]
pub struct MetricAlert {
    /// Its name.
    pub name: &'static str,
    /// The expression.
    pub expression: &'static str,
    /// How long it must hold.
    pub holds: &'static str,
    /// What it means and what to do.
    pub means: &'static str,
}

/// A metric under its definition.
pub(super) fn register(registry: &mut Registry, definition: &MetricDefinition, metric: impl Metric) {
    let MetricDefinition { name, kind, help, .. } = definition;
    match kind {
        MetricKind::Counter | MetricKind::Gauge | MetricKind::Info => registry.register(*name, *help, metric),
        MetricKind::GaugeSeconds | MetricKind::HistogramSeconds(_) => {
            registry.register_with_unit(*name, *help, Unit::Seconds, metric);
        }
    }
}

impl MetricDefinition {
    /// Its name in the exposition: with the prefix, the unit and the suffix of its type.
    pub fn exposed_name(&self) -> String {
        let suffix = match self.kind {
            MetricKind::Counter => "_total",
            MetricKind::Gauge => "",
            MetricKind::GaugeSeconds | MetricKind::HistogramSeconds(_) => "_seconds",
            MetricKind::Info => "_info",
        };
        format!("{PREFIX}_{}{suffix}", self.name)
    }

    /// An empty histogram with the buckets of the definition; one without buckets if it defines something else.
    pub(super) fn histogram(&self) -> Histogram {
        match self.kind {
            MetricKind::HistogramSeconds(buckets) => Histogram::new(buckets.iter().copied()),
            MetricKind::Counter | MetricKind::Gauge | MetricKind::GaugeSeconds | MetricKind::Info => Histogram::new([]),
        }
    }
}

impl MetricKind {
    /// The word for it in the exposition.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge | Self::GaugeSeconds => "gauge",
            Self::HistogramSeconds(_) => "histogram",
            Self::Info => "info",
        }
    }
}
