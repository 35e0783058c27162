use super::Lists;
use crate::model::object::{Object, Pod};
use crate::model::{Concern, Converted, Event, Key, Kind, ObjectRef, Reason, Rejected};
use crate::source::kubernetes::watch::Watch;

const INIT: Event = Event::Init(Kind::Pod);
const DONE: Event = Event::InitDone(Kind::Pod);

fn watch(namespace: Option<&str>) -> Watch {
    Watch { kind: Kind::Pod, namespace: namespace.map(Into::into) }
}

/// Lists over the watches `None`, or those of these namespaces.
fn lists(namespaces: &[&str]) -> Lists {
    let watches: Vec<_> = namespaces.iter().map(|namespace| watch(Some(namespace))).collect();
    Lists::new(Kind::Pod, if watches.is_empty() { vec![watch(None)] } else { watches })
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

/// Everything that is said when a watch says all this.
fn hear(lists: &mut Lists, namespace: Option<&str>, events: impl IntoIterator<Item = Event>) -> Vec<Event> {
    let watch = watch(namespace);
    events.into_iter().flat_map(|event| lists.hear(&watch, event)).collect()
}

fn list(pods: &[Converted]) -> Vec<Event> {
    let pods = pods.iter().cloned().map(Event::InitApply);
    [INIT].into_iter().chain(pods).chain([DONE]).collect()
}

#[test]
fn what_the_only_watch_of_a_kind_says_is_passed_on_as_it_comes() {
    let mut lists = lists(&[]);
    assert!(!lists.is_complete());
    // This list broke off; whoever hears it forgets it when the next one begins.
    let broken = [INIT, Event::InitApply(pod("a/1", 1))];
    assert_eq!(hear(&mut lists, None, broken.clone()), broken);
    assert!(!lists.is_complete());
    let second = list(&[pod("a/2", 2), pod("a/3", 3)]);
    assert_eq!(hear(&mut lists, None, second.clone()), second);
    assert!(lists.is_complete() && lists.has_listed(&watch(None)));
    let changes = [Event::Apply(pod("a/2", 2)), Event::Delete(id("a/1"))];
    assert_eq!(hear(&mut lists, None, changes.clone()), changes);
}

#[test]
fn of_several_a_list_that_fails_half_way_is_never_seen() {
    let mut lists = lists(&["a", "b"]);
    hear(&mut lists, Some("b"), list(&[]));
    assert_eq!(hear(&mut lists, Some("a"), [INIT, Event::InitApply(pod("a/1", 1))]), []);
    assert_eq!(hear(&mut lists, Some("a"), list(&[pod("a/2", 2)])), list(&[pod("a/2", 2)]));
    assert_eq!(hear(&mut lists, Some("a"), [INIT, Event::InitApply(pod("a/3", 3))]), []);
    assert_eq!(hear(&mut lists, Some("a"), list(&[])), [Event::Delete(id("a/2"))]);
}

#[test]
fn the_first_list_waits_for_every_namespace() {
    let mut lists = lists(&["a", "b"]);
    assert_eq!(hear(&mut lists, Some("a"), list(&[pod("a/1", 1)])), []);
    assert!(lists.has_listed(&watch(Some("a"))) && !lists.has_listed(&watch(Some("b"))) && !lists.is_complete());
    assert_eq!(hear(&mut lists, Some("b"), list(&[pod("b/1", 1)])), list(&[pod("a/1", 1), pod("b/1", 1)]));
}

#[test]
fn what_changes_before_the_first_list_is_in_it() {
    let mut lists = lists(&["a", "b"]);
    hear(&mut lists, Some("a"), list(&[pod("a/1", 1), pod("a/2", 2), pod("a/3", 3)]));
    let changes =
        [Event::Apply(pod("a/1", 9)), Event::Delete(id("a/2")), Event::Apply(bad("a/3")), Event::Apply(bad("a/4"))];
    assert_eq!(hear(&mut lists, Some("a"), changes), []);
    let stays = Converted { rejected: bad("a/3").rejected, ..pod("a/3", 3) };
    assert_eq!(hear(&mut lists, Some("b"), list(&[])), list(&[pod("a/1", 9), stays, bad("a/4")]));
}

#[test]
fn a_namespace_that_lists_twice_before_the_others_counts_once() {
    let mut lists = lists(&["a", "b"]);
    hear(&mut lists, Some("a"), list(&[pod("a/1", 1)]));
    assert_eq!(hear(&mut lists, Some("a"), list(&[pod("a/2", 2)])), []);
    assert_eq!(hear(&mut lists, Some("b"), list(&[])), list(&[pod("a/2", 2)]));
}

#[test]
fn a_later_list_of_one_namespace_is_a_net_difference() {
    let mut lists = lists(&["a", "b"]);
    hear(&mut lists, Some("a"), list(&[pod("a/1", 1), pod("a/2", 2)]));
    hear(&mut lists, Some("b"), list(&[pod("b/1", 1)]));
    hear(&mut lists, Some("a"), [Event::Apply(pod("a/3", 3)), Event::Delete(id("a/1"))]);
    let second = list(&[pod("a/2", 8), pod("a/4", 4)]);
    let difference = [Event::Apply(pod("a/2", 8)), Event::Apply(pod("a/4", 4)), Event::Delete(id("a/3"))];
    assert_eq!(hear(&mut lists, Some("a"), second.clone()), difference);
    let same = [Event::Apply(pod("a/2", 8)), Event::Apply(pod("a/4", 4))];
    assert_eq!(hear(&mut lists, Some("a"), second), same);
    assert_eq!(hear(&mut lists, Some("b"), list(&[])), [Event::Delete(id("b/1"))]);
}
