use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::Directory;
use crate::model::{Event, Lowered, ObjectRef, Rejected};
use crate::source::lower::Lowering;
use crate::source::manifests::contents::Contents;

/// What a listener knows after hearing some events.
#[derive(Debug, Default, PartialEq)]
struct World {
    objects: BTreeMap<ObjectRef, Lowered>,
    files: BTreeMap<ObjectRef, Vec<Rejected>>,
}

impl World {
    fn hear(&mut self, events: Vec<Event>) -> Vec<String> {
        let mut told = Vec::new();
        for event in events {
            match event {
                Event::Apply(lowered) | Event::InitApply(lowered) => match &lowered.id {
                    ObjectRef::Object(..) => {
                        told.push(format!("+ {}", lowered.id));
                        self.objects.insert(lowered.id.clone(), lowered);
                    }
                    ObjectRef::File(_) => {
                        told.extend(lowered.rejected.iter().map(|rejected| format!("! {rejected}")));
                        if lowered.rejected.is_empty() {
                            told.push(format!("ok {}", lowered.id));
                        }
                        self.files.insert(lowered.id, lowered.rejected);
                        self.files.retain(|_, rejected| !rejected.is_empty());
                    }
                },
                Event::Delete(id) => {
                    told.push(format!("- {id}"));
                    assert!(self.objects.remove(&id).is_some() | self.files.remove(&id).is_some(), "{id}");
                }
                Event::Init(_) | Event::InitDone(_) => {}
            }
        }
        told
    }

    fn of(directory: &Directory) -> Self {
        let mut world = Self::default();
        world.hear(directory.list());
        world
    }
}

fn service(name: &str, port: u16) -> String {
    format!("apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: [{{port: {port}}}]}}\n---\n")
}

fn put(directory: &mut Directory, path: &str, text: &str) -> Vec<Event> {
    let contents = Contents::read(text.as_bytes(), directory.contents(path), Lowering::default());
    directory.put(&path.into(), contents)
}

/// A listener beside a directory.
#[derive(Default)]
struct Pair(Directory, World);

impl Pair {
    fn does(&mut self, act: impl FnOnce(&mut Directory) -> Vec<Event>) -> Vec<String> {
        let told = self.1.hear(act(&mut self.0));
        assert_eq!(self.1, World::of(&self.0));
        told
    }

    fn put(&mut self, path: &str, text: &str) -> Vec<String> {
        self.does(|directory| put(directory, path, text))
    }
}

#[test]
fn only_what_changed_is_told() {
    let mut pair = Pair::default();
    let (a, b) = (service("a", 1), service("b", 1));
    assert_eq!(pair.put("x.yaml", &format!("{a}{b}")), ["+ Service default/a", "+ Service default/b"]);
    assert_eq!(pair.put("x.yaml", &format!("{a}{}", service("b", 2))), ["+ Service default/b"]);
    assert_eq!(pair.put("x.yaml", &format!("# moved\n\n{a}{}", service("b", 2))), Vec::<String>::new());
    assert_eq!(pair.put("x.yaml", &a), ["- Service default/b"]);
    assert_eq!(pair.does(|it| it.remove(&"x.yaml".into())), ["- Service default/a"]);
}

#[test]
fn the_first_file_in_path_order_has_the_object() {
    let mut pair = Pair::default();
    assert_eq!(pair.put("b.yaml", &service("a", 2)), ["+ Service default/a"]);
    assert_eq!(
        pair.put("a.yaml", &service("a", 1)),
        [
            "+ Service default/a",
            "! file b.yaml: line 1: \"Service default/a\": is also in a.yaml, which comes first in path order (the one in \
             a.yaml is served)"
        ]
    );
    assert_eq!(pair.put("b.yaml", &service("a", 3)), Vec::<String>::new());
    assert_eq!(pair.does(|it| it.remove(&"a.yaml".into())), ["+ Service default/a", "ok file b.yaml"]);
}

#[test]
fn the_first_of_one_name_in_a_file_counts() {
    let mut pair = Pair::default();
    assert_eq!(
        pair.put("a.yaml", &format!("{}{}", service("a", 1), service("a", 2))),
        [
            "+ Service default/a",
            "! file a.yaml: line 6: \"Service default/a\": stands in this file twice; the first one, in line 1, has the \
             name (the first one is served)"
        ]
    );
    assert_eq!(pair.put("a.yaml", &service("a", 2)), ["+ Service default/a", "ok file a.yaml"]);
}

