use std::sync::Arc;

use super::*;
use crate::model::Key;
use crate::xds::Origin;

fn service(name: &str) -> ObjectRef {
    ObjectRef::service(&Key::new("shop", name))
}

fn nack(node: &str, object: &ObjectRef, annotation: Option<&str>, message: &str) -> ClientNack {
    ClientNack {
        node_id: node.to_owned(),
        resource_type: ResourceType::Cluster,
        name: "shop/cart/80".into(),
        origin: Arc::new(Origin { object: object.clone(), annotations: Box::default() }),
        annotation: annotation.map(Into::into),
        message: message.into(),
    }
}

fn texts(nacks: impl IntoIterator<Item = ClientNack>) -> Vec<String> {
    rejected_by_clients(nacks).iter().map(ToString::to_string).collect()
}

#[test]
fn the_same_nack_of_several_clients_is_one() {
    let cart = &service("cart");
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
    let wrong = |node| rejected_by_clients([nack(node, &service("cart"), None, "no")]).remove(0).message;
    assert_eq!(wrong("envoy-1"), wrong("envoy-2"));
}

#[test]
fn messages_have_bounds() {
    let long = rejected_by_clients([nack(&"n".repeat(5000), &service("cart"), None, &"é".repeat(5000))]).remove(0);
    assert!(long.message.chars().count() < 400 && long.message.ends_with("é…"), "{}", long.message);
    assert!(long.meanwhile.len() < 200, "{}", long.meanwhile);
    let talkative = (0..50).map(|n| nack("envoy", &service("cart"), None, &n.to_string()));
    let modest = nack("envoy", &service("pay"), None, "no");
    assert_eq!(rejected_by_clients(talkative.chain([modest])).len(), MAX_MESSAGES + 1);
}
