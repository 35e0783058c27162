//! Where clients run, and what looks different from there.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::{Name, Resource};

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
/// There are as many views as there are such places, whatever clients say of where they are; each is rendered when the
/// first client asks for it, and shared by all that are there.
pub(super) struct Views {
    /// What it is everywhere else.
    elsewhere: Arc<Resource>,
    zones: BTreeMap<Name, View>,
    nodes: BTreeMap<Name, View>,
    render: Box<dyn Fn(&Place) -> Resource + Send + Sync>,
}

struct View {
    place: Place,
    resource: OnceLock<Arc<Resource>>,
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
        for place in places {
            let (views, name) =
                if place.node.is_empty() { (&mut zones, &place.zone) } else { (&mut nodes, &place.node) };
            views.entry(Name::clone(name)).or_insert_with(|| View { place, resource: OnceLock::new() });
        }
        Self { elsewhere: Arc::new(elsewhere), zones, nodes, render: Box::new(render) }
    }

    /// What it is for a client at this place. O(log n) in the places; the first client of each waits for the rendering.
    pub(super) fn at(&self, place: &Place) -> &Arc<Resource> {
        match self.nodes.get(&place.node).or_else(|| self.zones.get(&place.zone)) {
            Some(View { place, resource }) => resource.get_or_init(|| Arc::new((self.render)(place))),
            None => &self.elsewhere,
        }
    }
}

#[cfg(test)]
mod tests;
