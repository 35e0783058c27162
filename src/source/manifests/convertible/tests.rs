use super::*;
use crate::model::compat::Destination;

fn read(text: &str) -> Convertible {
    let mut found = Convertible::default();
    found.read(&"in.yaml".into(), text.as_bytes());
    found
}

#[test]
fn services_and_mappings_are_found_wherever_they_stand() {
    let Convertible { services, namespaces, ingresses, mappings, tcp_mappings, unusable_mappings, rejected, templates } =
        read(
            "# comment
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Service, metadata: {name: cart, namespace: shop, annotations: {a: b}}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: cart, namespace: edge}}
---
apiVersion: getambassador.io/v2
kind: MappingList
items:
- {metadata: {name: m}, spec: {service: cart}}
---
{apiVersion: v1, kind: Service, metadata: {name: cart, namespace: shop}}
---
words
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, annotations: {getambassador.io/config: ''}}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: plain, annotations: {a: b}}}
---
{apiVersion: getambassador.io/v2, kind: TCPMapping, metadata: {name: t, namespace: bank}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: empty}}
",
        );
    assert_eq!((unusable_mappings, rejected, templates), (vec![], vec![], vec![]));
    let annotations = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
    let cart =
        Declared { file: "in.yaml".into(), line: 5, it: Annotated { annotations, ports: None, external_name: false } };
    assert_eq!(services, BTreeMap::from([(Key::new("shop", "cart"), cart)]), "the first counts");
    let [Declared { line: 11, it, file: _ }] = &mappings[..] else { panic!("{mappings:?}") };
    assert_eq!(it.destination(), Destination::Service(Key::new("default", "cart")));
    assert_eq!(namespaces.into_iter().collect::<Vec<_>>(), ["bank", "edge", "empty", "shop"]);
    let [Declared { line: 17, it: (key, _), file: _ }] = &ingresses[..] else { panic!("{ingresses:?}") };
    assert_eq!(*key, Key::new("default", "web"));
    let [Declared { line: 21, it, file: _ }] = &tcp_mappings[..] else { panic!("{tcp_mappings:?}") };
    assert_eq!(*it, Key::new("bank", "t"));
}

