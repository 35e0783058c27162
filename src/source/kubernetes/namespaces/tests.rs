use super::NamespaceMerge;
use crate::model::object::{Object, Pod};
use crate::model::{Concern, Converted, Event, Key, Kind, ObjectRef, Reason, Rejected};
use crate::source::kubernetes::watch::Watch;

const INIT: Event = Event::Init(Kind::Pod);
const DONE: Event = Event::InitDone(Kind::Pod);

fn watch(namespace: Option<&str>) -> Watch {
    Watch { kind: Kind::Pod, namespace: namespace.map(Into::into) }
}

/// Merges the watches `None`, or those of these namespaces.
fn merge_of(namespaces: &[&str]) -> NamespaceMerge {
    let watches: Vec<_> = namespaces.iter().map(|namespace| watch(Some(namespace))).collect();
    NamespaceMerge::new(Kind::Pod, if watches.is_empty() { vec![watch(None)] } else { watches })
}

fn id(path: &str) -> ObjectRef {
    let (namespace, name) = path.split_once('/').unwrap();
    ObjectRef::Object(Kind::Pod, Key::new(namespace, name))
}

fn pod(path: &str, weight: u32) -> Converted {
    let ObjectRef::Object(_, key) = id(path) else { panic!() };
    let object = Some(Object::Pod(Pod { key, weight }));
    Converted { id: id(path), object, rejected: Vec::new(), concern: Concern::Ours }
}

/// A version of the pod that can't be used.
fn bad(path: &str) -> Converted {
    let rejected = Rejected {
        object: id(path),
        field: "weight".into(),
        value: "x".into(),
        reason: Reason::InvalidAnnotation,
        message: String::new(),
        meanwhile: String::new(),
    };
    Converted { id: id(path), object: None, rejected: vec![rejected], concern: Concern::Ours }
}

/// The events that come of these events of a watch.
fn merged(merge: &mut NamespaceMerge, namespace: Option<&str>, events: impl IntoIterator<Item = Event>) -> Vec<Event> {
    let watch = watch(namespace);
    events.into_iter().flat_map(|event| merge.merge(&watch, event)).collect()
}

fn list(pods: &[Converted]) -> Vec<Event> {
    let pods = pods.iter().cloned().map(Event::InitApply);
    [INIT].into_iter().chain(pods).chain([DONE]).collect()
}

#[test]
fn the_events_of_a_single_watch_are_passed_on_as_they_come() {
    let mut merge = merge_of(&[]);
    assert!(!merge.is_complete());
    // This list broke off; the catalog forgets it when the next one begins.
    let broken = [INIT, Event::InitApply(pod("a/1", 1))];
    assert_eq!(merged(&mut merge, None, broken.clone()), broken);
    assert!(!merge.is_complete());
    let second = list(&[pod("a/2", 2), pod("a/3", 3)]);
    assert_eq!(merged(&mut merge, None, second.clone()), second);
    assert!(merge.is_complete() && merge.has_listed(&watch(None)));
    let changes = [Event::Apply(pod("a/2", 2)), Event::Delete(id("a/1"))];
    assert_eq!(merged(&mut merge, None, changes.clone()), changes);
}

#[test]
fn of_several_a_list_that_fails_half_way_is_never_seen() {
    let mut merge = merge_of(&["a", "b"]);
    merged(&mut merge, Some("b"), list(&[]));
    assert_eq!(merged(&mut merge, Some("a"), [INIT, Event::InitApply(pod("a/1", 1))]), []);
    assert_eq!(merged(&mut merge, Some("a"), list(&[pod("a/2", 2)])), list(&[pod("a/2", 2)]));
    assert_eq!(merged(&mut merge, Some("a"), [INIT, Event::InitApply(pod("a/3", 3))]), []);
    assert_eq!(merged(&mut merge, Some("a"), list(&[])), [Event::Delete(id("a/2"))]);
}

#[test]
fn the_first_list_waits_for_every_namespace() {
    let mut merge = merge_of(&["a", "b"]);
    assert_eq!(merged(&mut merge, Some("a"), list(&[pod("a/1", 1)])), []);
    assert!(merge.has_listed(&watch(Some("a"))) && !merge.has_listed(&watch(Some("b"))) && !merge.is_complete());
    assert_eq!(merged(&mut merge, Some("b"), list(&[pod("b/1", 1)])), list(&[pod("a/1", 1), pod("b/1", 1)]));
}

#[test]
fn what_changes_before_the_first_list_is_in_it() {
    let mut merge = merge_of(&["a", "b"]);
    merged(&mut merge, Some("a"), list(&[pod("a/1", 1), pod("a/2", 2), pod("a/3", 3)]));
    let changes =
        [Event::Apply(pod("a/1", 9)), Event::Delete(id("a/2")), Event::Apply(bad("a/3")), Event::Apply(bad("a/4"))];
    assert_eq!(merged(&mut merge, Some("a"), changes), []);
    let stays = Converted { rejected: bad("a/3").rejected, ..pod("a/3", 3) };
    assert_eq!(merged(&mut merge, Some("b"), list(&[])), list(&[pod("a/1", 9), stays, bad("a/4")]));
}

#[test]
fn a_namespace_that_lists_twice_before_the_others_counts_once() {
    let mut merge = merge_of(&["a", "b"]);
    merged(&mut merge, Some("a"), list(&[pod("a/1", 1)]));
    assert_eq!(merged(&mut merge, Some("a"), list(&[pod("a/2", 2)])), []);
    assert_eq!(merged(&mut merge, Some("b"), list(&[])), list(&[pod("a/2", 2)]));
}

#[test]
fn a_later_list_of_one_namespace_is_a_net_difference() {
    let mut merge = merge_of(&["a", "b"]);
    merged(&mut merge, Some("a"), list(&[pod("a/1", 1), pod("a/2", 2)]));
    merged(&mut merge, Some("b"), list(&[pod("b/1", 1)]));
    merged(&mut merge, Some("a"), [Event::Apply(pod("a/3", 3)), Event::Delete(id("a/1"))]);
    let second = list(&[pod("a/2", 8), pod("a/4", 4)]);
    let difference = [Event::Apply(pod("a/2", 8)), Event::Apply(pod("a/4", 4)), Event::Delete(id("a/3"))];
    assert_eq!(merged(&mut merge, Some("a"), second.clone()), difference);
    let same = [Event::Apply(pod("a/2", 8)), Event::Apply(pod("a/4", 4))];
    assert_eq!(merged(&mut merge, Some("a"), second), same);
    assert_eq!(merged(&mut merge, Some("b"), list(&[])), [Event::Delete(id("b/1"))]);
}
