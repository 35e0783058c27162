use super::{Document, Issue, Other};
use crate::model::{Concern, Key, ObjectRef, Reason};
use crate::source::objects::Conversion;

/// The document as `lint` would print it: a line for each object and each thing that is wrong.
fn read(text: impl AsRef<[u8]>) -> Vec<String> {
    let document = Document::read(text.as_ref(), Conversion::default());
    let mut lines = Vec::new();
    for located in &document.objects {
        let state = if located.converted.object.is_some() { "" } else { " (unusable)" };
        lines.push(format!("{}: {}{state}", located.line, located.converted.id));
        assert_eq!(located.lines.len(), located.converted.rejected.len());
        for (line, rejected) in located.lines.iter().zip(&located.converted.rejected) {
            assert_eq!(rejected.object, located.converted.id);
            lines.push(format!(
                "{line}: {}: {}: {:?}: {}",
                rejected.reason, rejected.field, rejected.value, rejected.message
            ));
        }
    }
    for issue in document.issues.iter().filter(|it| !(document.odd && it.concern == Concern::Nobody)) {
        lines.push(format!("{}: {}: {:?}: {}", issue.line, issue.reason, issue.value, issue.message));
    }
    lines
}

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: cart\nspec:\n  ports:\n  - port: 80\n";

#[test]
fn an_object() {
    assert_eq!(read(SERVICE), ["1: Service default/cart"]);
    let json = r#"{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "cart", "namespace": "shop"},
        "spec": {"ports": [{"port": 80}]}}"#;
    assert_eq!(read(json), ["1: Service shop/cart"]);
}

#[test]
fn lists_are_unrolled() {
    let list = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Namespace\n  metadata: {name: shop}\n\
                - apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: cart}\n- {}\n";
    assert_eq!(read(list), ["4: Namespace shop"]);
    let typed = "apiVersion: v1\nkind: NamespaceList\nitems:\n- metadata: {name: a}\n- metadata: {name: b}\n";
    assert_eq!(read(typed), ["4: Namespace a", "5: Namespace b"]);
    assert_eq!(read("apiVersion: v1\nkind: List\nitems:\n"), Vec::<String>::new());
    assert_eq!(read("apiVersion: v1\nkind: List\nitems: {}\n"), Vec::<String>::new());
    assert_eq!(
        read("apiVersion: v1\nkind: List\nitems: {metadata: {annotations: {chancery.dev/enabled: \"true\"}}}\n"),
        ["3: InvalidObject: \"\": `items` is a mapping; expected a list"]
    );
}

#[test]
fn other_kinds_are_none_of_our_business() {
    assert_eq!(read("apiVersion: apps/v1\nkind: Deployment\nspec: 5\n"), Vec::<String>::new());
    assert_eq!(read("apiVersion: serving.knative.dev/v1\nkind: Service\nspec: 5\n"), Vec::<String>::new());
    assert_eq!(read("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"), Vec::<String>::new());
    assert_eq!(read("kind: EndpointSlice\napiVersion: discovery.k8s.io/v1beta1\n"), Vec::<String>::new());
    assert_eq!(
        read("kind: Service\napiVersion: v2\nmetadata: {annotations: {chancery.dev/enabled: \"true\"}}\n"),
        ["2: InvalidObject: \"v2\": is no version of Service that can be read; expected v1"]
    );
}

#[test]
fn a_kind_in_other_letters_is_told() {
    let text = "apiVersion: v1\nkind: service\nmetadata: {name: a, annotations: {chancery.dev/enabled: \"true\"}}\n";
    assert_eq!(read(text), ["2: InvalidObject: \"service\": is no kind; expected Service, in these letters"]);
}

#[test]
fn keys_of_ours_outside_of_the_metadata_are_told() {
    let annotations = "annotations: {chancery.dev/enabled: \"true\"}\n";
    let told = "has no effect here; expected in metadata.annotations (look at the indentation)";
    for (text, line) in [
        (format!("{SERVICE}{annotations}"), 8),
        (format!("{SERVICE}  {annotations}"), 8),
        (SERVICE.replace("spec:", "  chancery.dev/enabled: \"true\"\nspec:"), 5),
    ] {
        assert_eq!(
            read(text),
            [
                "1: Service default/cart".to_owned(),
                format!("{line}: DoubtfulObject: \"\": chancery.dev/enabled {told}")
            ]
        );
    }
    assert_eq!(read(format!("{SERVICE}  selector: {{chancery.dev/a: b}}\n")), ["1: Service default/cart"]);
}

