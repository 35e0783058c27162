//! The state of the source, for health checks, metrics and the admin page.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::model::{Kind, Rejected};

/// The state of the source, and the configuration in it that is rejected.
#[derive(Debug, Clone, Default)]
pub struct SourceStatus {
    /// The kinds that have been listed completely once. It only grows: a kind stays in it during an outage, because what was
    /// listed is still served.
    pub listed: BTreeSet<Kind>,
    /// The outage of the source; `None` while its watches are up.
    pub outage: Option<Outage>,
    /// What the source isn't allowed to read, and does without: its name, and the error.
    pub denied: BTreeMap<String, String>,
    /// All configuration that is rejected now, in a stable order.
    pub rejected: Arc<[Rejected]>,
}

/// A watch that is lost, or was never established.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// When all watches were last up, or the source began to try.
    pub since: Instant,
    /// The newest error, in one line.
    pub error: String,
}

impl SourceStatus {
    /// The kinds that haven't been listed completely yet. Nothing is served while there is one.
    pub fn unlisted(&self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(|kind| !self.listed.contains(kind))
    }

    /// How long the outage has lasted at `now`; zero if there is none.
    pub fn staleness(&self, now: Instant) -> Duration {
        self.outage.as_ref().map_or(Duration::ZERO, |outage| now.saturating_duration_since(outage.since))
    }
}

/// The half of the pipeline; there is only one.
#[derive(Debug)]
pub struct StatusWriter(watch::Sender<SourceStatus>);

/// The half of the readers.
#[derive(Debug, Clone)]
pub struct StatusReader(watch::Receiver<SourceStatus>);

/// The two halves, with a status in which nothing has been listed yet.
pub fn status_channel() -> (StatusWriter, StatusReader) {
    let (sender, receiver) = watch::channel(SourceStatus::default());
    (StatusWriter(sender), StatusReader(receiver))
}

impl StatusWriter {
    /// Changes the status in one step, as its readers see it.
    pub fn update(&self, change: impl FnOnce(&mut SourceStatus)) {
        self.0.send_modify(change);
    }
}

impl StatusReader {
    /// The status now. Cheap: what is big in it is shared.
    pub fn read(&self) -> SourceStatus {
        self.0.borrow().clone()
    }

    /// The status now, marked as seen.
    pub fn latest(&mut self) -> SourceStatus {
        self.0.borrow_and_update().clone()
    }

    /// Returns when the status differs from what [`Self::latest`] has seen; `false` when the writer is gone for good.
    /// Cancel-safe.
    pub async fn changed(&mut self) -> bool {
        self.0.changed().await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_unlisted_until_it_is_listed() {
        let (writer, reader) = status_channel();
        assert_eq!(reader.read().unlisted().collect::<Vec<_>>(), Kind::ALL);
        writer.update(|status| status.listed.extend([Kind::Service, Kind::Pod]));
        assert_eq!(reader.read().unlisted().collect::<Vec<_>>(), [Kind::Namespace, Kind::EndpointSlice]);
    }

    #[test]
    fn staleness_grows_only_during_an_outage() {
        let (writer, reader) = status_channel();
        let since = Instant::now();
        let later = since + Duration::from_secs(7);
        assert_eq!(reader.read().staleness(later), Duration::ZERO);
        writer.update(|status| status.outage = Some(Outage { since, error: "connection refused".to_owned() }));
        assert_eq!(reader.read().staleness(later), Duration::from_secs(7));
        writer.update(|status| status.outage = None);
        assert_eq!(reader.read().staleness(later), Duration::ZERO);
    }
}
