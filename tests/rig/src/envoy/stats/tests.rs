use serde_json::json;

use super::*;

#[test]
fn numbers_are_read_and_refusals_added_up() {
    let stats = Stats::from_json(&json!({"stats": [
        {"name": "cluster_manager.cds.update_rejected", "value": 2},
        {"name": "cluster.shop/cart/50051.update_rejected", "value": 1},
        {"name": "cluster.shop/cart/50051.upstream_rq_retry", "value": 7},
        {"name": "control_plane.identifier", "value": "chancery"},
        {"histograms": {}},
    ]}));
    assert_eq!(stats.rejected_updates(), 3);
    assert_eq!(stats.of_cluster("shop/cart/50051", "upstream_rq_retry"), 7);
    assert_eq!(stats.get("control_plane.identifier"), 0);
    assert_eq!(stats.merge(Stats::from_json(&json!({"stats": [{"name": "a", "value": 1}]}))).get("a"), 1);
}
