//! Merges all watches and the probe into the notices of one source.

use std::collections::BTreeMap;
use std::time::Instant;

use tracing::debug;

use super::error::{self, ErrorClass, WatchError};
use super::health::SourceHealth;
use super::list_watch::WatchOutput;
use super::namespaces::NamespaceMerge;
use super::probe::ProbeResult;
use super::watch::Watch;
use crate::model::{Event, Kind};
use crate::source::Notice;

/// What comes in: from a watch or from the probe.
#[derive(Debug)]
pub(super) enum SourceInput {
    /// The output of a watch.
    Watch { watch: Watch, at: Instant, output: WatchOutput },
    /// The result of a probe.
    Probe(ProbeResult),
}

/// Turns inputs into notices.
#[derive(Debug)]
pub(super) struct Merge {
    server: String,
    kinds: BTreeMap<Kind, NamespaceMerge>,
    health: SourceHealth,
}

impl Merge {
    /// Nothing came yet of these watches on this server.
    pub(super) fn new(server: &str, watches: Vec<Watch>) -> Self {
        let kinds = Kind::ALL
            .into_iter()
            .map(|kind| (kind, NamespaceMerge::new(kind, watches.iter().filter(|watch| watch.kind == kind).cloned())))
            .collect();
        Self { server: server.to_owned(), kinds, health: SourceHealth::new(watches) }
    }

    /// The notices that an input leads to.
    pub(super) fn notices(&mut self, input: SourceInput) -> Vec<Notice> {
        match input {
            SourceInput::Watch { watch, at, output } => match output {
                WatchOutput::Listing => {
                    self.health.listing(&watch);
                    Vec::new()
                }
                WatchOutput::Synced => self.health.synced(&watch),
                WatchOutput::Event(event) => self.events(&watch, at, event),
                WatchOutput::Failed(error) => self.failed(&watch, at, &error),
            },
            SourceInput::Probe(result) => self.probed(&result).into_iter().collect(),
        }
    }

    fn events(&mut self, watch: &Watch, at: Instant, event: Event) -> Vec<Notice> {
        let events = self.kinds.get_mut(&watch.kind).map(|merge| merge.merge(watch, event)).unwrap_or_default();
        events.into_iter().map(|event| Notice::Event { at, event }).collect()
    }

    fn failed(&mut self, watch: &Watch, at: Instant, error: &WatchError) -> Vec<Notice> {
        let server = &self.server;
        debug!(%watch, error = error.describe(server, watch), "A watch has failed");
        if !(watch.is_optional() && error.is_forbidden()) {
            let notice = self.health.failed(watch, error.class(watch), || error.describe(server, watch));
            return notice.into_iter().collect();
        }
        let listed = self.kinds.get(&watch.kind).is_some_and(|merge| merge.has_listed(watch));
        let meanwhile = match (listed, watch.kind) {
            (true, _) => "what was read of them before stays in force",
            (false, Kind::Namespace) => "no annotation of a Namespace has effect",
            (false, _) => "no weight of a Pod has effect",
        };
        let mut notices = self.health.denied(watch, || format!("{}; {meanwhile}", error.describe(server, watch)));
        // An API server that doesn't know the rules of RBAC yet denies everything; one that lists Services for us knows them.
        let known = [Kind::Service, Kind::EndpointSlice]
            .iter()
            .all(|kind| self.kinds.get(kind).is_some_and(NamespaceMerge::is_complete));
        if known && !listed && self.health.is_denied(watch) {
            let empty = [Event::Init(watch.kind), Event::InitDone(watch.kind)];
            notices.extend(empty.into_iter().flat_map(|event| self.events(watch, at, event)));
        }
        notices
    }

    fn probed(&mut self, result: &ProbeResult) -> Option<Notice> {
        let server = &self.server;
        match result {
            ProbeResult::Healthy => self.health.probe_succeeded(),
            ProbeResult::VersionWentBack { from, to } => {
                self.health.version_went_back(|| error::describe_version_went_back(server, *from, *to))
            }
            ProbeResult::Failed(kube::Error::Api(status)) => {
                let class = ErrorClass::of(status, String::new);
                self.health.probe_failed(class, || error::describe_not_ready(server, status))
            }
            ProbeResult::Failed(error) => {
                self.health.probe_failed(ErrorClass::ApiServer, || error::describe_connection(server, error))
            }
        }
    }
}

#[cfg(test)]
mod tests;
