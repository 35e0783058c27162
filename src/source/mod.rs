//! Where Services and endpoints come from.
//!
//! ```text
//! kubernetes/ watch (IO) ──┐
//!                          ├──▶ objects/ (pure) ──▶ Notice ──▶ pipeline
//! manifests/  watch (IO) ──┘
//! ```
//!
//! Both sources read the same Kubernetes objects and convert them with the same code, so what works offline works in the
//! cluster. A source only says what it sees; it doesn't merge, remember or judge. (What others found to be wrong,
//! [`kubernetes`] tells the owners of its objects.)

pub mod kubernetes;
pub mod manifests;
pub mod objects;

use std::time::Instant;

use futures::stream::BoxStream;

use crate::model::{Event, Kind};

/// A place where Services and endpoints come from.
pub trait Source: Send + 'static {
    /// The word for it in metrics and logs.
    fn name(&self) -> &'static str;

    /// Everything it has to say, for as long as it is polled. It begins with a complete list of every kind; it never
    /// ends by itself, retries what can be retried (with backoff and jitter) and reports trouble as a [`Notice`].
    fn notices(self: Box<Self>) -> BoxStream<'static, Notice>;
}

/// One thing that a source has to say.
#[derive(Debug)]
pub enum Notice {
    /// Something happened to its objects.
    Event {
        /// When our watch delivered it.
        at: Instant,
        /// What happened.
        event: Event,
    },
    /// It hears of everything that happens; said when that begins, and every few seconds. (An event alone doesn't say so:
    /// others may be missing.)
    InTouch,
    /// It has lost touch with some of what it watches, or all. What it said before stands.
    Outage {
        /// Why, in one line.
        error: String,
    },
    /// Some of what it should watch it may not read; there is service without.
    Denied {
        /// Of which kind.
        kind: Kind,
        /// Which objects of that.
        what: String,
        /// Why, how that can be changed, and what it costs; `None` when it may be read again.
        error: Option<String>,
    },
}
