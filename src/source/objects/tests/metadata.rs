use serde_json::{Value, json};

use super::{convert, convert_with, doubted, good, refused};
use crate::model::compat::{Compat, Product};
use crate::model::object::{Namespace, Object};
use crate::model::settings::Settings;
use crate::model::{Concern, Key, Kind, ObjectRef, Reason};
use crate::source::objects::Conversion;

fn service(metadata: &Value) -> Value {
    json!({ "kind": "Service", "metadata": metadata, "spec": { "ports": [{ "port": 80 }] } })
}

#[test]
fn a_namespace_is_its_name_and_settings() {
    let converted = convert(json!({ "kind": "Namespace", "metadata": { "name": "shop" } }));
    assert_eq!(converted.id, ObjectRef::Object(Kind::Namespace, Key::new("", "shop")));
    assert_eq!(good(converted), Object::Namespace(Namespace { name: "shop".into(), settings: Settings::default() }));
}

#[test]
fn an_object_without_namespace_is_in_default() {
    for metadata in [json!({ "name": "cart" }), json!({ "name": "cart", "namespace": "" })] {
        let converted = convert(service(&metadata));
        assert_eq!(converted.id, ObjectRef::service(&Key::new("default", "cart")));
        good(converted);
    }
}

#[test]
fn the_creation_time_is_seconds_or_unknown() {
    for (metadata, expected) in [
        (json!({ "name": "a", "creationTimestamp": "2026-11-21T08:00:00Z" }), 1_795_248_000),
        (json!({ "name": "a", "creationTimestamp": null }), i64::MAX),
        (json!({ "name": "a" }), i64::MAX),
    ] {
        let Object::Service(service) = good(convert(service(&metadata))) else { panic!() };
        assert_eq!(service.created, expected);
    }
}

#[test]
fn names_that_are_not_names_refuse_the_object() {
    for (object, field, value) in [
        (service(&json!({})), "metadata.name", ""),
        (service(&json!({ "name": "" })), "metadata.name", ""),
        (service(&json!({ "generateName": "cart-" })), "metadata.name", ""),
        (service(&json!({ "name": "Cart" })), "metadata.name", "Cart"),
        (service(&json!({ "name": "a.b" })), "metadata.name", "a.b"),
        (service(&json!({ "name": "a/b" })), "metadata.name", "a/b"),
        (service(&json!({ "name": "a", "namespace": "-" })), "metadata.namespace", "-"),
        (json!({ "kind": "Namespace", "metadata": { "name": "a.b" } }), "metadata.name", "a.b"),
        (json!({ "kind": "Pod", "metadata": { "name": "a/b" } }), "metadata.name", "a/b"),
        (
            json!({ "kind": "EndpointSlice", "addressType": "IPv4", "endpoints": [], "metadata": { "name": "a b" } }),
            "metadata.name",
            "a b",
        ),
    ] {
        refused(&convert(object), Reason::InvalidObject, field, value);
    }
}

#[test]
fn names_of_forms_that_kubernetes_may_come_to_accept_cost_nothing() {
    let long = "a".repeat(253);
    let pod = |name: &str| json!({ "kind": "Pod", "metadata": { "name": name } });
    for (object, field, value) in [
        (service(&json!({ "name": "my_cart" })), "metadata.name", "my_cart"),
        (service(&json!({ "name": long })), "metadata.name", &*crate::model::Rejected::shorten(&long)),
        (service(&json!({ "name": "a", "namespace": "my_shop" })), "metadata.namespace", "my_shop"),
        (json!({ "kind": "Namespace", "metadata": { "name": "my_shop" } }), "metadata.name", "my_shop"),
        (pod("A"), "metadata.name", "A"),
        (pod("a..b"), "metadata.name", "a..b"),
        (
            json!({ "kind": "EndpointSlice", "addressType": "IPv4", "endpoints": [], "metadata": { "name": "A:1" } }),
            "metadata.name",
            "A:1",
        ),
    ] {
        let (_, doubt) = doubted(convert(object), field, value);
        assert_eq!(doubt.meanwhile, "the object is served under this name");
    }
}

#[test]
fn annotations_may_have_256_kib_in_all() {
    let with = |bytes: usize| {
        let key = "example.com/blob";
        convert(service(&json!({ "name": "cart", "annotations": { key: "x".repeat(bytes - key.len()) } })))
    };
    good(with(256 * 1024));
    let converted = with(10 << 20);
    let message = refused(
        &converted,
        Reason::InvalidObject,
        "metadata.annotations[example.com/blob]",
        &format!("{}… ({} bytes)", "x".repeat(80), (10 << 20) - 16),
    );
    assert_eq!(message, "too long; expected at most 262144 bytes in all annotations, not 10485760");
    assert!(converted.rejected.iter().all(|rejected| rejected.to_string().len() < 400));
}

