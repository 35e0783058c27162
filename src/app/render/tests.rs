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
    assert_eq!(options.fleets["inner"], ListenerOptions { address: "127.0.0.1:1".parse().unwrap(), ..every.clone() });
    assert_eq!(
        options.fleets["edge"],
        ListenerOptions { name: "edge".into(), trusted_hops: 1, max_connection_duration: None, ..every }
    );
}
