//! The clusters that a client is to report, and when a new list is sent.

use std::time::{Duration, Instant};

use data_plane_api::load_stats::LoadStatsResponse;
use prost_types::Duration as ProtoDuration;

use crate::xds::{Difference, ResourceMap};

/// When to send which response to one client.
///
/// Every response restarts the interval of a client. So a new list waits until a report came, or one is overdue (a client
/// without load may send none); else clusters that come and go faster than the interval would keep the client from ever
/// reporting.
pub(super) struct ReportingPlan {
    interval: Duration,
    sends_all: bool,
    /// The clusters that the client should report.
    clusters: ResourceMap,
    last: Option<LastResponse>,
}

/// The last response.
struct LastResponse {
    clusters: ResourceMap,
    sent_at: Instant,
    /// Whether a report came since.
    reported: bool,
}

impl ReportingPlan {
    /// A plan for a client without a response yet. With `sends_all` it reports every cluster without a list of them.
    pub(super) fn new(sends_all: bool, clusters: ResourceMap, interval: Duration) -> Self {
        Self { interval, sends_all, clusters, last: None }
    }

    /// The clusters changed.
    pub(super) fn on_clusters(&mut self, clusters: ResourceMap) {
        self.clusters = clusters;
        if let Some(last) = self.last.as_mut().filter(|last| have_same_names(&last.clusters, &self.clusters)) {
            last.clusters = self.clusters.clone();
        }
    }

    /// A report came.
    pub(super) fn on_report(&mut self) {
        if let Some(last) = &mut self.last {
            last.reported = true;
        }
    }

    /// When [`Self::poll`] will have a response though nothing happens.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let last = self.last.as_ref()?;
        // Half an interval more than the client needs, so that its report isn't overtaken by our response.
        self.is_outdated().then(|| last.sent_at + self.interval + self.interval / 2)
    }

    /// What to send now, if anything.
    pub(super) fn poll(&mut self, now: Instant) -> Option<LoadStatsResponse> {
        let due = match &self.last {
            None => true,
            Some(last) => self.is_outdated() && (last.reported || self.deadline().is_some_and(|at| at <= now)),
        };
        due.then(|| {
            self.last = Some(LastResponse { clusters: self.clusters.clone(), sent_at: now, reported: false });
            self.response()
        })
    }

    fn is_outdated(&self) -> bool {
        let same = |last: &LastResponse| have_same_names(&last.clusters, &self.clusters);
        !self.sends_all && !self.last.as_ref().is_some_and(same)
    }

    fn response(&self) -> LoadStatsResponse {
        let mut clusters = Vec::new();
        if !self.sends_all {
            // grpc-js drops the first entry, so that is one that may be dropped.
            clusters.push(String::new());
            clusters.extend(self.clusters.iter().map(|cluster| cluster.name().to_string()));
        }
        LoadStatsResponse {
            clusters,
            send_all_clusters: self.sends_all,
            load_reporting_interval: ProtoDuration::try_from(self.interval).ok(),
            report_endpoint_granularity: false,
        }
    }
}

/// Whether both have the same names. Costs what differs.
fn have_same_names(older: &ResourceMap, newer: &ResourceMap) -> bool {
    older.len() == newer.len()
        && newer.difference(older).all(|difference| match difference {
            Difference::Changed(cluster) => older.contains(cluster.name()),
            Difference::Removed(_) => false,
        })
}
