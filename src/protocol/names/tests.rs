use std::collections::BTreeMap;
use std::sync::Mutex;

use super::*;
use crate::xds::{Resource, ResourceMap};

/// Sets that are never forgotten.
#[derive(Debug, Default)]
struct Kept(Mutex<BTreeMap<Version, Arc<NameSet>>>);

impl NameSets for Kept {
    fn get(&self, digest: Version) -> Option<Arc<NameSet>> {
        self.0.lock().unwrap().get(&digest).cloned()
    }

    fn insert(&self, digest: Version, set: &Arc<NameSet>) {
        self.0.lock().unwrap().insert(digest, Arc::clone(set));
    }
}

fn names(sets: &Kept, names: &[&str]) -> Names {
    KnownNames { map: &ResourceMap::default(), sets: Some(sets) }.set(names, &Names::default())
}

fn is_same(one: &Names, other: &Names) -> bool {
    std::ptr::eq(one.as_slice(), other.as_slice())
}

#[test]
fn equal_sets_are_the_same() {
    let sets = Kept::default();
    let one = names(&sets, &["a", "b"]);
    assert!(is_same(&one, &names(&sets, &["a", "b"])));
    assert!(!is_same(&one, &names(&sets, &["a"])));
    assert!(!is_same(&one, &names(&Kept::default(), &["a", "b"])), "the sets of another server");
    assert!(names(&sets, &[]).is_empty());
}

#[test]
fn a_digest_alone_makes_no_set_the_same() {
    let sets = Kept::default();
    // As if the digest of the other set were the same.
    let other = names(&sets, &["other"]).0.unwrap();
    sets.insert(digest(["ours"].into_iter()), &other);
    assert_eq!(names(&sets, &["ours"]).texts().collect::<Vec<_>>(), ["ours"]);
}

#[test]
fn a_new_set_takes_the_names_that_are_known() {
    let resource = Arc::new(Resource::from_value("b".into(), String::new(), vec![], []));
    let map: ResourceMap = [Arc::clone(&resource)].into_iter().collect();
    let old: Names = [Name::from("a")].into_iter().collect();
    let set = KnownNames { map: &map, sets: None }.set(&["a", "b", "c"], &old);
    assert_eq!(set.texts().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert!(Arc::ptr_eq(&set.as_slice()[0], &old.as_slice()[0]));
    assert!(Arc::ptr_eq(&set.as_slice()[1], resource.name()));
}

#[test]
fn operations_keep_order_and_share_what_they_can() {
    let ace: Names = ["e", "a", "c", "a"].map(Name::from).into_iter().collect();
    let bce: Names = ["b", "c", "e"].map(Name::from).into_iter().collect();
    let c: Names = [Name::from("c")].into_iter().collect();
    let texts = |names: &Names| names.texts().collect::<String>();
    assert_eq!(texts(&ace), "ace");
    assert_eq!(texts(&ace.union(&bce)), "abce");
    assert_eq!(texts(&ace.filter(among(bce.texts()))), "ce");
    assert_eq!(texts(&ace.filter(not(among(bce.texts())))), "a");
    assert!(is_same(&ace, &ace.filter(|_| true)));
    assert!(is_same(&ace, &ace.union(&c)));
    assert!(is_same(&ace, &c.union(&ace)));
    assert!(is_same(&ace, &ace.union(&Names::default())));
    assert!(is_same(&ace, &Names::default().union(&ace)));
    assert!(ace.filter(|_| false).is_empty());
    assert!(ace.contains("e") && !ace.contains("d"));
    assert_eq!(ace.bytes(), 3 * cost("a"));
}
