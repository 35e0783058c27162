//! How many connections may be open, and what is said when there are more.

use std::net::SocketAddr;
use std::sync::Arc;

use tracing::{info, warn};

use crate::telemetry::{Metrics, UnservedConnection};

/// Lets connections in, up to a number.
///
/// That it is full is logged once, and not again before a tenth of the places were free meanwhile; else every client that
/// goes away and comes back would be a line.
#[derive(Debug)]
pub(super) struct Door {
    max: usize,
    is_full: bool,
    metrics: Arc<Metrics>,
}

impl Door {
    pub(super) const fn new(max: usize, metrics: Arc<Metrics>) -> Self {
        Self { max, is_full: false, metrics }
    }

    /// Whether a connection from `peer` may come in when so many are.
    pub(super) fn admits(&mut self, open: usize, peer: SocketAddr) -> bool {
        if open < self.max {
            if self.is_full && open <= self.max - self.max.div_ceil(10) {
                self.is_full = false;
                info!(open, "Connections are accepted again");
            }
            return true;
        }
        self.metrics.connection_unserved(UnservedConnection::Limit);
        if !self.is_full {
            self.is_full = true;
            warn!(
                max_connections = self.max, %peer,
                "Refused a connection, and so every one from now on while as many are open as may be; those stay. Raise \
                 --max-connections, or add replicas",
            );
        }
        false
    }
}

#[cfg(test)]
mod tests;
