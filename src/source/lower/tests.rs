use serde_json::Value;

use super::Lowering;
use crate::model::{Lowered, Reason, Rejected, object::Object};

mod metadata;
mod names;
mod pod;
mod property;
mod service;
mod slice;

/// Lowers the object that this JSON is.
fn lower(json: Value) -> Lowered {
    lower_with(Lowering::default(), json)
}

fn lower_with(lowering: Lowering, json: Value) -> Lowered {
    let kind = json.get("kind").and_then(Value::as_str).unwrap().to_owned();
    match kind.as_str() {
        "Namespace" => lowering.namespace(&serde_json::from_value(json).unwrap()),
        "Service" => lowering.service(&serde_json::from_value(json).unwrap()),
        "EndpointSlice" => lowering.endpoint_slice(&serde_json::from_value(json).unwrap()),
        "Pod" => lowering.pod(&serde_json::from_value(json).unwrap()),
        _ => panic!("{kind}"),
    }
}

/// The object, of which nothing was rejected.
fn good(lowered: Lowered) -> Object {
    assert_eq!(lowered.rejected, []);
    lowered.object.unwrap()
}

/// The object, of which this one field is doubted, and the doubt.
fn doubted(lowered: Lowered, field: &str, value: &str) -> (Object, Rejected) {
    let [rejected] = lowered.rejected.as_slice() else { panic!("{field}: {:#?}", lowered.rejected) };
    let (reason, id) = (Reason::DoubtfulObject, &lowered.id);
    assert_eq!((rejected.reason, &*rejected.field, &*rejected.value, &rejected.object), (reason, field, value, id));
    (lowered.object.unwrap(), rejected.clone())
}

/// Asserts that the object is refused as a whole for this one field, and returns the message.
fn refused(lowered: &Lowered, reason: Reason, field: &str, value: &str) -> String {
    assert_eq!(lowered.object, None, "{field}");
    let [rejected] = lowered.rejected.as_slice() else { panic!("{field}: {:#?}", lowered.rejected) };
    assert_eq!((rejected.reason, rejected.field.as_str(), rejected.value.as_str()), (reason, field, value));
    assert_eq!(rejected.object, lowered.id);
    assert_eq!(rejected.meanwhile, "its last good state, if there was one, stays");
    rejected.message.clone()
}
