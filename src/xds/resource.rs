//! A resource: name, encoded bytes and version.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use prost::{Message, Name as MessageName};

use super::Version;
use super::entry::Entry;
use super::place::{Place, Views};
use crate::object_ref::ObjectRef;

/// The name of a resource, shared by every map and stream that mentions it.
pub type Name = Arc<str>;

/// One resource as it goes over the wire: a name, the bytes of its `Any`, and the hash of those bytes.
///
/// It is encoded once, when it is rendered, up to its entry in a response; every snapshot and stream shares the bytes.
#[derive(Clone)]
pub struct Resource {
    name: Name,
    entry: Entry,
    version: Version,
    references: Box<[Name]>,
    origin: Option<Arc<Origin>>,
    /// If it looks different from different places.
    views: Option<Arc<Views>>,
}

/// What a resource was rendered from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The object.
    pub object: ObjectRef,
    /// The keys of the annotations that are in force for it, without prefix and port: `lb-policy`, `retry-on`.
    pub annotations: Box<[Arc<str>]>,
}

impl Resource {
    /// Encodes `message` as the resource `name`.
    ///
    /// `references` are the names it refers to: the assignment of a Cluster, the route configuration of a Listener,
    /// the clusters of a RouteConfiguration.
    pub fn encode<M: MessageName>(name: Name, message: &M, references: impl IntoIterator<Item = Name>) -> Self {
        Self::from_value(name, M::type_url(), message.encode_to_vec(), references)
    }

    /// Wraps an already encoded message of type `type_url` as the resource `name`; for `references` see
    /// [`Self::encode`].
    pub fn from_value(
        name: Name,
        type_url: String,
        value: Vec<u8>,
        references: impl IntoIterator<Item = Name>,
    ) -> Self {
        let any = prost_types::Any { type_url, value }.encode_to_vec();
        let version = Version::of(&any);
        let mut references: Vec<Name> = references.into_iter().collect();
        references.sort_unstable();
        references.dedup();
        Self {
            entry: Entry::new(&name, version, &any),
            name,
            version,
            references: references.into(),
            origin: None,
            views: None,
        }
    }

    /// A resource of which only the version is known, because a client says that it holds it.
    pub fn without_content(name: Name, version: Version) -> Self {
        Self { name, entry: Entry::default(), version, references: Box::default(), origin: None, views: None }
    }

    /// The same resource, but for clients at `places`, who get what `render` makes of theirs: the same name, other content.
    /// A place with a node stands for all clients on that node, one without for the other clients in its zone.
    ///
    /// What `render` gives must follow from the content of this resource and from `how`, the word for the way in which
    /// it does: by these two the located resource is told from others, here and in other replicas.
    #[must_use]
    pub fn located(
        self,
        how: &str,
        places: impl IntoIterator<Item = Place>,
        render: impl Fn(&Place) -> Self + Send + Sync + 'static,
    ) -> Self {
        let views = Views::new(self.clone(), places, render);
        self.viewed(how, views)
    }

    /// The same as [`Self::located`], but clients on a node that is none of the places get what `other_nodes` says, whatever
    /// their zone.
    #[must_use]
    pub fn located_on_nodes(
        self,
        how: &str,
        places: impl IntoIterator<Item = Place>,
        other_nodes: Self,
        render: impl Fn(&Place) -> Self + Send + Sync + 'static,
    ) -> Self {
        let views = Views::new(self.clone(), places, render).with_other_nodes(other_nodes);
        self.viewed(how, views)
    }

    fn viewed(self, how: &str, views: Views) -> Self {
        Self { version: Version::default().with(how, self.version), views: Some(Arc::new(views)), ..self }
    }

    /// What a client at this place gets: the resource itself, unless it is located.
    #[must_use]
    pub fn at(self: &Arc<Self>, place: &Place) -> Arc<Self> {
        match &self.views {
            None => Arc::clone(self),
            Some(views) => views.at(place),
        }
    }

    /// The version of what a client at this place gets: the hash of its content.
    pub fn version_at(&self, place: &Place) -> Version {
        self.views.as_ref().map_or(self.version, |views| views.version_at(place))
    }

    /// The same resource, known to come from `origin`.
    #[must_use]
    pub fn with_origin(self, origin: Arc<Origin>) -> Self {
        Self { origin: Some(origin), ..self }
    }

    /// What it was rendered from, if it was rendered from one object.
    pub const fn origin(&self) -> Option<&Arc<Origin>> {
        self.origin.as_ref()
    }

    /// The name that clients subscribe to.
    pub const fn name(&self) -> &Name {
        &self.name
    }

    /// The encoded `google.protobuf.Any`.
    pub const fn any(&self) -> &Bytes {
        &self.entry.any
    }

    /// Its entry in `resources` of a `DeltaDiscoveryResponse`: key, length, and the `Resource` with version and name.
    pub const fn delta_entry(&self) -> &Bytes {
        &self.entry.delta
    }

    /// Its entry in `resources` of a `DiscoveryResponse`: key, length, and the `Any`.
    pub const fn sotw_entry(&self) -> &Bytes {
        &self.entry.sotw
    }

    /// The hash of the content; of a located resource, one that stands for all that it is anywhere.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The names it refers to, sorted, each once.
    pub fn references(&self) -> &[Name] {
        &self.references
    }

    /// Whether it refers to `name`. O(log n) in its references.
    pub fn refers_to(&self, name: &str) -> bool {
        self.references.binary_search_by(|reference| reference.as_ref().cmp(name)).is_ok()
    }
}

/// Two resources are equal when no client, wherever it is, could tell them apart: same name, same version.
impl PartialEq for Resource {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version && self.name == other.name
    }
}

impl Eq for Resource {}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{} ({} bytes)", self.name, self.version, self.any().len())
    }
}
