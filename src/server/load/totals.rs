//! The sums of all load reports, by cluster.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::report::ClusterStats;
use crate::channels::{Publication, SnapshotReader};
use crate::telemetry::Metrics;
use crate::xds::{Difference, ResourceMap, ResourceType, Snapshot, Target, World};

/// The most requests that a report may count for a cluster: at the usual interval it is a hundred thousand million requests a
/// second. More is an arithmetic error of the client, and would spoil the sum for good.
const MAX_REQUESTS: u64 = 1 << 40;

/// The sums, and the clusters that may have them.
///
/// A cluster has sums from the first request to it until no snapshot has it any more, and only a client whose snapshot
/// has it can add to them. So there are never more series than clusters, whatever clients say.
pub(super) struct Totals {
    metrics: Arc<Metrics>,
    newest: Mutex<Newest>,
}

/// The newest clusters. Behind one lock with the additions, so that no sum comes back after it was removed.
struct Newest {
    snapshots: SnapshotReader,
    publication: Option<Arc<Publication>>,
}

/// Why the stats of a cluster aren't counted.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ClusterStatsError {
    /// The client's snapshot doesn't have it. That is normal: Envoys report their static clusters, too, and clusters
    /// that were removed a moment ago.
    #[error("the cluster isn't in what this client was sent")]
    Unknown,
    /// A number is too large.
    #[error("cluster_stats[{cluster}].{field}: {count}: expected at most {MAX_REQUESTS} requests in one report")]
    TooLarge {
        cluster: String,
        /// The field of the report.
        field: &'static str,
        /// Its value, over all localities.
        count: u64,
    },
}

impl Totals {
    pub(super) fn new(metrics: Arc<Metrics>, snapshots: SnapshotReader) -> Self {
        Self { metrics, newest: Mutex::new(Newest { snapshots, publication: None }) }
    }

    /// Removes the sums of clusters that are gone, until `shutdown` or until nothing is published any more.
    pub(super) async fn follow(self: Arc<Self>, mut snapshots: SnapshotReader, shutdown: CancellationToken) {
        while let Some(true) = shutdown.run_until_cancelled(snapshots.changed()).await {
            snapshots.latest();
            drop(self.newest());
        }
    }

    /// Adds one cluster's part of a report from a client of this target.
    pub(super) fn add(&self, target: &Target, stats: &ClusterStats) -> Result<(), ClusterStatsError> {
        let newest = self.newest();
        let publication = newest.publication.as_ref().ok_or(ClusterStatsError::Unknown)?;
        let clusters = publication.world.snapshot(target).get(ResourceType::Cluster);
        let cluster = clusters.get(&stats.cluster_name).ok_or(ClusterStatsError::Unknown)?;
        check(stats)?;
        self.metrics.load_reported(cluster.name(), &stats.load);
        Ok(())
    }

    /// The newest publication, after the sums of clusters that are gone since the last one were removed.
    fn newest(&self) -> MutexGuard<'_, Newest> {
        // A panic elsewhere leaves nothing half done.
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let publication = newest.snapshots.latest();
        if let (Some(old), Some(new)) = (&newest.publication, &publication)
            && !Arc::ptr_eq(old, new)
        {
            for cluster in gone(&old.world, &new.world) {
                self.metrics.load_forgotten(&cluster);
            }
        }
        newest.publication = publication;
        newest
    }
}

/// The clusters that some snapshot of `old` has, and none of `new`. Costs what changed, and a look at each fleet.
fn gone(old: &World, new: &World) -> Vec<Arc<str>> {
    let nothing = ResourceMap::default();
    let everyone = std::iter::once((clusters(&old.everyone), clusters(&new.everyone)));
    let fleets = old.fleets.iter().map(|(fleet, snapshot)| {
        let newer = new.fleets.get(fleet).map_or(&nothing, |snapshot| clusters(snapshot));
        (clusters(snapshot), newer)
    });
    let removed = everyone.chain(fleets).flat_map(|(older, newer)| newer.difference(older)).filter_map(|d| match d {
        Difference::Removed(cluster) => Some(cluster.name()),
        Difference::Changed(_) => None,
    });
    let is_left = |name: &str| {
        let mut snapshots = std::iter::once(&new.everyone).chain(new.fleets.values());
        snapshots.any(|snapshot| clusters(snapshot).contains(name))
    };
    removed.filter(|name| !is_left(name)).map(Arc::clone).collect()
}

fn clusters(snapshot: &Snapshot) -> &ResourceMap {
    snapshot.get(ResourceType::Cluster)
}

/// Fails if a number of a cluster is too large.
fn check(stats: &ClusterStats) -> Result<(), ClusterStatsError> {
    let ClusterStats { cluster_name, load } = stats;
    let counts = [
        ("total_issued_requests", load.issued),
        ("total_successful_requests", load.succeeded),
        ("total_error_requests", load.failed),
        ("total_dropped_requests", load.dropped),
    ];
    match counts.into_iter().find(|(_, count)| *count > MAX_REQUESTS) {
        Some((field, count)) => Err(ClusterStatsError::TooLarge { cluster: cluster_name.clone(), field, count }),
        None => Ok(()),
    }
}
