use std::sync::Arc;

use super::{Names, among, digest, not, sets};
use crate::xds::Name;

fn names(names: &[&str]) -> Names {
    Names::shared(names, |_| None)
}

fn is_same(one: &Names, other: &Names) -> bool {
    std::ptr::eq(one.as_slice(), other.as_slice())
}

#[test]
fn equal_sets_are_the_same_until_nobody_has_them() {
    let key = digest(["equal-a", "equal-b"].into_iter());
    let one = names(&["equal-a", "equal-b"]);
    assert!(is_same(&one, &names(&["equal-a", "equal-b"])));
    assert!(!is_same(&one, &names(&["equal-a"])));
    assert!(sets().contains_key(&key));
    drop(one);
    assert!(!sets().contains_key(&key), "a set that nobody has any more is forgotten");
}

#[test]
fn a_digest_alone_makes_no_set_the_same() {
    // As if the other one had met the digest of ours.
    let other = names(&["digest-other"]);
    let key = digest(["digest-ours"].into_iter());
    sets().insert(key, Arc::downgrade(other.0.as_ref().unwrap()));
    assert_eq!(names(&["digest-ours"]).texts().collect::<Vec<_>>(), ["digest-ours"]);
    sets().remove(&key);
}

#[test]
fn a_new_set_takes_the_names_that_are_known() {
    let known = Name::from("known-a");
    let set = Names::shared(&["known-a", "known-b"], |name| (name == "known-a").then(|| Arc::clone(&known)));
    assert!(Arc::ptr_eq(&known, &set.as_slice()[0]));
    assert_eq!(set.texts().collect::<Vec<_>>(), ["known-a", "known-b"]);
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
    assert_eq!(ace.bytes(), 3 * super::cost("a"));
}
