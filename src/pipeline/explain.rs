//! Answers queries about Services from the catalog and the renderer.

use super::Renderer;
use crate::channels::{PortSummary, ServiceSummary};
use crate::model::explanation::ServiceExplanation;
use crate::model::{Catalog, Entry, Key, ObjectRef, Port, Rejected, RejectedJson};
use crate::translate::names;

/// How many Services make a page.
const PAGE: usize = 256;

/// What queries are answered from: the state between two batches.
#[derive(Debug, Clone, Copy)]
pub(super) struct QueryState<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) renderer: &'a Renderer,
    /// Everything that can't be used, sorted.
    pub(super) rejected: &'a [Rejected],
}

impl QueryState<'_> {
    /// Why this Service is served as it is; `None` if there is no such Service.
    pub(super) fn explain(self, key: &Key) -> Option<ServiceExplanation> {
        let mut explanation = self.catalog.explain(key)?;
        for port in &mut explanation.ports {
            self.renderer.explain(key, port);
        }
        let objects = self.catalog.objects_of(key);
        let rejected = objects.iter().flat_map(|object| self.rejected_of(object));
        explanation.rejected = rejected.map(RejectedJson::from).collect();
        Some(explanation)
    }

    /// The first of the Services after this key.
    pub(super) fn page(self, after: Option<&Key>) -> Vec<ServiceSummary> {
        self.catalog.services_after(after).take(PAGE).map(|(key, entry)| self.summary(key, entry)).collect()
    }

    fn summary(self, key: &Key, entry: Option<&Entry>) -> ServiceSummary {
        let Key { namespace, name } = key;
        ServiceSummary {
            namespace: namespace.to_string(),
            name: name.to_string(),
            ports: entry.map(|entry| summaries(key, entry)),
            rejected: self.catalog.own_objects_of(key).map(|object| self.rejected_of(&object).len()).sum(),
        }
    }

    /// What is rejected of one object.
    fn rejected_of(&self, object: &ObjectRef) -> &[Rejected] {
        let from = self.rejected.partition_point(|one| one.object < *object);
        let rest = self.rejected.get(from..).unwrap_or_default();
        let to = rest.partition_point(|one| one.object == *object);
        rest.get(..to).unwrap_or_default()
    }
}

fn summaries(key: &Key, entry: &Entry) -> Vec<PortSummary> {
    let Entry { service, endpoints } = entry;
    let summary = |port: &Port| {
        let Port { number, name, policy: _, has_service_hosts: _, annotated: _, written: _ } = port;
        PortSummary {
            number: *number,
            name: (!name.is_empty()).then(|| name.to_string()),
            cluster: names::cluster(key, *number).to_string(),
            endpoints: endpoints.get(number).cloned().unwrap_or_default(),
        }
    };
    service.ports.iter().map(summary).collect()
}

#[cfg(test)]
mod tests;