#[test]
fn an_endless_name_is_not_repeated() {
    let converted = convert(service(&json!({ "name": "n".repeat(10 << 20), "namespace": "m".repeat(10 << 20) })));
    assert_eq!(converted.object, None);
    let said: Vec<_> = converted.rejected.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 2);
    assert!(said.iter().all(|said| said.len() < 800), "{said:?}");
}

#[test]
fn annotations_of_others_are_read_by_those_who_ask_for_them() {
    let annotated = service(&json!({ "name": "cart", "annotations": { "xds.lmwn.com/retry-count": "3" } }));
    let translated = |compat: Compat| {
        let Object::Service(service) =
            good(convert_with(Conversion { compat, ..Conversion::default() }, annotated.clone()))
        else {
            panic!()
        };
        service.translated.map(|translated| translated.good().map(|(name, _)| name).collect::<Vec<_>>())
    };
    assert_eq!(translated(Compat::default()), None);
    assert_eq!(translated(Product::Linkerd.into()), None);
    assert_eq!(translated(Product::Lmwn.into()), Some(vec!["num-retries".to_owned()]));
}

#[test]
fn keys_of_ours_that_have_no_effect_are_doubted() {
    let enabled = json!({ "chancery.dev/enabled": "true" });
    let weight = json!({ "chancery.dev/weight": "5", "kubernetes.io/service-name": "cart" });
    let slice = |metadata: &Value| json!({ "kind": "EndpointSlice", "addressType": "IPv4", "endpoints": [], "metadata": metadata });
    let copied = json!({
        "chancery.dev/enabled": "true",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    });
    for (object, expected) in [
        (service(&json!({ "name": "a", "annotations": enabled })), None),
        (service(&json!({ "name": "a", "labels": enabled })), Some("metadata.labels[chancery.dev/enabled]")),
        (service(&json!({ "name": "a", "labels": weight })), Some("metadata.labels[chancery.dev/weight]")),
        (
            json!({ "kind": "Namespace", "metadata": { "name": "a", "labels": enabled } }),
            Some("metadata.labels[chancery.dev/enabled]"),
        ),
        (
            json!({ "kind": "Pod", "metadata": { "name": "a", "annotations": enabled, "labels": weight } }),
            Some("metadata.annotations[chancery.dev/enabled]"),
        ),
        (slice(&json!({ "name": "a", "annotations": enabled })), Some("metadata.annotations[chancery.dev/enabled]")),
        (slice(&json!({ "name": "a", "labels": copied })), None),
    ] {
        let converted = convert(object.clone());
        assert!(converted.object.is_some(), "{object}");
        let told: Vec<_> = converted.rejected.iter().map(|one| (one.reason, one.field.to_string())).collect();
        assert_eq!(
            told,
            expected.map(|field| (Reason::DoubtfulObject, field.to_owned())).into_iter().collect::<Vec<_>>(),
            "{object}"
        );
    }
}

#[test]
fn an_object_tells_whose_business_it_is() {
    let in_shop =
        |annotations: Value| service(&json!({ "name": "-", "namespace": "shop", "annotations": annotations }));
    let namespace =
        |annotations: Value| json!({ "kind": "Namespace", "metadata": { "name": "-", "annotations": annotations } });
    for (object, expected) in [
        (in_shop(json!({})), Concern::Namespaces(["shop".into()].into())),
        (in_shop(json!({ "example.org/a": "b" })), Concern::Namespaces(["shop".into()].into())),
        (in_shop(json!({ "chancery.dev/enabled": "true" })), Concern::Ours),
        (in_shop(json!({ "chancery.dev/enabled": "yes" })), Concern::Ours),
        (in_shop(json!({ "chancery.dev/lb-policy": "random" })), Concern::Ours),
        (in_shop(json!({ "chancery.dev/enabled": "false" })), Concern::Nobody),
        (in_shop(json!({ "chancery.dev/enabled": "false", "chancery.dev/hosts": "a" })), Concern::Nobody),
        (in_shop(json!({ "chancery.dev/enabled": "false", "chancery.dev/enabled.a": "true" })), Concern::Ours),
        (in_shop(json!({ "chancery.dev/enabled.a": "false" })), Concern::Ours),
        (namespace(json!({})), Concern::Nobody),
        (namespace(json!({ "chancery.dev/hosts": "a" })), Concern::Ours),
        (
            json!({ "kind": "EndpointSlice", "addressType": "IPv4", "endpoints": [], "metadata": {
                "name": "-", "namespace": "shop", "labels": { "kubernetes.io/service-name": "cart" } } }),
            Concern::Service(Key::new("shop", "cart").into()),
        ),
    ] {
        assert_eq!(convert(object.clone()).concern, expected, "{object}");
    }
    let others =
        in_shop(json!({ "getambassador.io/config": "{apiVersion: getambassador.io/v2, kind: Mapping, name: m, \
        prefix: /, service: -.shop}" }));
    assert_eq!(convert(others.clone()).concern, Concern::Namespaces(["shop".into()].into()));
    let compat = Conversion { compat: Product::Ambassador.into(), ..Conversion::default() };
    assert_eq!(convert_with(compat, others).concern, Concern::Ours);
}
