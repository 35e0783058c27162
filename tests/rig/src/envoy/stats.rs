//! What Envoy counts.

use std::collections::BTreeMap;

use serde_json::Value;

/// Counters and gauges by name. In a name, `:` has become `_`; slashes stay: `cluster.shop/cart/50051.upstream_rq_retry`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats(BTreeMap<String, u64>);

impl Stats {
    /// Reads `/stats?format=json`. Histograms, text and anything else that isn't a number are left out.
    pub(super) fn from_json(page: &Value) -> Self {
        let stats = page.get("stats").and_then(Value::as_array).into_iter().flatten();
        let pair = |stat: &Value| Some((stat.get("name")?.as_str()?.to_owned(), stat.get("value")?.as_u64()?));
        Self(stats.filter_map(pair).collect())
    }

    pub(super) fn merge(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// One of them; 0 when there is none of this name, as Envoy leaves out much that has never happened.
    pub fn get(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// One of them, of a cluster.
    pub fn of_cluster(&self, cluster: &str, name: &str) -> u64 {
        self.get(&format!("cluster.{}.{name}", cluster.replace(':', "_")))
    }

    /// How many updates Envoy refused, of every kind of resource. 0 unless somebody has made a mistake.
    pub fn rejected_updates(&self) -> u64 {
        self.ending_in(".update_rejected").map(|(_, value)| value).sum()
    }

    /// Those whose names have this end, with their values, in order of their names.
    pub fn ending_in(&self, end: &str) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().filter(move |(name, _)| name.ends_with(end)).map(|(name, value)| (name.as_str(), *value))
    }
}

#[cfg(test)]
mod tests;
