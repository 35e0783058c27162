//! The policy of one port, resolved from all annotations.
//!
//! ```text
//! Policy ─┬─ fleets hosts routes protocol   who gets it, under which names
//!         ├─ Balancing                      which pod gets a request
//!         ├─ Retry                          when another one gets it again
//!         ├─ Timeouts                       how long it may take
//!         ├─ Connection                     how pods are connected to
//!         ├─ Limits                         how much at a time
//!         └─ Outlier, HealthCheck           which pods are left out
//! ```
//!
//! Every field has a value: what nobody set has its default.

mod balancing;
mod connection;
mod health;
mod retry;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use balancing::{Balancing, HashOn, LbPolicy, SlowStart, ZoneRouting};
pub use connection::{Connection, Limits, Protocol, Timeouts, UNLIMITED};
pub use health::{HealthCheck, Outlier, Probe};
pub use retry::{Retry, RetryOn};

use super::Fleets;

/// The resolved policy of one port.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Policy {
    /// The fleets that get it; default all.
    pub fleets: Fleets,
    /// More domains that lead to it, lower case; default none.
    pub hosts: BTreeSet<Arc<str>>,
    /// The path prefixes that lead to it on those domains, or on every one; empty, which is the default, for all paths.
    pub routes: BTreeSet<Arc<str>>,
    /// What its pods speak; default HTTP/2.
    pub protocol: Protocol,
    /// Which pod a request goes to.
    pub balancing: Balancing,
    /// When a request is tried again.
    pub retry: Retry,
    /// How long a request may take.
    pub timeouts: Timeouts,
    /// How pods are connected to.
    pub connection: Connection,
    /// How much is under way at a time.
    pub limits: Limits,
    /// Which pods are left out for a while because of how they answer.
    pub outlier: Outlier,
    /// How pods are asked whether they are well.
    pub health_check: HealthCheck,
}
