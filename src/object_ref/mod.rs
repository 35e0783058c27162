//! What objects are called, for every room that mentions one.
//!
//! The model re-exports these three; they stand below it because a resource on the wire tells from which object it comes.

use std::fmt;
use std::sync::Arc;

/// The namespace and name of a Service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The namespace, a DNS label.
    pub namespace: Arc<str>,
    /// The name, a DNS label.
    pub name: Arc<str>,
}

impl Key {
    /// The key of `namespace`/`name`.
    pub fn new(namespace: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// The kinds of object that sources read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `v1` `Namespace`.
    Namespace,
    /// `v1` `Service`.
    Service,
    /// `discovery.k8s.io/v1` `EndpointSlice`.
    EndpointSlice,
    /// `v1` `Pod`, only those with a weight label.
    Pod,
}

impl Kind {
    /// How many kinds there are.
    pub const COUNT: usize = 4;

    /// Every kind.
    pub const ALL: [Self; Self::COUNT] = [Self::Namespace, Self::Service, Self::EndpointSlice, Self::Pod];

    /// The kind as Kubernetes spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Namespace => "Namespace",
            Self::Service => "Service",
            Self::EndpointSlice => "EndpointSlice",
            Self::Pod => "Pod",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One object of a source, or the file that should have held some.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectRef {
    /// A Kubernetes object. `key.namespace` is empty for a Namespace.
    Object(Kind, Key),
    /// A manifest file, by its path as the user gave it.
    File(Arc<str>),
}

impl ObjectRef {
    /// The Service of this key.
    pub fn service(key: &Key) -> Self {
        Self::Object(Kind::Service, key.clone())
    }
}

/// Text with its control characters escaped, which would do something to a terminal.
struct Printable<'a>(&'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.0.split_inclusive(char::is_control) {
            match part.chars().next_back().filter(|last| last.is_control()) {
                Some(last) => write!(f, "{}{}", part.trim_end_matches(char::is_control), last.escape_debug())?,
                None => f.write_str(part)?,
            }
        }
        Ok(())
    }
}

/// An object by its kind, which needn't be one that sources read, and its key: `Ingress shop/cart`, `Namespace shop`.
pub(crate) struct Named<'a>(pub(crate) &'a str, pub(crate) &'a Key);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(kind, Key { namespace, name }) = self;
        match &**namespace {
            "" => write!(f, "{kind} {}", Printable(name)),
            namespace => write!(f, "{kind} {}/{}", Printable(namespace), Printable(name)),
        }
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(kind, key) => Named(kind.as_str(), key).fmt(f),
            Self::File(path) => write!(f, "file {}", Printable(path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_in_names_are_escaped() {
        let service = ObjectRef::service(&Key::new("a\nb", "c\u{1b}[2J\n\nd"));
        assert_eq!(service.to_string(), r"Service a\nb/c\u{1b}[2J\n\nd");
        assert_eq!(ObjectRef::File("x\ty.yaml".into()).to_string(), r"file x\ty.yaml");
    }

    #[test]
    fn an_object_is_named_by_kind_namespace_and_name() {
        let shop = Key::new("", "shop");
        assert_eq!(ObjectRef::Object(Kind::Namespace, shop).to_string(), "Namespace shop");
        assert_eq!(Named("Ingress", &Key::new("shop", "web")).to_string(), "Ingress shop/web");
    }
}
