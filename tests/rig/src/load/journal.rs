//! A record that others write, for those who wait for what it will say.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::watch;
use tokio::time::timeout;

use super::record::{Outcome, Record};

/// How [`Journal::until_quiet`] defines quiet.
const QUIET: Duration = Duration::from_millis(500);

/// A [`Record`] that grows. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Journal(watch::Sender<Record>);

impl Journal {
    /// Writes down a request that has just ended.
    pub fn add(&self, started: Instant, outcome: Outcome) {
        self.0.send_modify(|record| record.add(started, outcome));
    }

    /// What became of the requests so far. Writers wait while it is held: read, and let go.
    pub fn record(&self) -> watch::Ref<'_, Record> {
        self.0.borrow()
    }

    /// Forgets the requests that ended before a moment, so that load may run for days.
    pub fn forget(&self, before: Instant) {
        self.0.send_modify(|record| record.forget(before));
    }

    /// When a request that started after `since` was first answered by `pod`; an error after `patience`.
    pub async fn until_answered(&self, pod: &str, since: Instant, patience: Duration) -> anyhow::Result<Instant> {
        let mut record = self.0.subscribe();
        let mut answered = None;
        let found = record.wait_for(|record| {
            answered = record.first_answer(pod, since);
            answered.is_some()
        });
        // Either way, what counts is whether it was found.
        let _ = timeout(patience, found).await;
        answered.with_context(|| format!("pod {pod} answered no request within {} s", patience.as_secs()))
    }

    /// When the last request started that `pod` answered, once there was none for half a second; `since` if there was
    /// none after it. An error after `patience`.
    pub async fn until_quiet(&self, pod: &str, since: Instant, patience: Duration) -> anyhow::Result<Instant> {
        let quiet = async {
            loop {
                let last = self.record().last_started(pod, since).unwrap_or(since);
                let quiet_at = last + QUIET;
                if quiet_at <= Instant::now() {
                    return last;
                }
                tokio::time::sleep_until(quiet_at.into()).await;
            }
        };
        timeout(patience, quiet)
            .await
            .with_context(|| format!("pod {pod} still gets new requests after {} s", patience.as_secs()))
    }
}
