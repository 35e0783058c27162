//! What a client is asked to report, and when it is asked anew.

use std::time::{Duration, Instant};

use data_plane_api::load_stats::LoadStatsResponse;
use prost_types::Duration as ProtoDuration;

use crate::xds::{Difference, ResourceMap};

/// What one client is asked.
///
/// Every response makes a client begin its interval anew. So a new list waits until a report came, or one is overdue (a
/// client without load may send none); else clusters that come and go faster than the interval would keep the client from
/// ever reporting.
pub(super) struct Plan {
    interval: Duration,
    sends_all: bool,
    /// The clusters that the client should report.
    clusters: ResourceMap,
    /// What it was last asked, and when.
    asked: Option<Asked>,
}

struct Asked {
    clusters: ResourceMap,
    at: Instant,
    /// Whether a report came since.
    answered: bool,
}

impl Plan {
    /// A plan for a client that wasn't asked yet. With `sends_all` it reports every cluster without a list of them.
    pub(super) fn new(sends_all: bool, clusters: ResourceMap, interval: Duration) -> Self {
        Self { interval, sends_all, clusters, asked: None }
    }

    /// The clusters are others now.
    pub(super) fn on_clusters(&mut self, clusters: ResourceMap) {
        self.clusters = clusters;
        if let Some(asked) = self.asked.as_mut().filter(|asked| have_same_names(&asked.clusters, &self.clusters)) {
            asked.clusters = self.clusters.clone();
        }
    }

    /// A report came.
    pub(super) fn on_report(&mut self) {
        if let Some(asked) = &mut self.asked {
            asked.answered = true;
        }
    }

    /// When [`Self::poll`] will have a response though nothing happens.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let asked = self.asked.as_ref()?;
        // Half an interval more than the client needs, so that its report isn't overtaken by our response.
        self.is_outdated().then(|| asked.at + self.interval + self.interval / 2)
    }

    /// What to send now, if anything.
    pub(super) fn poll(&mut self, now: Instant) -> Option<LoadStatsResponse> {
        let due = match &self.asked {
            None => true,
            Some(asked) => self.is_outdated() && (asked.answered || self.deadline().is_some_and(|at| at <= now)),
        };
        due.then(|| {
            self.asked = Some(Asked { clusters: self.clusters.clone(), at: now, answered: false });
            self.response()
        })
    }

    fn is_outdated(&self) -> bool {
        let same = |asked: &Asked| have_same_names(&asked.clusters, &self.clusters);
        !self.sends_all && !self.asked.as_ref().is_some_and(same)
    }

    fn response(&self) -> LoadStatsResponse {
        let mut clusters = Vec::new();
        if !self.sends_all {
            // grpc-js takes the first entry for missing, so the first is one that nobody misses.
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

/// Whether both have the same names; costs what differs.
fn have_same_names(older: &ResourceMap, newer: &ResourceMap) -> bool {
    older.len() == newer.len()
        && newer.difference(older).all(|difference| match difference {
            Difference::Changed(cluster) => older.contains(cluster.name()),
            Difference::Removed(_) => false,
        })
}