#[test]
fn a_service_of_knative_is_told_that_it_takes_no_part() {
    let text = "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: a, annotations: \
                {chancery.dev/enabled: \"true\"}}\n";
    assert_eq!(
        read(text),
        ["3: DoubtfulObject: \"\": the annotation chancery.dev/enabled has no effect on a Service of \
          serving.knative.dev; expected among the annotations of a Service of the apiVersion v1"]
    );
}

#[test]
fn a_port_without_number_is_missing() {
    assert_eq!(
        read(SERVICE.replace("port: 80", "Port: 80")),
        [
            "1: Service default/cart (unusable)",
            "7: InvalidObject: spec.ports[0].port: \"\": missing; expected 1 to 65535"
        ]
    );
    assert_eq!(
        read(format!("{SERVICE}    targetPort: 8080.0\n")),
        [
            "1: Service default/cart (unusable)",
            "8: InvalidObject: spec.ports[0].targetPort: \"8080.0\": is a number; expected a whole number from 1 to 65535, \
             or the name of a port of the pods"
        ]
    );
}

#[test]
fn a_weighted_pod_counts() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {chancery.dev/weight: \"5\"}}\n";
    assert_eq!(read(pod), ["1: Pod default/a"]);
}

#[test]
fn what_is_no_object_is_left_alone() {
    let read_all = |text: &str| Document::read(text.as_bytes(), Conversion::default());
    for text in [
        "\njust words\n",
        "5",
        "[{op: add, path: /metadata/annotations/chancery.dev~1enabled, value: \"true\"}]",
        "version: \"3\"\nservices: {web: {image: x}}\n",
        "kind: Service\n",
        "apiVersion: v1\nkind: 5\n",
        "apiVersion: v2\nname: cart\n",
        "service:\n  annotations:\n    chancery.dev/enabled: \"true\"\n",
    ] {
        assert_eq!(read(text), Vec::<String>::new(), "{text:?}");
        assert_eq!(read_all(text).other, Some(Other::Foreign), "{text:?}");
    }
    assert_eq!(read_all(SERVICE).other, None);
    for nothing in ["", "---\n", "# only a comment\n", "null\n", "--- # empty\n"] {
        assert_eq!(read(nothing), Vec::<String>::new(), "{nothing:?}");
    }
}

#[test]
fn what_is_nearly_an_object_of_ours_is_reported() {
    let ours = "metadata: {annotations: {chancery.dev/enabled: \"true\"}}\n";
    for (text, complaint) in [
        ("kind: Service\n", "InvalidObject: \"\": `apiVersion` is missing; expected a Kubernetes object"),
        ("apiVersion: v1\n", "InvalidObject: \"\": `kind` is missing; expected a Kubernetes object"),
        ("apiVersion: v1\nkind: 5\n", "InvalidObject: \"\": `kind` is a number; expected a string"),
        ("", "DoubtfulObject: \"\": `apiVersion` and `kind` are missing, which a Kubernetes object has"),
    ] {
        assert_eq!(read(format!("{text}{ours}")), [format!("1: {complaint}")], "{text:?}");
    }
    let list = format!("- apiVersion: v1\n  kind: Service\n  {ours}");
    assert_eq!(
        read(list),
        ["1: InvalidObject: \"\": is a list; expected an object: of the kind List, with these as its `items`"]
    );
}

#[test]
fn keys_of_ours_on_other_kinds_are_told_where_they_belong() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: cart\n  annotations:\n    \
                chancery.dev/enabled: \"true\"\n  labels:\n    chancery.dev/weight: \"5\"\nspec:\n  template:\n    metadata:\n      \
                labels:\n        chancery.dev/weight: \"5\"\n      annotations:\n        chancery.dev/weight: \"5\"\n        \
                chancery.dev/lb-policy: random\n";
    let elsewhere = "expected among the annotations of the Service, or of its Namespace";
    let weight = "expected among the labels of the pods (spec.template.metadata.labels of a Deployment)";
    assert_eq!(
        read(text),
        [
            format!(
                "6: DoubtfulObject: \"\": the annotation chancery.dev/enabled has no effect on a Deployment; {elsewhere}"
            ),
            format!("8: DoubtfulObject: \"\": the label chancery.dev/weight has no effect on a Deployment; {weight}"),
            "15: DoubtfulObject: \"\": the annotation chancery.dev/weight has no effect as an annotation; expected among \
             the labels of the pod"
                .to_owned(),
            format!("16: DoubtfulObject: \"\": the annotation chancery.dev/lb-policy has no effect on a Pod; {elsewhere}"),
        ]
    );
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {chancery.dev/enabled: \"true\"}}\n";
    assert_eq!(read(pod).len(), 1);
    let service = format!("{}\n", SERVICE.replace("spec:", "  labels: {chancery.dev/enabled: \"true\"}\nspec:"));
    assert_eq!(
        read(service),
        [
            "1: Service default/cart",
            "5: DoubtfulObject: metadata.labels[chancery.dev/enabled]: \"true\": has no effect as a label; expected among \
             the annotations",
        ]
    );
}

