use super::*;
use k8s_openapi::jiff::Timestamp;

fn at(second: i64) -> Time {
    Time(Timestamp::from_second(second).unwrap())
}

fn involved(uid: &str, version: &str) -> InvolvedObject {
    InvolvedObject { uid: uid.to_owned(), resource_version: version.to_owned() }
}

fn cart() -> ObjectRef {
    ObjectRef::service(&Key::new("shop", "cart"))
}

fn rejected(object: ObjectRef, reason: Reason) -> Rejected {
    Rejected {
        object,
        field: "metadata.annotations[chancery.dev/lb-policy]".to_owned(),
        value: "fastest".to_owned(),
        reason,
        message: "not a policy; expected round-robin".to_owned(),
        meanwhile: "the default, round-robin, stays".to_owned(),
    }
}

fn warning() -> Warning {
    Warning::of(&rejected(cart(), Reason::InvalidAnnotation)).unwrap()
}

#[test]
fn warnings_are_of_annotations_and_of_what_clients_reject() {
    use Reason::*;
    let reason = |object: ObjectRef, reason| Warning::of(&rejected(object, reason)).map(|warning| warning.reason);
    let reasons = Reason::ALL.map(|one| (one, reason(cart(), one)));
    assert_eq!(
        reasons,
        [
            (InvalidAnnotation, Some(InvalidAnnotation)),
            (UnknownAnnotation, Some(UnknownAnnotation)),
            (DoubtfulAnnotation, None),
            (InvalidObject, None),
            (DoubtfulObject, None),
            (InvalidEndpoint, None),
            (Unsupported, None),
            (Duplicate, Some(InvalidAnnotation)),
            (Unparsable, None),
            (RejectedByClient, Some(RejectedByClient)),
        ]
    );
    let elsewhere = Rejected { field: "metadata.name".to_owned(), ..rejected(cart(), Duplicate) };
    assert_eq!(Warning::of(&elsewhere), None);
    let shop = ObjectRef::Object(Kind::Namespace, Key::new("", "shop"));
    assert_eq!(reason(shop, UnknownAnnotation), Some(UnknownAnnotation));
    for other in [
        ObjectRef::Object(Kind::EndpointSlice, Key::new("shop", "cart-1")),
        ObjectRef::Object(Kind::Pod, Key::new("shop", "cart-1")),
        ObjectRef::File("a.yaml".into()),
    ] {
        assert_eq!(reason(other, InvalidAnnotation), None);
    }
}

#[test]
fn an_event_says_who_what_and_when() {
    let event = warning().event("the default, round-robin, stays", &involved("u-1", "7"), &at(0));
    let name = event.metadata.name.clone().unwrap();
    let mut json = serde_json::to_value(&event).unwrap();
    json["metadata"]["name"] = "".into();
    assert_eq!(
        json,
        json!({
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": { "name": "", "namespace": "shop" },
            "involvedObject": {
                "apiVersion": "v1", "kind": "Service", "namespace": "shop", "name": "cart", "uid": "u-1",
                "resourceVersion": "7",
            },
            "type": "Warning",
            "reason": "InvalidAnnotation",
            "message": "metadata.annotations[chancery.dev/lb-policy]: \"fastest\": not a policy; expected round-robin \
                        (the default, round-robin, stays)",
            "source": { "component": "chancery" },
            "reportingComponent": "chancery",
            "firstTimestamp": "1970-01-01T00:00:00Z",
            "lastTimestamp": "1970-01-01T00:00:00Z",
            "count": 1,
        })
    );
    let hash = name.strip_prefix("cart.").unwrap();
    assert!(hash.len() == 32 && hash.chars().all(|c| c.is_ascii_hexdigit()), "{name}");
}

#[test]
fn the_event_of_a_namespace_is_in_default() {
    let shop = ObjectRef::Object(Kind::Namespace, Key::new("", "shop"));
    let warning = Warning::of(&rejected(shop, Reason::UnknownAnnotation)).unwrap();
    let event = warning.event("", &involved("u-1", "7"), &at(0));
    assert_eq!(event.metadata.namespace.as_deref(), Some("default"));
    assert_eq!(event.involved_object.namespace, None);
    assert_eq!(event.involved_object.kind.as_deref(), Some("Namespace"));
}

#[test]
fn the_name_follows_object_reason_and_message_and_nothing_else() {
    let name = |rejected: &Rejected, subject: &InvolvedObject| Warning::of(rejected).unwrap().name(subject);
    let one = rejected(cart(), Reason::InvalidAnnotation);
    let now = involved("u-1", "7");
    let same = Rejected { meanwhile: "the last good value stays".to_owned(), ..one.clone() };
    assert_eq!(name(&same, &involved("u-1", "8")), name(&one, &now));
    let pay = ObjectRef::service(&Key::new("shop", "pay"));
    for (other, subject) in [
        (one.clone(), involved("u-2", "7")),
        (rejected(pay, Reason::InvalidAnnotation), now.clone()),
        (rejected(cart(), Reason::UnknownAnnotation), now.clone()),
        (Rejected { value: "slowest".to_owned(), ..one.clone() }, now.clone()),
        (Rejected { message: "no".to_owned(), ..one.clone() }, now.clone()),
    ] {
        assert_ne!(name(&other, &subject), name(&one, &now), "{other}");
    }
}

#[test]
fn an_event_counts_once_for_each_version_of_the_object() {
    let mut known = warning().event("", &involved("u-1", "7"), &at(0));
    known.metadata.resource_version = Some("100".to_owned());
    assert_eq!(warning().repeat_patch(&known, "", &involved("u-1", "7"), &at(60)), None);
    assert_eq!(
        warning().repeat_patch(&known, "x stays", &involved("u-1", "8"), &at(60)),
        Some(json!({
            "metadata": { "resourceVersion": "100" },
            "involvedObject": { "resourceVersion": "8" },
            "message": format!("{} (x stays)", warning().message),
            "lastTimestamp": "1970-01-01T00:01:00Z",
            "count": 2,
        }))
    );
}

#[test]
fn a_long_message_is_cut() {
    for length in 0..4 {
        let long = Rejected {
            message: format!("{}{}", "x".repeat(length), "é".repeat(5000)),
            ..rejected(cart(), Reason::RejectedByClient)
        };
        let event = Warning::of(&long).unwrap().event("", &InvolvedObject::default(), &at(0));
        let message = event.message.unwrap();
        assert!(message.len() <= MAX_MESSAGE && message.len() > MAX_MESSAGE - 3 && message.ends_with("é…"));
    }
}