#[test]
fn a_broken_file_keeps_what_it_gave() {
    let mut pair = Pair::default();
    let (a, b) = (service("a", 1), service("b", 1));
    pair.put("x.yaml", &format!("{a}{b}"));
    let told = pair.put("x.yaml", &format!("{}\tb: [", service("a", 2)));
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0], "+ Service default/a");
    assert!(told[1].starts_with("! file x.yaml: line 6: "), "{told:?}");
    assert!(told[1].ends_with("(the rest of the file is served, and what the file gave before stays)"), "{told:?}");
    // Still broken: what was kept is kept again.
    assert_eq!(pair.put("x.yaml", "\u{0}").len(), 1);
    assert_eq!(pair.1.objects.len(), 2);
    assert_eq!(pair.put("x.yaml", &a), ["+ Service default/a", "- Service default/b", "ok file x.yaml"]);
}

#[test]
fn an_unreadable_file_keeps_what_it_gave() {
    let mut pair = Pair::default();
    pair.put("x.yaml", &service("a", 1));
    let path: Arc<str> = "x.yaml".into();
    assert_eq!(
        pair.does(|it| it.fail(&path, "can't be read: no".to_owned())),
        ["! file x.yaml: file: can't be read: no (what the file gave before stays)"]
    );
    assert_eq!(pair.put("x.yaml", &service("a", 1)), ["ok file x.yaml"]);
}

#[test]
fn a_renamed_file_is_no_duplicate() {
    let mut pair = Pair::default();
    pair.put("a.yaml", &service("a", 1));
    assert_eq!(pair.does(|it| it.leave(&"a.yaml".into())), Vec::<String>::new());
    assert_eq!(pair.put("b.yaml", &service("a", 1)), Vec::<String>::new());
    assert_eq!(pair.does(|it| it.remove(&"a.yaml".into())), Vec::<String>::new());
    assert_eq!(pair.1.objects.len(), 1);
}

#[test]
fn a_leaving_file_gives_way_at_once() {
    let mut pair = Pair::default();
    pair.put("a.yaml", &service("a", 1));
    pair.put("b.yaml", &service("a", 2));
    assert_eq!(pair.does(|it| it.leave(&"a.yaml".into())), ["+ Service default/a", "ok file b.yaml"]);
    assert_eq!(pair.put("a.yaml", &service("a", 1)).len(), 2);
}

#[test]
fn a_thousand_mistakes_are_told_as_a_hundred() {
    let mut pair = Pair::default();
    let told = pair.put("a.yaml", &"---\nx\n".repeat(1000));
    assert_eq!(told.len(), 100);
    assert!(told.iter().any(|line| line.contains("900 more mistakes follow below line 200")), "{told:?}");
}

#[derive(Debug, Clone)]
enum Step {
    Put(usize, Vec<(usize, u16)>, bool),
    Fail(usize),
    Leave(usize),
    Remove(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let objects = prop::collection::vec((0..4_usize, 1..4_u16), 0..5);
    prop_oneof![
        4 => (0..3_usize, objects, prop::bool::weighted(0.2)).prop_map(|(file, it, broken)| Step::Put(file, it, broken)),
        1 => (0..3_usize).prop_map(Step::Fail),
        1 => (0..3_usize).prop_map(Step::Leave),
        1 => (0..3_usize).prop_map(Step::Remove),
    ]
}

proptest! {
    /// After every step a listener knows what a new one would be told; and once every file is good again, that is what
    /// reading them afresh gives.
    #[test]
    fn any_order_of_changes_ends_like_a_fresh_start(steps in prop::collection::vec(step(), 0..30)) {
        let path = |file: usize| -> Arc<str> { format!("{file}.yaml").into() };
        let mut pair = Pair::default();
        let mut disk: BTreeMap<usize, String> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Put(file, objects, broken) => {
                    let good: String = objects.iter().map(|(name, port)| service(&format!("s{name}"), *port)).collect();
                    pair.put(&path(file), &if broken { format!("{good}[") } else { good.clone() });
                    disk.insert(file, good);
                }
                Step::Fail(file) => {
                    pair.does(|it| it.fail(&path(file), "no".to_owned()));
                    disk.entry(file).or_default();
                }
                Step::Leave(file) => {
                    pair.does(|it| it.leave(&path(file)));
                    disk.remove(&file);
                }
                Step::Remove(file) => {
                    pair.does(|it| it.remove(&path(file)));
                    disk.remove(&file);
                }
            }
        }
        let mut fresh = Directory::default();
        for file in 0..3 {
            if let Some(text) = disk.get(&file) {
                pair.put(&path(file), text);
                put(&mut fresh, &path(file), text);
            } else {
                pair.does(|it| it.remove(&path(file)));
            }
        }
        prop_assert_eq!(pair.1, World::of(&fresh));
    }
}
