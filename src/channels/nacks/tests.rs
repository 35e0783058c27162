use std::sync::Arc;

use super::*;
use crate::model::Key;
use crate::xds::Origin;

fn service(name: &str) -> ObjectRef {
    ObjectRef::service(&Key::new("shop", name))
}

fn refusal(node: &str, object: &ObjectRef, annotation: Option<&str>, message: &str) -> ClientNack {
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
fn who_says_the_same_of_the_same_is_said_once() {
    let cart = &service("cart");
    let same = (1..=5).map(|n| refusal(&format!("envoy-{n}"), cart, Some("lb-policy"), "bad\nlb_policy"));
    let other = refusal("envoy-1", cart, None, "worse");
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
fn which_clients_say_it_is_no_part_of_what_is_wrong() {
    let wrong = |node| rejected_by_clients([refusal(node, &service("cart"), None, "no")]).remove(0).message;
    assert_eq!(wrong("envoy-1"), wrong("envoy-2"));
}

#[test]
fn what_clients_say_has_bounds() {
    let long = rejected_by_clients([refusal(&"n".repeat(5000), &service("cart"), None, &"é".repeat(5000))]).remove(0);
    assert!(long.message.chars().count() < 400 && long.message.ends_with("é…"), "{}", long.message);
    assert!(long.meanwhile.len() < 200, "{}", long.meanwhile);
    let talkative = (0..50).map(|n| refusal("envoy", &service("cart"), None, &n.to_string()));
    let modest = refusal("envoy", &service("pay"), None, "no");
    assert_eq!(rejected_by_clients(talkative.chain([modest])).len(), MAX_MESSAGES + 1);
}
