//! What all clients of the generator have in common.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::UnboundedSender;

use super::options::Options;
use super::wire::Subscription;
use crate::clock;

/// A line that the generator prints, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// The first client is about to connect.
    Begun {
        /// When, by [`clock::now`].
        at: u64,
    },
    /// Every client has everything that it asked for.
    Complete {
        /// When the last one had.
        at: u64,
    },
    /// Every client has this change.
    Everybody {
        /// The change.
        change: u32,
    },
    /// What came since the last report.
    Report {
        /// By change: when each client had it.
        changes: BTreeMap<u32, Vec<u64>>,
        /// How many bytes of bodies, all clients together.
        bytes: u64,
        /// How many clients have everything that they asked for.
        complete: usize,
    },
}

/// What all clients share.
#[derive(Debug)]
pub struct Hub {
    /// What the generator was told.
    pub options: Options,
    /// What each client asks for.
    pub wanted: Subscription,
    /// What a client holds that was complete once: names and versions.
    pub held: OnceLock<Vec<(String, String)>>,
    complete: AtomicUsize,
    bytes: AtomicU64,
    changes: Mutex<BTreeMap<u32, Vec<u64>>>,
    lines: UnboundedSender<Line>,
}

impl Hub {
    /// Of a generator that hasn't begun.
    pub fn new(options: Options, lines: UnboundedSender<Line>) -> Self {
        Self {
            wanted: Subscription::new(options.variant, options.names),
            options,
            held: OnceLock::new(),
            complete: AtomicUsize::new(0),
            bytes: AtomicU64::new(0),
            changes: Mutex::default(),
            lines,
        }
    }

    /// Says something.
    pub fn say(&self, line: Line) {
        // Nobody listens only when the generator ends.
        let _ = self.lines.send(line);
    }

    /// One more client has everything.
    pub fn completed(&self) {
        if self.complete.fetch_add(1, Ordering::Relaxed) + 1 == self.options.clients {
            self.say(Line::Complete { at: clock::now() });
        }
    }

    /// A client that had everything lost its stream.
    pub fn lost(&self) {
        self.complete.fetch_sub(1, Ordering::Relaxed);
    }

    /// A client received these changes, in a piece of this many bytes.
    pub fn received(&self, changes: impl Iterator<Item = u32>, at: u64) {
        let mut known = self.lock();
        for change in changes {
            let times = known.entry(change).or_default();
            times.push(at);
            if times.len() == self.options.clients {
                self.say(Line::Everybody { change });
            }
        }
    }

    /// A client received this many bytes.
    pub fn count(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// What came since the last report.
    pub fn report(&self) -> Line {
        Line::Report {
            changes: std::mem::take(&mut *self.lock()),
            bytes: self.bytes.swap(0, Ordering::Relaxed),
            complete: self.complete.load(Ordering::Relaxed),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u32, Vec<u64>>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
