//! A persistent, ordered map of resources.

use std::sync::{Arc, OnceLock};

use imbl::OrdMap;
use imbl::ordmap::DiffItem;

use super::{Name, Resource, Version};

/// The resources of one type, by name, with the version of the whole set.
///
/// Cloning is two pointer copies. Insertion and removal are O(log n), and [`Self::difference`] between a map and one that
/// was made from it is O(changes · log n) for the first caller, and O(changes) for all others.
#[derive(Debug, Clone, Default)]
pub struct ResourceMap {
    resources: OrdMap<Name, Arc<Resource>>,
    version: Version,
    /// How it differs from the map that it was compared with first. All streams that are up to date compare the same two.
    /// None if nothing was ever put in.
    step: Option<Arc<OnceLock<Step>>>,
}

/// How a map differs from an older one.
#[derive(Debug)]
struct Step {
    older: OrdMap<Name, Arc<Resource>>,
    changes: Box<[Change]>,
}

/// A [`Difference`] that is kept.
#[derive(Debug)]
enum Change {
    Changed(Arc<Resource>),
    Removed(Arc<Resource>),
}

/// How many steps through a map cost about as much as to look up a name in it.
const WALK: usize = 8;

/// One way in which a newer map differs from an older one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference<'a> {
    /// The newer map has it, with this content; the older one hasn't, or has other content.
    Changed(&'a Arc<Resource>),
    /// The older map has it, the newer one hasn't.
    Removed(&'a Arc<Resource>),
}

impl ResourceMap {
    /// The resource of this name.
    pub fn get(&self, name: &str) -> Option<&Arc<Resource>> {
        self.resources.get(name)
    }

    /// Whether there is a resource of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.resources.contains_key(name)
    }

    /// The resource of each of these names, which are in order. Costs no more than to look each up, nor than to go
    /// through all there is.
    pub fn pick<'a>(
        &'a self,
        names: impl ExactSizeIterator<Item = &'a str>,
    ) -> impl Iterator<Item = Option<&'a Arc<Resource>>> {
        let is_much = names.len() > self.len() / WALK;
        let mut walk = is_much.then(|| self.resources.iter().peekable());
        names.map(move |name| {
            let Some(walk) = &mut walk else { return self.get(name) };
            while walk.next_if(|(key, _)| ***key < *name).is_some() {}
            walk.peek().filter(|(key, _)| ***key == *name).map(|(_, resource)| *resource)
        })
    }

    /// Puts a resource in, replacing the one of its name.
    pub fn insert(&mut self, resource: Arc<Resource>) {
        self.forget_step();
        let (name, version) = (Arc::clone(resource.name()), resource.version());
        self.version = self.version.with(&name, version);
        if let Some(old) = self.resources.insert(name, resource) {
            self.version = self.version.without(old.name(), old.version());
        }
    }

    /// Takes the resource of this name out, if it is there.
    pub fn remove(&mut self, name: &str) {
        if let Some(old) = self.resources.remove(name) {
            self.forget_step();
            self.version = self.version.without(old.name(), old.version());
        }
    }

    /// How many resources there are.
    pub fn len(&self) -> usize {
        self.resources.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// All resources, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.resources.values()
    }

    /// The version of the whole set: equal sets have equal versions.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Whether both are the very same map in memory: a cheap "nothing changed".
    pub fn is_same(&self, other: &Self) -> bool {
        self.resources.ptr_eq(&other.resources)
    }

    /// The changes that bring a holder of `older` to `self`, in the order of names.
    pub fn difference<'a>(&'a self, older: &'a Self) -> impl Iterator<Item = Difference<'a>> {
        let step = self.step.as_ref().map(|step| step.get_or_init(|| Step::new(&older.resources, &self.resources)));
        let known = step.filter(|step| step.older.ptr_eq(&older.resources));
        let unknown = known.is_none().then(|| compare(&older.resources, &self.resources));
        let known = known.into_iter().flat_map(|step| step.changes.iter().map(Change::as_difference));
        known.chain(unknown.into_iter().flatten())
    }

    /// It is about to be another map. Its clones stay what they are.
    fn forget_step(&mut self) {
        match self.step.as_mut().and_then(Arc::get_mut) {
            Some(step) => drop(step.take()),
            None => self.step = Some(Arc::default()),
        }
    }
}