#[test]
fn templates_are_known_by_their_actions() {
    let advice = "is a Helm template, not a manifest; render it first: helm template … | chancery lint -";
    let opted_in = "annotations: {chancery.dev/enabled: \"true\"}";
    for (text, is_ours) in [
        (format!("{{{{- if .Values.a }}}}\nkind: Service\nmetadata: {{ {opted_in} }}\n{{{{- end }}}}\n"), true),
        (
            format!("apiVersion: v1\nkind: Service\nmetadata:\n  {opted_in}\nspec:\n  ports: [{{{{ .Values.a }}}}]\n"),
            true,
        ),
        (SERVICE.replace("cart", "\"{{ .Release.Name }}-cart\""), false),
        (SERVICE.replace("cart", "{{ include \"cart.fullname\" . }}"), false),
        (SERVICE.replace("80", "{{ .Values.port }}"), false),
    ] {
        let document = Document::read(text.as_bytes(), Conversion::default());
        assert_eq!((document.other, document.is_broken()), (Some(Other::Template), true), "{text}");
        assert_eq!(document.objects, []);
        let [Issue { concern, reason: Reason::DoubtfulObject, message, .. }] = &document.issues[..] else {
            panic!("{:#?}", document.issues)
        };
        assert_eq!(message, advice);
        assert_eq!(*concern == Concern::Ours, is_ours, "{text}");
    }
}

#[test]
fn a_key_that_stands_twice_costs_only_what_is_ours() {
    let text = SERVICE.replace("spec:", "  annotations:\n    a.b/c: x\n    a.b/c: z\nspec:");
    assert_eq!(
        read(text),
        [
            "1: Service default/cart (unusable)",
            "7: InvalidAnnotation: metadata.annotations[a.b/c]: \"\": is set twice; the other is one line above",
        ]
    );
    let text = format!("{SERVICE}  ports:\n  - port: 81\n");
    assert_eq!(
        read(text),
        [
            "1: Service default/cart (unusable)",
            "8: InvalidObject: spec.ports: \"\": is set twice; the other is 2 lines above"
        ]
    );
    assert_eq!(read("apiVersion: apps/v1\nkind: Deployment\nspec: 5\nspec: 6\n"), Vec::<String>::new());
}

#[test]
fn old_endpoints_are_noted() {
    let text = "apiVersion: v1\nkind: Endpoints\nmetadata: {name: cart, namespace: shop}\n";
    let document = Document::read(text.as_bytes(), Conversion::default());
    assert_eq!(document.endpoints, [(1, Key::new("shop", "cart"))]);
}

#[test]
fn an_object_without_name_is_reported() {
    assert_eq!(
        read("apiVersion: v1\nkind: Service\nmetadata: {}\n"),
        ["3: InvalidObject: \"\": `metadata.name` of this Service is missing"]
    );
    assert_eq!(
        read("apiVersion: v1\nkind: Service\nmetadata:\n  name: 2048\n"),
        ["4: InvalidObject: \"\": `metadata.name` of this Service is a number; expected a string: write \"2048\""]
    );
}

#[test]
fn unquoted_annotations_are_refused_with_the_hint() {
    let text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: cart\n  annotations:\n    chancery.dev/enabled: true\n    \
                chancery.dev/num-retries: 5\n    chancery.dev/x: on\n    example.org/version: 1.10\n    fine: \"true\"\n  \
                labels:\n    a.b/c: no\n";
    assert_eq!(
        read(text),
        [
            "1: Service default/cart (unusable)",
            "6: InvalidAnnotation: metadata.annotations[chancery.dev/enabled]: \"true\": is a boolean; expected a string: \
             write \"true\"",
            "7: InvalidAnnotation: metadata.annotations[chancery.dev/num-retries]: \"5\": is a number; expected a string: \
             write \"5\"",
            "8: InvalidAnnotation: metadata.annotations[chancery.dev/x]: \"on\": is a boolean; expected a string: write \
             \"on\"",
            "9: InvalidAnnotation: metadata.annotations[example.org/version]: \"1.10\": is a number; expected a string: \
             write \"1.10\"",
            "12: InvalidObject: metadata.labels[a.b/c]: \"no\": is a boolean; expected a string: write \"no\"",
        ]
    );
}

