use serde_json::Value;

use super::Conversion;
use crate::model::{Converted, Reason, Rejected, object::Object};

mod metadata;
mod names;
mod pod;
mod property;
mod service;
mod slice;

/// Converts the object that this JSON is.
fn convert(json: Value) -> Converted {
    convert_with(Conversion::default(), json)
}

fn convert_with(conversion: Conversion, json: Value) -> Converted {
    let kind = json.get("kind").and_then(Value::as_str).unwrap().to_owned();
    match kind.as_str() {
        "Namespace" => conversion.namespace(&serde_json::from_value(json).unwrap()),
        "Service" => conversion.service(&serde_json::from_value(json).unwrap()),
        "EndpointSlice" => conversion.endpoint_slice(&serde_json::from_value(json).unwrap()),
        "Pod" => conversion.pod(&serde_json::from_value(json).unwrap()),
        _ => panic!("{kind}"),
    }
}

/// The object, of which nothing was rejected.
fn good(converted: Converted) -> Object {
    assert_eq!(converted.rejected, []);
    converted.object.unwrap()
}

/// The object, of which this one field is doubted, and the doubt.
fn doubted(converted: Converted, field: &str, value: &str) -> (Object, Rejected) {
    let [rejected] = converted.rejected.as_slice() else { panic!("{field}: {:#?}", converted.rejected) };
    let (reason, id) = (Reason::DoubtfulObject, &converted.id);
    assert_eq!(
        (rejected.reason, &*rejected.field.to_string(), &*rejected.value, &rejected.object),
        (reason, field, value, id)
    );
    (converted.object.unwrap(), rejected.clone())
}

/// Asserts that the object is refused as a whole for this one field, and returns the message.
fn refused(converted: &Converted, reason: Reason, field: &str, value: &str) -> String {
    assert_eq!(converted.object, None, "{field}");
    let [rejected] = converted.rejected.as_slice() else { panic!("{field}: {:#?}", converted.rejected) };
    assert_eq!((rejected.reason, &*rejected.field.to_string(), rejected.value.as_str()), (reason, field, value));
    assert_eq!(rejected.object, converted.id);
    assert_eq!(rejected.meanwhile, "its last good state, if any, stays");
    rejected.message.clone()
}
