//! Warns about annotations without effect.

use crate::model::settings::PREFIX;
use crate::model::{Location, Rejected};

/// What of an object's metadata a key stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    /// `annotations`.
    Annotations,
    /// `labels`.
    Labels,
}

/// The key of a pod's weight, after our prefix.
const WEIGHT: &str = "weight";

impl Among {
    /// What one of them is called.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Annotations => "annotation",
            Self::Labels => "label",
        }
    }

    /// The field that holds them.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Annotations => "annotations",
            Self::Labels => "labels",
        }
    }

    /// Where the one of this key stands.
    pub fn location(self, key: &str) -> Location {
        match self {
            Self::Annotations => Location::annotation(key),
            Self::Labels => Location::label(key),
        }
    }

    /// Why a key has no effect on an object of this kind, and where it belongs, as a clause; `None` if it isn't ours, or in
    /// its place.
    pub fn astray(self, api_version: &str, kind: &str, key: &str) -> Option<String> {
        let name = key.strip_prefix(PREFIX)?;
        // Knative has Services, too.
        if let (Some((group, _)), "Service" | "Namespace") = (api_version.split_once('/'), kind) {
            return Some(format!(
                "has no effect on a {kind} of {}; expected among the annotations of a {kind} of the apiVersion v1",
                Rejected::shorten(group)
            ));
        }
        match (kind, self) {
            ("Pod", Self::Labels) if name == WEIGHT => None,
            ("Pod", Self::Annotations) if name == WEIGHT => {
                Some("has no effect as an annotation; expected among the labels of the pod".to_owned())
            }
            // The settings themselves: what is wrong with them, their reader says.
            ("Service" | "Namespace", Self::Annotations) => None,
            (_, _) if name == WEIGHT => Some(format!(
                "has no effect on {}; expected among the labels of the pods (spec.template.metadata.labels of a \
                 Deployment)",
                with_article(kind)
            )),
            ("Service" | "Namespace", Self::Labels) => {
                Some("has no effect as a label; expected among the annotations".to_owned())
            }
            _ => Some(format!(
                "has no effect on {}; expected among the annotations of the Service, or of its Namespace",
                with_article(kind)
            )),
        }
    }
}

fn with_article(kind: &str) -> String {
    let mut letters = kind.chars();
    let (first, second) = (letters.next().unwrap_or_default(), letters.next().unwrap_or_default());
    // `HTTPRoute` begins with the name of a letter.
    let is_vowel = "AEIO".contains(first) || second.is_ascii_uppercase() && "FHLMNRSX".contains(first);
    let kind = Rejected::shorten(kind);
    match kind.as_str() {
        "Endpoints" => kind,
        _ if is_vowel => format!("an {kind}"),
        _ => format!("a {kind}"),
    }
}

#[cfg(test)]
mod tests {
    use super::Among::{Annotations, Labels};
    use super::with_article;

    #[test]
    fn a_key_is_told_where_it_belongs() {
        for (among, kind, key, expected) in [
            (Annotations, "Service", "chancery.dev/enabled", None),
            (Annotations, "Namespace", "chancery.dev/lb-polcy", None),
            (Labels, "Pod", "chancery.dev/weight", None),
            (Annotations, "Deployment", "example.org/chancery.dev/enabled", None),
            (
                Labels,
                "Service",
                "chancery.dev/enabled",
                Some("has no effect as a label; expected among the annotations"),
            ),
            (
                Annotations,
                "Deployment",
                "chancery.dev/enabled",
                Some(
                    "has no effect on a Deployment; expected among the annotations of the Service, or of its Namespace",
                ),
            ),
            (
                Annotations,
                "EndpointSlice",
                "chancery.dev/hosts",
                Some(
                    "has no effect on an EndpointSlice; expected among the annotations of the Service, or of its Namespace",
                ),
            ),
            (
                Annotations,
                "Pod",
                "chancery.dev/weight",
                Some("has no effect as an annotation; expected among the labels of the pod"),
            ),
            (
                Labels,
                "Deployment",
                "chancery.dev/weight",
                Some(
                    "has no effect on a Deployment; expected among the labels of the pods \
                     (spec.template.metadata.labels of a Deployment)",
                ),
            ),
        ] {
            assert_eq!(among.astray("v1", kind, key).as_deref(), expected, "{kind} {key}");
        }
    }

    #[test]
    fn a_service_of_another_group_is_none() {
        assert_eq!(
            Annotations.astray("serving.knative.dev/v1", "Service", "chancery.dev/enabled").as_deref(),
            Some(
                "has no effect on a Service of serving.knative.dev; expected among the annotations of a Service of the \
                 apiVersion v1"
            )
        );
    }

    #[test]
    fn every_kind_has_its_article() {
        for (kind, expected) in [
            ("HTTPRoute", "an HTTPRoute"),
            ("Endpoints", "Endpoints"),
            ("Ingress", "an Ingress"),
            ("TCPRoute", "a TCPRoute"),
            ("Host", "a Host"),
            ("", "a "),
        ] {
            assert_eq!(with_article(kind), expected);
        }
    }
}
