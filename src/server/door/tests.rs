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
