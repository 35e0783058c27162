//! The configuration in the terms of the pipeline.

use std::net::SocketAddr;

use super::config::{ConnectionAge, EnvoyAddress, FleetLayer, ListenerName, TrustedHops};
use crate::pipeline::RenderOptions;
use crate::translate::envoy::ListenerOptions;

/// The entry of the configuration file that is for every fleet.
const EVERY_FLEET: &str = "*";

/// The settings in the pipeline's terms: where Envoys listen, and what differs from fleet to fleet. What a fleet doesn't
/// say the fleet `*` says.
pub fn render_options(
    cluster_domain: &str,
    listener: SocketAddr,
    fleets: impl IntoIterator<Item = (String, FleetLayer)>,
) -> RenderOptions {
    let (every, named): (Vec<_>, Vec<_>) = fleets.into_iter().partition(|(name, _)| name == EVERY_FLEET);
    let default = ListenerOptions { address: listener, ..ListenerOptions::default() };
    let listener = every.into_iter().fold(default, |options, (_, fleet)| with(options, fleet));
    RenderOptions {
        cluster_domain: cluster_domain.into(),
        fleets: named.into_iter().map(|(name, fleet)| (name.into(), with(listener.clone(), fleet))).collect(),
        listener,
    }
}

/// The options of a fleet: its own values, else these.
fn with(weaker: ListenerOptions, fleet: FleetLayer) -> ListenerOptions {
    let FleetLayer { listener, listener_name, trusted_hops, access_log, max_connection_duration } = fleet;
    ListenerOptions {
        name: listener_name.map_or(weaker.name, |ListenerName(name)| name.into()),
        address: listener.map_or(weaker.address, |EnvoyAddress(address)| address),
        trusted_hops: trusted_hops.map_or(weaker.trusted_hops, |TrustedHops(hops)| hops),
        access_log: access_log.unwrap_or(weaker.access_log),
        max_connection_duration: max_connection_duration
            .map_or(weaker.max_connection_duration, |ConnectionAge(longest)| longest),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn layer(text: &str) -> FleetLayer {
        serde_saphyr::from_str(text).unwrap()
    }

    #[test]
    fn a_fleet_beats_every_fleet_which_beats_the_flag() {
        let fleets = [
            ("edge".to_owned(), layer("{listener-name: edge, trusted-hops: 1, max-connection-duration: off}")),
            ("*".to_owned(), layer("{access-log: true, trusted-hops: 2, max-connection-duration: 30m}")),
            ("inner".to_owned(), layer("listener: 127.0.0.1:1")),
        ];
        let options = render_options("cluster.local", "0.0.0.0:9".parse().unwrap(), fleets);
        let every = ListenerOptions {
            name: "http".into(),
            address: "0.0.0.0:9".parse().unwrap(),
            trusted_hops: 2,
            access_log: true,
            max_connection_duration: Some(Duration::from_mins(30)),
        };
        assert_eq!(options.listener, every);
        assert_eq!(options.fleets.len(), 2, "* is no fleet: {:?}", options.fleets.keys());
        assert_eq!(
            options.fleets["inner"],
            ListenerOptions { address: "127.0.0.1:1".parse().unwrap(), ..every.clone() }
        );
        assert_eq!(
            options.fleets["edge"],
            ListenerOptions { name: "edge".into(), trusted_hops: 1, max_connection_duration: None, ..every }
        );
    }
}
