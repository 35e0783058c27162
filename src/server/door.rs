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
mod tests {
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    use super::*;

    /// Whether a door of twenty lets in when so many are open, and whether it was full after that.
    fn seen(open: &[usize]) -> (Vec<(bool, bool)>, String) {
        let mut registry = Registry::default();
        let metrics = Arc::new(Metrics::new(&mut registry));
        let mut door = Door::new(20, metrics);
        let peer = "127.0.0.1:1".parse().unwrap();
        let seen = open.iter().map(|open| (door.admits(*open, peer), door.is_full)).collect();
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        (seen, text)
    }

    #[test]
    fn who_is_one_too_many_stays_out_and_counts() {
        let (seen, metrics) = seen(&[0, 19, 20, 21, 19]);
        assert_eq!(seen.iter().map(|(admitted, _)| *admitted).collect::<Vec<_>>(), [true, true, false, false, true]);
        assert!(metrics.contains("chancery_xds_connections_unserved_total{reason=\"limit\"} 2\n"), "{metrics}");
    }

    /// Nobody is told again before it was not full.
    #[test]
    fn it_is_full_until_a_tenth_of_the_places_are_free() {
        let (seen, _) = seen(&[19, 20, 19, 20, 18, 19, 20]);
        let full: Vec<_> = seen.into_iter().map(|(_, is_full)| is_full).collect();
        assert_eq!(full, [false, true, true, true, false, false, true]);
    }
}
