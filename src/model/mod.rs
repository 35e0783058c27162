//! The domain, without Kubernetes, without Envoy, without I/O.
//!
//! ```text
//!            object::Namespace ─┐ defaults
//! Event ──▶  object::Service ───┼──▶ Catalog ──▶ Service ── Port ── Policy
//!            object::Slice ─────┤                   └────── Endpoint ── Locality
//!            object::Pod ───────┘ weights
//! ```
//!
//! A source converts what it reads to the nouns of [`object`] and says what happened to them as [`Event`]s. The
//! [`Catalog`] merges them: settings of the Namespace and the Service into one [`Policy`] a port, all slices of a
//! Service into one list of [`Endpoint`]s a port. Whatever can't be used becomes a [`Rejected`].

mod catalog;
pub mod compat;
mod concern;
mod defaults;
pub mod duration;
mod endpoint;
mod event;
pub mod explanation;
mod key;
mod nearest;
pub mod object;
mod policy;
mod rejected;
mod service;
pub mod settings;

pub use catalog::{Catalog, Entry};
pub use concern::Concern;
pub use defaults::{Defaults, Requests};
pub use endpoint::{Endpoint, EndpointState, Endpoints, Locality};
pub use event::{Converted, Event};
pub use key::{Key, Kind, ObjectRef};
pub use nearest::NearestService;
pub use policy::{
    Balancing, Connection, HashOn, HealthCheck, LbPolicy, Limits, Outlier, Policy, Probe, Protocol, Retry, RetryOn,
    SlowStart, Timeouts, UNLIMITED, ZoneRouting,
};
pub use rejected::{Reason, Rejected, RejectedJson, Severity};
pub use service::{Fleets, Port, Service, Written};