impl Step {
    fn new(older: &OrdMap<Name, Arc<Resource>>, newer: &OrdMap<Name, Arc<Resource>>) -> Self {
        let changes = compare(older, newer).map(|difference| match difference {
            Difference::Changed(resource) => Change::Changed(Arc::clone(resource)),
            Difference::Removed(resource) => Change::Removed(Arc::clone(resource)),
        });
        Self { changes: changes.collect(), older: older.clone() }
    }
}

impl Change {
    const fn as_difference(&self) -> Difference<'_> {
        match self {
            Self::Changed(resource) => Difference::Changed(resource),
            Self::Removed(resource) => Difference::Removed(resource),
        }
    }
}

fn compare<'a>(
    older: &'a OrdMap<Name, Arc<Resource>>,
    newer: &'a OrdMap<Name, Arc<Resource>>,
) -> impl Iterator<Item = Difference<'a>> {
    older.diff(newer).map(|item| match item {
        DiffItem::Add(_, new) | DiffItem::Update { new: (_, new), .. } => Difference::Changed(new),
        DiffItem::Remove(_, old) => Difference::Removed(old),
    })
}

/// Equal when a client couldn't tell the two apart.
impl PartialEq for ResourceMap {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || self.resources == other.resources
    }
}

impl Eq for ResourceMap {}

impl FromIterator<Arc<Resource>> for ResourceMap {
    fn from_iter<I: IntoIterator<Item = Arc<Resource>>>(resources: I) -> Self {
        let mut map = Self::default();
        for resource in resources {
            map.insert(resource);
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(name: &str, content: &str) -> Arc<Resource> {
        Arc::new(Resource::from_value(name.into(), String::new(), content.into(), []))
    }

    #[test]
    fn few_names_or_many_are_picked_as_if_each_were_looked_up() {
        let resource = |n: u32| Arc::new(Resource::from_value(format!("n{n:03}").into(), String::new(), vec![], []));
        let map: ResourceMap = (0..100).map(|n| resource(2 * n)).collect();
        for step in [1, 2, 3, 40, 150] {
            let names: Vec<String> =
                (0..200).step_by(step).map(|n| format!("n{n:03}")).chain(["x".to_owned()]).collect();
            let picked: Vec<_> = map.pick(names.iter().map(String::as_str)).collect();
            assert_eq!(picked, names.iter().map(|name| map.get(name)).collect::<Vec<_>>(), "every {step}th");
        }
        assert_eq!(ResourceMap::default().pick(["a"].into_iter()).collect::<Vec<_>>(), [None]);
    }

    #[test]
    fn a_difference_is_right_whoever_asked_before() {
        let map = |names: &[&str]| names.iter().map(|name| resource(name, "1")).collect::<ResourceMap>();
        let (none, old) = (ResourceMap::default(), map(&["a", "b"]));
        let mut new = old.clone();
        assert_eq!(new.difference(&none).count(), 2);
        let before = new.clone();
        new.remove("a");
        new.insert(resource("c", "1"));
        let (a, b, c) = (resource("a", "1"), resource("b", "1"), resource("c", "1"));
        for _ in 0..2 {
            assert_eq!(new.difference(&old).collect::<Vec<_>>(), [Difference::Removed(&a), Difference::Changed(&c)]);
            assert_eq!(new.difference(&none).collect::<Vec<_>>(), [Difference::Changed(&b), Difference::Changed(&c)]);
            assert_eq!(
                before.difference(&none).collect::<Vec<_>>(),
                [Difference::Changed(&a), Difference::Changed(&b)]
            );
        }
        new.insert(resource("c", "2"));
        assert_eq!(
            new.difference(&old).collect::<Vec<_>>(),
            [Difference::Removed(&a), Difference::Changed(&resource("c", "2"))]
        );
        new.remove("b");
        new.remove("c");
        assert_eq!(new.difference(&old).count(), 2);
    }
}
