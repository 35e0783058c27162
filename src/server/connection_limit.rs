//! The limit of open connections.

use std::net::SocketAddr;
use std::sync::Arc;

use tracing::{info, warn};

use crate::telemetry::{Metrics, UnservedConnection};

/// Admits connections up to a number.
///
/// That the limit is reached is logged once, and not again before a tenth of it was free meanwhile; else every client that
/// goes away and comes back would be a line.
#[derive(Debug)]
pub(super) struct ConnectionLimit {
    max: usize,
    is_reached: bool,
    metrics: Arc<Metrics>,
}

impl ConnectionLimit {
    pub(super) const fn new(max: usize, metrics: Arc<Metrics>) -> Self {
        Self { max, is_reached: false, metrics }
    }

    /// Whether one more connection, from `peer`, is admitted when so many are open.
    pub(super) fn admits(&mut self, open: usize, peer: SocketAddr) -> bool {
        if open < self.max {
            if self.is_reached && open <= self.max - self.max.div_ceil(10) {
                self.is_reached = false;
                info!(open, "Connections are accepted again");
            }
            return true;
        }
        self.metrics.connection_unserved(UnservedConnection::Limit);
        if !self.is_reached {
            self.is_reached = true;
            warn!(
                max_connections = self.max, %peer,
                "Reached --max-connections: closing new connections, open ones stay. Raise the limit or add replicas",
            );
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::registry::Registry;

    use super::*;
    use crate::server::fixtures::metrics_text;

    /// Whether a limit of twenty admits one more when so many are open, and whether it was reached after that; and the
    /// metrics.
    fn admitted(open: &[usize]) -> (Vec<(bool, bool)>, String) {
        let mut registry = Registry::default();
        let metrics = Arc::new(Metrics::new(&mut registry));
        let mut limit = ConnectionLimit::new(20, metrics);
        let peer = "127.0.0.1:1".parse().unwrap();
        let admitted = open.iter().map(|open| (limit.admits(*open, peer), limit.is_reached)).collect();
        (admitted, metrics_text(&registry))
    }

    #[test]
    fn a_connection_above_the_limit_is_closed_and_counted() {
        let (admitted, metrics) = admitted(&[0, 19, 20, 21, 19]);
        let admitted: Vec<_> = admitted.into_iter().map(|(admitted, _)| admitted).collect();
        assert_eq!(admitted, [true, true, false, false, true]);
        assert!(metrics.contains("chancery_xds_connections_unserved_total{reason=\"limit\"} 2\n"), "{metrics}");
    }

    #[test]
    fn it_is_reached_until_a_tenth_is_free() {
        let (admitted, _) = admitted(&[19, 20, 19, 20, 18, 19, 20]);
        let reached: Vec<_> = admitted.into_iter().map(|(_, is_reached)| is_reached).collect();
        assert_eq!(reached, [false, true, true, true, false, false, true]);
    }
}
