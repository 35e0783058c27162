//! The sets of resource names that the server's streams subscribe to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::protocol::{NameSet, NameSets};
use crate::xds::Version;

/// How many sets there may be before those that nothing holds any more are looked for.
const MIN_SWEEP: usize = 64;

/// The sets of all streams of one server, by their digests. Locked only to look one up and to insert one.
#[derive(Debug, Default)]
pub struct SharedNameSets(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    sets: BTreeMap<Version, Weak<NameSet>>,
    /// When there are so many, those that nothing holds any more are removed. So they are never more than those in use.
    sweep_at: usize,
}

impl NameSets for SharedNameSets {
    fn get(&self, digest: Version) -> Option<Arc<NameSet>> {
        self.table().sets.get(&digest).and_then(Weak::upgrade)
    }

    fn insert(&self, digest: Version, set: &Arc<NameSet>) {
        let mut table = self.table();
        if table.sets.len() >= table.sweep_at {
            table.sets.retain(|_, set| set.strong_count() > 0);
            table.sweep_at = MIN_SWEEP.max(2 * table.sets.len());
        }
        table.sets.insert(digest, Arc::downgrade(set));
    }
}

impl SharedNameSets {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{NameList, Request, Session, SubscriptionUpdate, Variant};
    use crate::xds::{ResourceType, Snapshot};

    /// A session that subscribes to this name.
    fn session(sets: &Arc<SharedNameSets>, name: &str) -> Session {
        let snapshot = Arc::new(Snapshot::default());
        let mut session = Session::new(Variant::Delta, 1, snapshot).sharing(Arc::clone(sets) as Arc<dyn NameSets>);
        let (unsubscribe, initial_versions) = (NameList::default(), BTreeMap::new());
        let update = SubscriptionUpdate::Change { subscribe: [name].iter().collect(), unsubscribe, initial_versions };
        let resource_type = ResourceType::Endpoint;
        session.on_request(Request { resource_type, nonce: String::new(), error: None, update });
        session
    }

    #[test]
    fn streams_with_the_same_names_hold_the_same_set() {
        let sets = Arc::<SharedNameSets>::default();
        let (one, other) = (session(&sets, "a"), session(&sets, "a"));
        let names = |session: &Session| session.names(ResourceType::Endpoint).as_ptr();
        assert_eq!(names(&one), names(&other));
        assert_eq!(sets.table().sets.len(), 1);
    }

    #[test]
    fn sets_that_nothing_holds_are_forgotten() {
        let sets = Arc::<SharedNameSets>::default();
        let kept = session(&sets, "kept");
        for number in 0..10 * MIN_SWEEP {
            session(&sets, &number.to_string());
            assert!(sets.table().sets.len() <= MIN_SWEEP);
        }
        assert_eq!(
            session(&sets, "kept").names(ResourceType::Endpoint).as_ptr(),
            kept.names(ResourceType::Endpoint).as_ptr()
        );
    }
}
