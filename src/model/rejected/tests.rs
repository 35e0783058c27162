use super::*;
use crate::model::{FieldPath, Key};

fn rejected(name: &str, field: Location, message: &str) -> Rejected {
    Rejected {
        object: ObjectRef::service(&Key::new("shop", name)),
        field,
        value: String::new(),
        reason: Reason::InvalidObject,
        message: message.to_owned(),
        meanwhile: String::new(),
    }
}

#[test]
fn lists_are_in_the_order_of_objects_and_of_what_is_read_of_the_fields() {
    let port = |index| Location::from(FieldPath::of(["spec", "ports"]).item(index));
    let mut list = [
        rejected("b", Location::File, "a"),
        rejected("a", port(2), "b"),
        rejected("a", Location::label("a"), "a"),
        rejected("a", port(10), "c"),
        rejected("a", Location::setting("hosts"), "a"),
        rejected("a", Location::Line(3), "a"),
        rejected("a", Location::Line(12), "a"),
        rejected("a", port(2), "a"),
    ];
    list.sort();
    assert_eq!(
        list.map(|one| one.to_string()),
        [
            "Service shop/a: line 12: a",
            "Service shop/a: line 3: a",
            "Service shop/a: metadata.annotations[chancery.dev/hosts]: a",
            "Service shop/a: metadata.labels[a]: a",
            "Service shop/a: spec.ports[10]: c",
            "Service shop/a: spec.ports[2]: a",
            "Service shop/a: spec.ports[2]: b",
            "Service shop/b: file: a",
        ]
    );
}

#[test]
fn fields_that_read_the_same_are_still_two() {
    let (one, other) = (FieldPath::of(["a"]).field("b"), FieldPath::default().field("a.b"));
    let [one, other] = [one, other].map(|path| rejected("a", path.into(), "a"));
    assert_eq!(one.to_string(), other.to_string());
    assert_ne!(one, other);
    assert_ne!(one.cmp(&other), Ordering::Equal);
}

#[test]
fn what_is_said_names_value_mistake_and_what_is_in_force() {
    let mut rejected = rejected("cart", Location::setting("lb-policy"), "not a policy");
    assert_eq!(rejected.remark().to_string(), "not a policy");
    rejected.value = "fastest".to_owned();
    rejected.meanwhile = "round-robin stays".to_owned();
    assert_eq!(rejected.remark().to_string(), "\"fastest\": not a policy (round-robin stays)");
    assert_eq!(
        rejected.to_string(),
        "Service shop/cart: metadata.annotations[chancery.dev/lb-policy]: \"fastest\": not a policy (round-robin stays)"
    );
}