#[test]
fn wrong_types_are_named_with_path_and_line() {
    let text = "apiVersion: v1\nkind: Service\nmetadata: {name: cart, creationTimestamp: yesterday}\n";
    let lines = read(text);
    assert_eq!(lines[0], "1: Service default/cart (unusable)");
    assert!(lines[1].starts_with("3: InvalidObject: metadata.creationTimestamp: \"yesterday\": "), "{lines:?}");

    let text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: cart\nspec:\n  publishNotReadyAddresses: \"true\"\n  \
                selector: [a]\n  ports:\n  - port: abc\n    name: [x]\n  - port: \"80\"\n  - port: 99999999999\n    \
                targetPort: 99999999999\n  - 7\n";
    assert_eq!(
        read(text),
        [
            "1: Service default/cart (unusable)",
            "6: InvalidObject: spec.publishNotReadyAddresses: \"true\": is a string; expected a boolean: write true \
             without quotes",
            "7: InvalidObject: spec.selector: \"\": is a list; expected a mapping",
            "9: InvalidObject: spec.ports[0].port: \"abc\": is a string; expected a whole number from 1 to 65535",
            "10: InvalidObject: spec.ports[0].name: \"\": is a list; expected a string",
            "11: InvalidObject: spec.ports[1].port: \"80\": is a string; expected a whole number from 1 to 65535: write 80 \
             without quotes",
            "12: InvalidObject: spec.ports[2].port: \"99999999999\": is a number; expected a whole number from 1 to 65535",
            "13: InvalidObject: spec.ports[2].targetPort: \"99999999999\": is a number; expected a whole number from 1 to \
             65535, or the name of a port of the pods",
            "14: InvalidObject: spec.ports[3]: \"7\": is a number; expected a mapping",
        ]
    );
}

#[test]
fn ports_that_are_none_are_named_with_their_line() {
    for port in ["0", "-1", "65536", "70000"] {
        let lines = read(SERVICE.replace("80", port));
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[1].starts_with(&format!("7: InvalidObject: spec.ports[0].port: \"{port}\": ")), "{lines:?}");
    }
}

#[test]
fn null_counts_as_absent() {
    let text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: cart\n  namespace:\n  annotations: {a.b/c: }\n  labels: ~\nspec:\n  \
                selector: null\n  ports:\n  - port: 80\n    name:\n";
    assert_eq!(read(text), ["1: Service default/cart"]);
}

#[test]
fn unknown_fields_are_ignored() {
    assert_eq!(read(format!("{SERVICE}  colour: green\nextra: [1]\n")), ["1: Service default/cart"]);
}

#[test]
fn what_is_no_yaml_is_reported_with_its_line() {
    for (bytes, complaint) in [
        (&b"a: 1\nb: \xff\n"[..], "2: Unparsable: \"\": the byte 0xff isn't UTF-8 text; expected YAML or JSON"),
        (b"\x7fELF\x02\x01", "1: Unparsable: \"\": the control character 0x7f isn't allowed; expected YAML or JSON"),
        (b"a: 1\nb\0\n", "2: Unparsable: \"\": the control character 0x00 isn't allowed; expected YAML or JSON"),
        (b"\xff\xfea\0", "1: Unparsable: \"\": is UTF-16 text; expected UTF-8"),
    ] {
        assert_eq!(read(bytes), [complaint]);
        assert!(Document::read(bytes, Conversion::default()).is_broken());
    }
    assert!(read("a: 1\n\tb: 2\n")[0].starts_with("2: Unparsable: \"\": "));
}

#[test]
fn a_huge_annotation_costs_nobody_else() {
    let huge = "x".repeat(10 << 20);
    let text = SERVICE.replace("spec:", &format!("  annotations: {{chancery.dev/lb-policy: {huge}}}\nspec:"));
    let document = Document::read(text.as_bytes(), Conversion::default());
    assert_eq!(document.objects.len(), 1);
    let located = &document.objects[0];
    assert!(matches!(&located.converted.id, ObjectRef::Object(_, key) if key.to_string() == "default/cart"));
    assert!(located.converted.rejected.iter().all(|rejected| rejected.to_string().len() < 1000));
}
