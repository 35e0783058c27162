//! Queues an Event for everything that is newly rejected.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::broadcast;

use super::QueuedEvent;
use super::warning::Warning;
use crate::model::Rejected;

/// Compares what is rejected now with what was rejected before, and queues Events of what is new.
#[derive(Debug)]
pub struct EventSender {
    reported: BTreeSet<Warning>,
    queue: broadcast::Sender<Arc<QueuedEvent>>,
}

impl EventSender {
    /// Nothing reported yet.
    pub(super) const fn new(queue: broadcast::Sender<Arc<QueuedEvent>>) -> Self {
        Self { reported: BTreeSet::new(), queue }
    }

    /// Takes everything that is rejected now, and sends what of it wasn't rejected the last time. Never waits.
    pub fn send<'a>(&mut self, rejected: impl IntoIterator<Item = &'a Rejected>) {
        let mut now = BTreeSet::new();
        for rejected in rejected {
            let Some(warning) = Warning::of(rejected) else { continue };
            if !self.reported.contains(&warning) && !now.contains(&warning) {
                let meanwhile = rejected.meanwhile.clone();
                // It fails when the writer is gone, at the end.
                let _ = self.queue.send(Arc::new(QueuedEvent { warning: warning.clone(), meanwhile }));
            }
            now.insert(warning);
        }
        self.reported = now;
    }
}

#[cfg(test)]
mod tests;
