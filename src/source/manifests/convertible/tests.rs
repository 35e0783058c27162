use super::*;

fn read(text: &str) -> Convertible {
    let mut found = Convertible::default();
    found.read(&"in.yaml".into(), text.as_bytes());
    found
}

#[test]
fn services_and_mappings_are_found_wherever_they_stand() {
    let Convertible { services, mappings, rejected, templates } = read(
        "# comment
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Service, metadata: {name: cart, namespace: shop, annotations: {a: b}}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: cart}}
---
apiVersion: getambassador.io/v2
kind: MappingList
items:
- {metadata: {name: m}, spec: {service: cart}}
---
{apiVersion: v1, kind: Service, metadata: {name: cart, namespace: shop}}
---
words
",
    );
    assert_eq!((rejected, templates), (vec![], vec![]));
    let annotations = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
    let cart = Declared { file: "in.yaml".into(), line: 5, it: annotations };
    assert_eq!(services, BTreeMap::from([(Key::new("shop", "cart"), cart)]), "the first counts");
    let [Declared { line: 11, it, file: _ }] = &mappings[..] else { panic!("{mappings:?}") };
    assert_eq!(it.service(), Some(("default".to_owned(), "cart".to_owned())));
}

#[test]
fn what_cannot_be_read_is_told_with_its_line() {
    let Convertible { services, mappings, rejected, templates } = read(
        "getambassador.io/config: [
---
{apiVersion: v1, kind: Service, metadata: {name: cart, annotations: {linkerd.io/a: true}}}
---
apiVersion: getambassador.io/v2
kind: Mapping
metadata: {name: m}
spec: words
---
{apiVersion: v1, kind: Service, metadata: {name: prices}}
",
    );
    assert_eq!((services.len(), mappings.len(), templates.len()), (1, 0, 0));
    let told: Vec<_> = rejected.iter().map(|wrong| (wrong.line, wrong.rejected.to_string())).collect();
    assert_eq!(told.len(), 3, "{told:#?}");
    assert_eq!(told[1], (Some(3), "Service default/cart: metadata.annotations[linkerd.io/a]: \"true\": is a boolean; expected a string: write \"true\" (the object is left as it was before)".to_owned()));
    assert!(told[2].1.starts_with("file in.yaml: spec: \"words\": is a string; expected a mapping"), "{told:#?}");
}

#[test]
fn what_nobody_meant_is_left_alone_and_templates_are_to_be_rendered() {
    let Convertible { services, mappings, rejected, templates } = read(
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
    assert_eq!((services.len(), mappings.len(), rejected), (0, 0, vec![]));
    let lines: Vec<_> = templates.iter().map(|template| template.line).collect();
    assert_eq!(lines, [Some(10)], "one for the file");
    assert!(templates.iter().all(|one| one.rejected.message.ends_with("helm template … | chancery convert -")));
}
