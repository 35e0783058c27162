//! The sources of Services and endpoints.
//!
//! ```text
//! kubernetes/ watch (IO) ──┐
//!                          ├──▶ objects/ (pure) ──▶ Notice ──▶ pipeline
//! manifests/  watch (IO) ──┘
//! ```
//!
//! Both sources read the same Kubernetes objects and convert them with the same code, so what works offline works in the
//! cluster. A source only reports what it reads; it doesn't merge, remember or judge.

pub mod kubernetes;
pub mod manifests;
pub mod objects;

use std::time::Instant;

use futures::stream::BoxStream;

use crate::model::{Event, Kind};

/// A place where Services and endpoints come from.
pub trait Source: Send + 'static {
    /// Its name in metrics and logs.
    fn name(&self) -> &'static str;

    /// Its notices, for as long as it is polled. They begin with a complete list of every kind; they never end by
    /// themselves. The source retries what can be retried (with backoff and jitter) and reports outages as [`Notice`]s.
    fn notices(self: Box<Self>) -> BoxStream<'static, Notice>;
}

/// What a source reports: an event of an object, or how the source itself is.
#[derive(Debug)]
pub enum Notice {
    /// An event of one of its objects.
    Event {
        /// When our watch delivered it.
        at: Instant,
        /// The event.
        event: Event,
    },
    /// The source delivers every change. Reported when that begins, and every few seconds. (An event alone doesn't mean that:
    /// others may be missing.)
    UpToDate,
    /// The source misses changes of some of its objects, or of all. What it reported before stays in force.
    Outage {
        /// Why, in one line.
        error: String,
    },
    /// The source isn't allowed to read some of its objects. Services are served without them.
    Denied {
        /// The kind of the objects.
        kind: Kind,
        /// Which of them, as the API calls them.
        what: String,
        /// Why, how that can be changed, and what it costs.
        error: String,
    },
    /// The source is allowed again to read objects that were [denied](Self::Denied).
    Allowed {
        /// Which of them, as it was reported before.
        what: String,
    },
}
