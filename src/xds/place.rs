//! The location of a client, and resources that depend on it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use super::{Name, Resource, Version};

/// Where a client runs, as its node says. Each part is empty if it isn't known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Place {
    /// The zone, as in the node label `topology.kubernetes.io/zone`: `node.locality.zone`.
    pub zone: Name,
    /// The name of the Kubernetes node: `node.locality.sub_zone`.
    pub node: Name,
}

/// What a resource is at the places from which it looks different.
///
/// There are as many views as there are such places, whatever clients say of where they are; each is rendered when a
/// client asks for it. Zones are few and have many clients, so their views are kept. Nodes are many and have few; if the
/// view of each were kept, a Service with a pod on every node would cost memory with the square of the nodes. So theirs
/// are kept by those who use them, and here only their versions, to tell whether something changed.
pub(super) struct Views {
    /// What it is everywhere else.
    elsewhere: Arc<Resource>,
    zones: BTreeMap<Name, OnceLock<Arc<Resource>>>,
    nodes: BTreeMap<Name, NodeView>,
    /// What it is on all other nodes, if that isn't what it is in their zones.
    other_nodes: Option<Arc<Resource>>,
    render: Box<dyn Fn(&Place) -> Resource + Send + Sync>,
}

struct NodeView {
    zone: Name,
    version: OnceLock<Version>,
    resource: Mutex<Weak<Resource>>,
}

impl Views {
    /// A place with a node stands for all clients on that node, one without for the other clients in its zone. Of two
    /// places with one node the first counts.
    pub(super) fn new(
        elsewhere: Resource,
        places: impl IntoIterator<Item = Place>,
        render: impl Fn(&Place) -> Resource + Send + Sync + 'static,
    ) -> Self {
        let (mut zones, mut nodes) = (BTreeMap::new(), BTreeMap::new());
        for Place { zone, node } in places {
            if node.is_empty() {
                zones.entry(zone).or_default();
            } else {
                nodes.entry(node).or_insert_with(|| NodeView::new(zone));
            }
        }
        Self { elsewhere: Arc::new(elsewhere), zones, nodes, other_nodes: None, render: Box::new(render) }
    }

    /// The same, but for clients that say on which node they are, if that is none of the places.
    pub(super) fn with_other_nodes(self, other_nodes: Resource) -> Self {
        Self { other_nodes: Some(Arc::new(other_nodes)), ..self }
    }

    /// What it is for a client at this place. O(log n) in the places, unless it has to be rendered.
    pub(super) fn at(&self, place: &Place) -> Arc<Resource> {
        match self.nodes.get_key_value(&place.node) {
            Some((node, view)) => view.get(node, &self.render),
            None => Arc::clone(self.off_nodes(place)),
        }
    }

    /// The version of [`Self::at`].
    pub(super) fn version_at(&self, place: &Place) -> Version {
        match self.nodes.get_key_value(&place.node) {
            Some((node, view)) => *view.version.get_or_init(|| view.get(node, &self.render).version()),
            None => self.off_nodes(place).version(),
        }
    }

    /// What it is for a client that isn't on any of the nodes.
    fn off_nodes(&self, place: &Place) -> &Arc<Resource> {
        if let Some(other_nodes) = self.other_nodes.as_ref().filter(|_| !place.node.is_empty()) {
            return other_nodes;
        }
        let render = |zone: &Name| Arc::new((self.render)(&Place { zone: Name::clone(zone), node: Name::default() }));
        match self.zones.get_key_value(&place.zone) {
            Some((zone, view)) => view.get_or_init(|| render(zone)),
            None => &self.elsewhere,
        }
    }
}

impl NodeView {
    fn new(zone: Name) -> Self {
        Self { zone, version: OnceLock::new(), resource: Mutex::default() }
    }

    fn get(&self, node: &Name, render: impl Fn(&Place) -> Resource) -> Arc<Resource> {
        let mut kept = self.resource.lock().unwrap_or_else(PoisonError::into_inner);
        kept.upgrade().unwrap_or_else(|| {
            let place = Place { zone: Name::clone(&self.zone), node: Name::clone(node) };
            let resource = Arc::new(render(&place));
            *kept = Arc::downgrade(&resource);
            resource
        })
    }
}

#[cfg(test)]
mod tests;
