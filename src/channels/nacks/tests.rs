use std::sync::Arc;

use super::*;
use crate::xds::Origin;

fn nack(node: &str, object: &str, annotation: Option<&str>, message: &str) -> ClientNack {
    ClientNack {
        node_id: node.to_owned(),
        resource_type: ResourceType::Cluster,
        name: "shop/cart/80".into(),
        origin: Arc::new(Origin { object: object.into(), annotations: Box::default() }),
        annotation: annotation.map(Into::into),
        message: message.into(),
    }
}

fn texts(nacks: impl IntoIterator<Item = ClientNack>) -> Vec<String> {
    rejected_by_clients(nacks).iter().map(ToString::to_string).collect()
}

#[test]
fn the_same_nack_of_several_clients_is_one() {
    let cart = "Service shop/cart";
    let same = (1..=5).map(|n| nack(&format!("envoy-{n}"), cart, Some("lb-policy"), "bad\nlb_policy"));
    let other = nack("envoy-1", cart, None, "worse");
    assert_eq!(
        texts(same.chain([other])),
        [
            "Service shop/cart: metadata.annotations: clients refuse cluster shop/cart/80, which comes of it: worse \
             (1 client keeps what it had: envoy-1)",
            "Service shop/cart: metadata.annotations[chancery.dev/lb-policy]: clients refuse cluster shop/cart/80, \
             which comes of it: bad lb_policy (5 clients keep what they had: envoy-1, envoy-2, envoy-3, …)",
        ]
    );
}

#[test]
fn the_message_does_not_depend_on_the_clients() {
    let wrong = |node| rejected_by_clients([nack(node, "Service shop/cart", None, "no")]).remove(0).message;
    assert_eq!(wrong("envoy-1"), wrong("envoy-2"));
}

#[test]
fn messages_have_bounds() {
    let long = rejected_by_clients([nack(&"n".repeat(5000), "Service shop/cart", None, &"é".repeat(5000))]).remove(0);
    assert!(long.message.chars().count() < 400 && long.message.ends_with("é…"), "{}", long.message);
    assert!(long.meanwhile.len() < 200, "{}", long.meanwhile);
    let talkative = (0..50).map(|n| nack("envoy", "Service shop/cart", None, &n.to_string()));
    let modest = nack("envoy", "Service shop/pay", None, "no");
    assert_eq!(rejected_by_clients(talkative.chain([modest])).len(), MAX_MESSAGES + 1);
}

#[test]
fn a_resource_of_no_object_is_left_out() {
    assert!(rejected_by_clients([nack("envoy", "", None, "no")]).is_empty());
}
