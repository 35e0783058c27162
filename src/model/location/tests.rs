use super::*;

fn key(name: &str) -> Key {
    Key::new("shop", name)
}

fn mapping(name: &str, path: FieldPath) -> Location {
    Location::Annotation(MetadataKey::of("getambassador.io/config"), Part::Document(name.into(), path))
}

fn elsewhere(kind: &'static str, within: Location) -> Location {
    Location::Elsewhere(kind, key("cart"), Box::new(within))
}

#[test]
fn people_read_where_it_is() {
    let port = FieldPath::of(["spec", "ports"]).item(1).field("port");
    let steps = [Step::Field("spec".into()), Step::Field("selector".into()), Step::Key("example.org/app".into())];
    for (location, text) in [
        (Location::File, "file"),
        (Location::in_file(None), "file"),
        (Location::in_file(Some(12)), "line 12"),
        (Location::Field(FieldPath::default()), "."),
        (["spec"].into(), "spec"),
        (["metadata", "annotations"].into(), "metadata.annotations"),
        (port.clone().into(), "spec.ports[1].port"),
        (steps.into_iter().collect::<FieldPath>().into(), "spec.selector[example.org/app]"),
        (Location::label("chancery.dev/weight"), "metadata.labels[chancery.dev/weight]"),
        (Location::setting("protocol.80"), "metadata.annotations[chancery.dev/protocol.80]"),
        (Location::annotation("example.org/a"), "metadata.annotations[example.org/a]"),
        (Location::inherited("hosts", &"shop".into()), "metadata.annotations[chancery.dev/hosts] of Namespace shop"),
        (mapping("document #1", FieldPath::default()), "metadata.annotations[getambassador.io/config] document #1"),
        (
            mapping("Mapping a", FieldPath::of(["hosts"]).item(0)),
            "metadata.annotations[getambassador.io/config] Mapping a: hosts[0]",
        ),
        (elsewhere("TCPMapping", FieldPath::default().into()), "TCPMapping shop/cart"),
        (elsewhere("Mapping", port.into()), "Mapping shop/cart: spec.ports[1].port"),
        (
            elsewhere("Ingress", mapping("Mapping a", FieldPath::of(["prefix"]))),
            "Ingress shop/cart: metadata.annotations[getambassador.io/config] Mapping a: prefix",
        ),
    ] {
        assert_eq!(location.to_string(), text);
    }
}

#[test]
fn an_annotation_is_one_whichever_way_leads_to_it() {
    let (ours, theirs) = (Location::setting("hosts"), Location::annotation("example.org/a"));
    assert_eq!(Location::annotation("chancery.dev/hosts"), ours);
    let annotations = FieldPath::of(["metadata", "annotations"]);
    assert_eq!(Location::from(annotations.field("chancery.dev/hosts")), ours);
    assert_eq!(Location::from(annotations.then(Step::Key("example.org/a".into()))), theirs);
    assert_eq!(Location::from(["metadata", "annotations", "chancery.dev/hosts"]), ours);
    assert_eq!(Location::from(["metadata", "labels", "chancery.dev/weight"]), Location::label("chancery.dev/weight"));
    // No other object has its annotations here.
    let template = FieldPath::of(["spec", "template", "metadata", "annotations", "a"]);
    assert_eq!(Location::from(template.clone()), Location::Field(template));
    for location in [ours, theirs, Location::label("a"), ["spec", "type"].into()] {
        assert_eq!(Location::from(location.path().unwrap()), location, "its path leads to it");
    }
}

#[test]
fn a_part_is_within_the_whole_and_not_the_other_way_round() {
    let annotation = || Location::annotation("getambassador.io/config");
    let ports = || FieldPath::of(["spec", "ports"]);
    for (part, whole) in [
        (ports().item(1).into(), ports().into()),
        (ports().into(), ["spec"].into()),
        (annotation(), ["metadata", "annotations"].into()),
        (Location::label("a"), ["metadata"].into()),
        (mapping("a", FieldPath::default()), annotation()),
        (mapping("a", ports()), mapping("a", FieldPath::of(["spec"]))),
        (elsewhere("Mapping", ports().into()), elsewhere("Mapping", ["spec"].into())),
    ] {
        assert!(part.is_within(&part) && part.is_within(&whole) && !whole.is_within(&part), "{part} in {whole}");
    }
    for (one, other) in [
        // Whose texts begin alike.
        (Location::setting("hosts"), Location::setting("host")),
        (["specification"].into(), ["spec"].into()),
        (ports().item(10).into(), ports().item(1).into()),
        (mapping("Mapping ab", ports()), mapping("Mapping a", FieldPath::default())),
        (Location::Line(12), Location::Line(1)),
        (elsewhere("Ingress", ports().into()), elsewhere("Mapping", ports().into())),
        (Location::inherited("hosts", &"shop".into()), Location::setting("hosts")),
    ] {
        assert!(!one.is_within(&other) && !other.is_within(&one), "{one}, {other}");
    }
}

#[test]
fn users_call_an_annotation_by_its_key() {
    let of_mapping = mapping("Mapping a", FieldPath::of(["prefix"]));
    assert_eq!(Location::setting("hosts.80").spoken(), "chancery.dev/hosts.80");
    assert_eq!(of_mapping.spoken(), "getambassador.io/config Mapping a: prefix");
    let carried = elsewhere("Ingress", of_mapping);
    assert_eq!(carried.spoken(), carried.to_string());
}

#[test]
fn what_its_author_called_something_has_bounds() {
    let long = format!("chancery.dev/\u{1b}{}", "é".repeat(10_000));
    for location in
        [Location::annotation(&long), Location::label(&long), Location::annotation(&long["chancery".len()..])]
    {
        let text = location.to_string();
        assert!(text.contains(r"\u{1b}é") && text.contains("bytes)") && text.len() < 300, "{text}");
    }
}
