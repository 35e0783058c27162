use serde_json::json;

use super::{convert, good, refused};
use crate::model::object::{Object, Pod};
use crate::model::{Converted, Key, Reason};

fn pod(weight: &str) -> Converted {
    let labels = json!({ "chancery.dev/weight": weight });
    convert(json!({ "kind": "Pod", "metadata": { "name": "cart-1.a", "namespace": "shop", "labels": labels } }))
}

#[test]
fn the_weight_is_1_to_128() {
    for (text, weight) in [("1", 1), ("7", 7), ("128", 128), ("007", 7)] {
        assert_eq!(good(pod(text)), Object::Pod(Pod { key: Key::new("shop", "cart-1.a"), weight }));
    }
}

#[test]
fn anything_else_is_refused() {
    for text in ["0", "129", "-1", "+1", "1.5", "1 ", "one", "99999999999999999999"] {
        let message = refused(&pod(text), Reason::InvalidAnnotation, "metadata.labels[chancery.dev/weight]", text);
        assert_eq!(message, "not a weight; expected 1 to 128");
    }
}

#[test]
fn a_pod_without_weight_weighs_1() {
    let unlabelled = convert(json!({ "kind": "Pod", "metadata": { "name": "a", "namespace": "shop" } }));
    for converted in [unlabelled, pod("")] {
        let Object::Pod(pod) = good(converted) else { panic!() };
        assert_eq!(pod.weight, 1);
    }
}
