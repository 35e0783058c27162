//! Recognizes templates, such as Helm's.
//!
//! They are known by their actions, `{{ … }}`. Most don't parse, because an action isn't YAML. Some do, with an action in a
//! field that can hold no such text.

use crate::model::Kind;
use crate::model::settings::PREFIX;

use super::node::Node;

/// What to do with one.
pub const ADVICE: &str = "render it first: helm template … | chancery lint -";

/// What is said of one that was to be converted.
pub const CONVERT: &str = "is a Helm template, not a manifest; render it first: helm template … | chancery convert -";

/// What is said of one that was meant for us.
pub const MESSAGE: &str = "is a Helm template, not a manifest; render it first: helm template … | chancery lint -";

/// Whether there is an action in a text.
pub fn has_action(text: &str) -> bool {
    text.split_once("{{").is_some_and(|(_, rest)| rest.contains("}}"))
}

/// Whether there is an action in a field of an object where Kubernetes would refuse it, or in an annotation of ours. Other
/// annotations, and what is in a pod, may hold any text.
pub fn is_template(kind: Kind, object: &Node) -> bool {
    object.entries().iter().any(|field| match &*field.key {
        "metadata" => field.node.entries().iter().any(|field| match &*field.key {
            "annotations" => field.node.entries().iter().any(|it| it.key.starts_with(PREFIX) && holds_action(&it.node)),
            "managedFields" => false,
            _ => holds_action(&field.node),
        }),
        "spec" | "status" if kind == Kind::Pod => false,
        _ => holds_action(&field.node),
    })
}

fn holds_action(node: &Node) -> bool {
    node.text().is_some_and(has_action) || node.parts().any(|(key, _, node)| has_action(key) || holds_action(node))
}

#[cfg(test)]
mod tests {
    use super::super::compose::compose;
    use super::{has_action, is_template};
    use crate::model::Kind;

    #[test]
    fn an_action_is_two_braces_and_two_more() {
        for (text, expected) in
            [("{{ .Values.a }}", true), ("a{{-b-}}c", true), ("{a: {b: c}}", false), ("}} {{", false)]
        {
            assert_eq!(has_action(text), expected, "{text}");
        }
    }

    #[test]
    fn an_object_is_a_template_if_an_action_stands_where_none_can() {
        let of = |kind, text: &str| is_template(kind, &compose(text).unwrap()[0]);
        for text in [
            "metadata: {name: '{{ .Release.Name }}-cart'}",
            "metadata: {labels: {app: '{{ .Chart.Name }}'}}",
            "metadata: {annotations: {chancery.dev/hosts: 'a.{{ .Values.domain }}'}}",
            "spec: {ports: [{port: 80, targetPort: '{{ .Values.port }}'}]}",
            "spec: {selector: {'{{ .Values.key }}': a}}",
        ] {
            assert!(of(Kind::Service, text), "{text}");
        }
        for (kind, text) in [
            (Kind::Service, "metadata: {name: cart, annotations: {example.org/format: '{{ .Time }}'}}"),
            (Kind::Pod, "spec: {containers: [{args: ['--format={{ .Time }}']}]}"),
            (Kind::Namespace, "metadata: {name: shop}"),
        ] {
            assert!(!of(kind, text), "{text}");
        }
    }
}
