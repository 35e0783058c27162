//! The channels between the pipeline, the server and the admin pages: one a file.
//!
//! ```text
//! pipeline ── snapshots: what clients should hold ─────────────▶ server, admin
//!          ── status: the state of the source ─────────────────▶ admin, app
//!          ◀── demand: the names that gRPC clients subscribe to ─ server
//!          ◀── queries: why a Service is served as it is ─────── admin
//! server   ── clients: the open streams, and their NACKs ──────▶ admin, app
//! ```
//!
//! A slow reader holds up no one: what is published is a pointer that is swapped, and queues are bounded.

mod clients;
mod demand;
mod nacks;
mod queries;
mod snapshots;
mod status;

pub use clients::{ClientNack, ClientSummary, Clients, NackSummary, TypeSummary, seconds};
pub use demand::{Demand, DemandChange, DemandReader, StreamDemand, TooManyNamesError, demand_channel};
pub use nacks::rejected_by_clients;
pub use queries::{PortSummary, Query, QueryError, QueryReceiver, QuerySender, Reply, ServiceSummary, query_channel};
pub use snapshots::{Publication, SnapshotReader, SnapshotWriter, snapshot_channel};
pub use status::{Outage, SourceStatus, StatusReader, StatusWriter, status_channel};
