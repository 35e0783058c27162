//! How the source is doing, for whoever asks: health checks, metrics, the admin page.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::model::{Kind, Rejected};

/// How the source is doing and what of it can't be used.
#[derive(Debug, Clone, Default)]
pub struct SourceStatus {
    /// The kinds that have been listed completely once. It only grows: a kind stays in it while the source is out of
    /// touch, because what was listed is still served.
    pub listed: BTreeSet<Kind>,
    /// Since when and why the source is out of touch with what it watches; `None` while it is in touch.
    pub outage: Option<Outage>,
    /// What the source may not read, and serves without: what it is, and why.
    pub denied: BTreeMap<String, String>,
    /// Everything that can't be used now, in a stable order.
    pub rejected: Arc<[Rejected]>,
}

/// A lost connection, or one that never was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// When the source was last in touch, or began to try.
    pub since: Instant,
    /// The newest error, in one line.
    pub error: String,
}

impl SourceStatus {
    /// The kinds that haven't been listed completely yet. Nothing is served while there is one.
    pub fn unlisted(&self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(|kind| !self.listed.contains(kind))
    }

    /// How long the source has been out of touch at `now`; zero while it is in touch.
    pub fn staleness(&self, now: Instant) -> Duration {
        self.outage.as_ref().map_or(Duration::ZERO, |lost| now.saturating_duration_since(lost.since))
    }
}

/// The half that the pipeline writes; there is only one.
#[derive(Debug)]
pub struct StatusWriter(watch::Sender<SourceStatus>);

/// The half that everybody else reads.
#[derive(Debug, Clone)]
pub struct StatusReader(watch::Receiver<SourceStatus>);

/// The two halves of a status that says nothing has been listed yet.
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
    fn staleness_grows_only_while_out_of_touch() {
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
