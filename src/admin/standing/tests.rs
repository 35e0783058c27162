use std::time::Duration;

use super::*;
use crate::cache::TypeSummary;
use crate::xds::{ClientKind, ResourceType};

fn refusing(message: &str) -> ClientSummary {
    let rejected = Rejection { version: "1".to_owned(), message: message.to_owned(), ago: Duration::from_secs(2) };
    let of_type = |rejected| TypeSummary {
        resource_type: ResourceType::Cluster,
        sent: None,
        acked: None,
        behind: None,
        rejected,
    };
    ClientSummary {
        node_id: "envoy-1".to_owned(),
        user_agent: String::new(),
        fleet: "".into(),
        kind: ClientKind::Envoy,
        scope: "ads delta 1".to_owned(),
        age: Duration::ZERO,
        types: vec![of_type(None), of_type(Some(rejected))],
    }
}

#[test]
fn a_refusal_is_told_of_the_service_whose_cluster_it_names() {
    let clusters = ["shop/cart/80".into(), "shop/cart/81".into()];
    let told = |message: &str| RefusalJson::of(&clusters, &[refusing(message)]).len() == 1;
    for message in
        ["shop/cart/80", "Error adding cluster(s) shop/cart/81: bad", "x \"shop/cart/80\".", "(shop/cart/80)"]
    {
        assert!(told(message), "{message}");
    }
    for message in ["", "shop/cart/8", "shop/cart/800", "eshop/cart/80", "a-shop/cart/80", "bad"] {
        assert!(!told(message), "{message}");
    }
    let expected = RefusalJson {
        node: "envoy-1".to_owned(),
        stream: "ads delta 1".to_owned(),
        r#type: "cds".to_owned(),
        message: "shop/cart/80".to_owned(),
        seconds_ago: 2.0,
    };
    assert_eq!(RefusalJson::of(&clusters, &[refusing("shop/cart/80")]), [expected]);
}
