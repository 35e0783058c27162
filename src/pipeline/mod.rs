//! Turns the notices of a source into published snapshots.
//!
//! ```text
//! Source ── Notice ──▶ run ── Event ──▶ Catalog ── changed entries ──▶ Renderer ── World ──▶ SnapshotWriter
//!                       │                  │                              │
//!                       │                  └────────── Rejected ──────────┤
//!                       ├── listed, outage ───────▶ StatusWriter ◀────────┘
//! QueryReceiver ────────┘
//! ```
//!
//! [`run()`] takes whatever the source has ready as one batch, and publishes what came of it by one swap; it never waits
//! for more to come. Between two batches it answers a query, if there is one. The [`Renderer`] is pure, and renders only
//! what changed. [`offline()`] is the same path for a complete list of objects, without source, clock and clients.
//!
//! [`run()`] doesn't yield while it works, which for a Namespace with thousands of Services takes a while: it is meant for a
//! thread of its own. The source is read there, too, so what isn't taken yet waits where it comes from.
//!
//! What Envoys get is rendered when it changes, and what gRPC clients get when one of them asks for it: their demand comes
//! in by a [`DemandReader`](crate::channels::DemandReader), as another reason to render and publish.

mod explain;
mod fleet;
mod offline;
mod on_demand;
mod options;
mod rejected;
mod rename_deadlines;
mod renderer;
mod run;

pub use offline::{Offline, offline};
pub use options::RenderOptions;
pub use renderer::Renderer;
pub use run::run;