#[test]
fn the_tcp_ports_of_a_service_are_known_if_all_can_be_told() {
    let ports = |spec: &str| {
        let found = read(&format!("{{apiVersion: v1, kind: Service, metadata: {{name: cart}}, spec: {spec}}}"));
        assert_eq!(found.rejected, []);
        let (_, Declared { it, .. }) = found.services.into_iter().next().unwrap();
        let ports = it.ports?.into_iter();
        Some(ports.map(|port| format!("{} {} {:?}", port.name, port.number, port.app_protocol)).collect::<Vec<_>>())
    };
    assert_eq!(
        ports(
            "{ports: [{name: web, port: 80, appProtocol: http}, {port: 53, protocol: UDP}, {port: 81, protocol: TCP}]}"
        ),
        Some(vec!["web 80 Some(\"http\")".to_owned(), " 81 None".to_owned()])
    );
    assert_eq!(ports("{ports: []}"), Some(vec![]));
    assert_eq!(ports("{type: ExternalName, externalName: example.org, ports: [{port: 80}]}"), Some(vec![]));
    for spec in ["{}", "words", "{ports: x}", "{ports: [{port: http}]}", "{ports: [{port: 99999}]}", "{ports: [x]}"] {
        assert_eq!(ports(spec), None, "{spec}");
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_line_if_it_concerns_anybody() {
    let Convertible { services, mappings, rejected, .. } = read(
        "getambassador.io/config: [
---
{apiVersion: v1, kind: Service, metadata: {name: cart, annotations: {retry.linkerd.io/limit: 3}}}
---
apiVersion: getambassador.io/v2
kind: Mapping
metadata: {name: m}
spec: words
---
{apiVersion: v1, kind: Service, metadata: {name: prices, annotations: {a: true}}}
",
    );
    assert_eq!((services.len(), mappings.len()), (2, 0), "that there is such a Service is known all the same");
    let told: Vec<_> = rejected.iter().map(|wrong| (wrong.line, wrong.rejected.to_string())).collect();
    assert_eq!(told.len(), 3, "{told:#?}");
    assert_eq!(told[1], (Some(3), "Service default/cart: metadata.annotations[retry.linkerd.io/limit]: \"3\": is a number; expected a string: write \"3\" (the object is left as it was before)".to_owned()));
    assert!(
        told[2]
            .1
            .starts_with("file in.yaml: spec: Mapping default/m: spec: \"words\": is a string; expected a mapping"),
        "{told:#?}"
    );
}

#[test]
fn mappings_that_can_not_be_read_are_told() {
    let expected = "not supported; expected a Mapping of getambassador.io or ambassador/v0, v1, v2, v3alpha1";
    for (api_version, kind) in [
        ("getambassador.io/v4", "Mapping"),
        ("getambassador.io/v1beta1", "Mapping"),
        ("x.getambassador.io/v3alpha1", "AmbassadorMapping"),
        ("getambassador.io/v4", "TCPMapping"),
    ] {
        let object = format!(
            "kind: {kind}\napiVersion: {api_version}\nmetadata: {{name: m, namespace: shop}}\nspec: {{service: a}}\n"
        );
        let Convertible { mappings, tcp_mappings, unusable_mappings, .. } = read(&object);
        assert_eq!((mappings.len(), tcp_mappings.len()), (0, 0), "{kind}");
        let [RejectedAt { file: _, line: Some(2), rejected }] = &unusable_mappings[..] else {
            panic!("{unusable_mappings:?}")
        };
        assert_eq!(rejected.message, format!("{kind} shop/m: apiVersion: \"{api_version}\": {expected}"));
    }
    for metadata in ["{namespace: shop}", "{name: ''}", "{name: ~}", "~"] {
        let found = read(&format!(
            "{{apiVersion: getambassador.io/v2, kind: Mapping, metadata: {metadata}, spec: {{service: a}}}}"
        ));
        assert_eq!(found.mappings, [], "{metadata}");
        let [RejectedAt { file: _, line: Some(1), rejected }] = &found.unusable_mappings[..] else {
            panic!("{found:?}")
        };
        assert_eq!(rejected.message, "Mapping: metadata.name: missing; expected a string");
    }
    let others = "{apiVersion: getambassador.io/v4, kind: Host, metadata: {name: h}}\n---\n\
                  {apiVersion: example.org/v4, kind: Mapping, metadata: {name: h}}\n";
    assert_eq!(read(others).unusable_mappings, []);
}

#[test]
fn what_nobody_meant_is_left_alone_and_templates_are_to_be_rendered() {
    let Convertible { services, mappings, rejected, templates, .. } = read(
        "a: [
---
{apiVersion: v1, kind: Service, metadata: {name: cart, annotations: {a: true}}}
---
# getambassador.io/config
{{ .Values.a }}
---
apiVersion: getambassador.io/v2
kind: Mapping
metadata: {name: {{ .Release.Name }}}
---
apiVersion: getambassador.io/v2
kind: Mapping
metadata: {name: '{{ .Release.Name }}'}
---
{apiVersion: v1, kind: Service, metadata: {name: '{{ .Release.Name }}', annotations: {retry.linkerd.io/http: 5xx}}}
---
{apiVersion: v1, kind: Service, metadata: {name: '{{ .Release.Name }}'}}
",
    );
    assert_eq!(
        (services.len(), mappings.len(), rejected),
        (1, 0, vec![]),
        "that there is a Service is known all the same"
    );
    let lines: Vec<_> = templates.iter().map(|template| template.line).collect();
    assert_eq!(lines, [Some(10)], "one for the file");
    assert!(templates.iter().all(|one| one.rejected.message.ends_with("helm template … | chancery convert -")));
}
