use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::Directory;
use crate::model::{Converted, Event, ObjectRef, Reason, Rejected};
use crate::source::manifests::LeftAlone;
use crate::source::manifests::contents::Contents;
use crate::source::manifests::disk;
use crate::source::objects::Conversion;

/// What a listener knows after hearing some events.
#[derive(Debug, Default, PartialEq)]
struct World {
    objects: BTreeMap<ObjectRef, Converted>,
    files: BTreeMap<ObjectRef, Vec<Rejected>>,
}

impl World {
    fn hear(&mut self, events: Vec<Event>) -> Vec<String> {
        let mut told = Vec::new();
        for event in events {
            match event {
                Event::Apply(converted) | Event::InitApply(converted) => match &converted.id {
                    ObjectRef::Object(..) => {
                        told.push(format!("+ {}", converted.id));
                        self.objects.insert(converted.id.clone(), converted);
                    }
                    ObjectRef::File(_) => {
                        told.extend(converted.rejected.iter().map(|rejected| format!("! {rejected}")));
                        if converted.rejected.is_empty() {
                            told.push(format!("ok {}", converted.id));
                        }
                        self.files.insert(converted.id, converted.rejected);
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
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, annotations: {{chancery.dev/enabled: \"true\"}}}}\n\
         spec: {{ports: [{{port: {port}}}]}}\n---\n"
    )
}

/// One that doesn't say whether it takes part.
fn silent(name: &str, port: u16) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop}}\nspec: {{ports: [{{port: {port}}}]}}\n"
    )
}

fn slice(name: &str, of: &str) -> String {
    format!(
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\naddressType: IPv4\nendpoints: []\nmetadata: {{name: {name}, \
         namespace: shop, labels: {{kubernetes.io/service-name: {of}}}}}\n"
    )
}

/// The Namespace `shop`, which opts its Services in or doesn't.
fn namespace(enabled: bool) -> String {
    format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, annotations: {{chancery.dev/enabled: \"{enabled}\"}}}}\n"
    )
}

fn put(directory: &mut Directory, path: &str, text: &str) -> Vec<Event> {
    let contents = Contents::read(text.as_bytes(), directory.contents(path), Conversion::default());
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
            "! file a.yaml: line 6: \"Service default/a\": defined twice in this file; the first one, in line 1, is used \
             (the first one is served)"
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
fn a_file_without_objects_keeps_what_it_gave() {
    let good = service("a", 1);
    let halves = [10, 24, 40, 60].map(|length| good[..length].to_owned());
    let others = [
        "just words",
        "5",
        "A=1\nB=2\n",
        "- x\n",
        "kind: X\n",
        "x: 1\nx: 2\n",
        "apiVersion: v1\nkind: List\n",
        "apiVersion: v1\nkind: Service\nmetadata: text\n",
    ];
    for text in halves.into_iter().chain(others.map(str::to_owned)) {
        let mut pair = Pair::default();
        pair.put("x.yaml", &good);
        let told = pair.put("x.yaml", &text);
        assert_eq!(told.len(), 1, "{text:?}: {told:?}");
        assert!(told[0].starts_with("! file x.yaml: line "), "{text:?}: {told:?}");
        assert!(told[0].ends_with("what the file gave before stays)"), "{text:?}: {told:?}");
        assert!(pair.1.files.values().flatten().all(|one| one.reason == Reason::Unparsable), "{text:?}");
        assert_eq!(pair.1.objects.len(), 1, "{text:?}");
        // Read once more it is still so.
        assert_eq!(pair.put("x.yaml", &text), Vec::<String>::new(), "{text:?}");
        assert_eq!(pair.put("x.yaml", &good), ["ok file x.yaml"], "{text:?}");
        let mut fresh = Pair::default();
        assert!(fresh.put("x.yaml", &text).iter().all(|line| line.contains("of this Service is missing")), "{text:?}");
    }
}

#[test]
fn objects_can_be_removed_from_a_file() {
    let foreign = "version: 3\n---\n";
    for (before, after) in [
        (service("a", 1), String::new()),
        (service("a", 1), "# nothing any more\n".to_owned()),
        (service("a", 1), "apiVersion: v1\nkind: List\nitems: []\n".to_owned()),
        (service("a", 1), "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n".to_owned()),
        (format!("{foreign}{}", service("a", 1)), foreign.to_owned()),
    ] {
        let mut pair = Pair::default();
        pair.put("x.yaml", &before);
        assert_eq!(pair.put("x.yaml", &after), ["- Service default/a"], "{after:?}");
    }
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
fn what_cannot_be_read_is_a_mistake_only_if_it_gave_objects() {
    let mut pair = Pair::default();
    let why = || "can't be read".to_owned();
    let reasons = |pair: &Pair| pair.1.files.values().flatten().map(|one| one.reason).collect::<Vec<_>>();
    pair.put("d/x.yaml", &service("a", 1));
    pair.does(|it| it.fail(&"dd".into(), why()));
    pair.does(|it| it.fail(&"data.json".into(), why()));
    assert_eq!(reasons(&pair), [Reason::DoubtfulObject, Reason::DoubtfulObject]);
    // A directory with such a file in it.
    pair.does(|it| it.fail(&"d".into(), why()));
    assert_eq!(reasons(&pair), [Reason::Unparsable, Reason::DoubtfulObject, Reason::DoubtfulObject]);
}

#[test]
fn of_two_objects_the_first_may_be_unusable() {
    let mut pair = Pair::default();
    let bad = service("a", 1).replace("port: 1", "port: 0");
    pair.put("a.yaml", &format!("{bad}{bad}"));
    let told = pair.put("b.yaml", &service("a", 1));
    assert!(told[0].ends_with("(the one in a.yaml counts, though it can't be used)"), "{told:?}");
    assert!(
        pair.1.files.values().flatten().any(|one| one.meanwhile == "the first one counts, though it can't be used"),
        "{:?}",
        pair.1.files
    );
}

#[test]
fn a_link_to_nowhere_is_a_mistake_only_if_it_led_somewhere() {
    let mut pair = Pair::default();
    let reasons = |pair: &Pair| pair.1.files.values().flatten().map(|one| one.reason).collect::<Vec<_>>();
    pair.does(|it| it.fail(&"x.yaml".into(), "is a link".to_owned()));
    assert_eq!(reasons(&pair), [Reason::DoubtfulObject]);
    pair.put("x.yaml", &service("a", 1));
    pair.does(|it| it.fail(&"x.yaml".into(), "is a link".to_owned()));
    assert_eq!(reasons(&pair), [Reason::Unparsable]);
}

#[test]
fn of_a_kustomization_rendering_is_advised() {
    for name in ["base/kustomization.yaml", "base/Kustomization"] {
        let mut pair = Pair::default();
        assert!(disk::is_manifest(name));
        pair.put(name, "resources: [a.yaml]\n");
        pair.put("base/a.yaml", &silent("a", 1));
        let patch = service("a", 2).replace("name: a,", "name: a, namespace: shop,");
        let told = pair.put("overlays/prod/a.yaml", &patch);
        assert!(
            told[0].contains("path order; render the kustomization first: kubectl kustomize … | chancery lint - ("),
            "{told:?}"
        );
    }
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
    let told = pair.put("a.yaml", &"---\nx: [ # chancery.dev/\nchancery.dev/enabled\n".repeat(1000));
    assert_eq!(told.len(), 100);
    assert!(told.iter().any(|line| line.contains("900 more mistakes follow below line ")), "{told:?}");
}

#[test]
fn what_takes_no_part_is_nobodys_business() {
    let mut pair = Pair::default();
    pair.put("a.yaml", &silent("a", 1));
    for (path, text) in [
        ("b.yaml", silent("a", 2)),
        ("c.yaml", format!("{}---\n{}", silent("c", 1), silent("c", 2))),
        ("d.yaml", slice("a-1", "a")),
        ("e.yaml", slice("a-1", "a")),
        ("f.yaml", "apiVersion: v1\nkind: Service\nmetadata: {namespace: shop, name: [}\n".to_owned()),
        ("g.yaml", "apiVersion: v1\nkind: Service\nmetadata: {namespace: shop}\n".to_owned()),
        ("h.yaml", "a secret\n".to_owned()),
    ] {
        let told = pair.put(path, &text);
        assert!(told.iter().all(|line| line.starts_with("+ ")), "{path}: {told:?}");
    }
    let left = pair.0.left_alone();
    let LeftAlone { foreign, among_objects, templates, unparsable, unusable, repeated, mappings } = left;
    assert_eq!((foreign, among_objects, templates, unparsable, unusable, repeated, mappings), (1, 0, 0, 1, 0, 3, 0));
}

#[test]
fn a_namespace_makes_it_our_business_and_back() {
    let mut pair = Pair::default();
    let broken = "kind: Service\nmetadata: {namespace: shop, name: [}\n";
    for (path, text) in [
        ("a.yaml", silent("a", 1)),
        ("b.yaml", silent("a", 2)),
        ("c.yaml", format!("{}---\n{}", silent("c", 1), silent("c", 2))),
        ("d.yaml", slice("a-1", "a")),
        ("e.yaml", slice("a-1", "a")),
        ("f.yaml", broken.to_owned()),
        ("z.yaml", namespace(false)),
    ] {
        pair.put(path, &text);
    }
    assert_eq!(pair.1.files, BTreeMap::new());
    let told = pair.put("z.yaml", &namespace(true));
    let beginnings = ["+ Namespace shop", "! file b.yaml: ", "! file c.yaml: ", "! file e.yaml: ", "! file f.yaml: "];
    assert_eq!(told.len(), beginnings.len(), "{told:?}");
    for (line, beginning) in told.iter().zip(beginnings) {
        assert!(line.starts_with(beginning), "{told:?}");
    }
    let told = pair.put("z.yaml", &namespace(false));
    assert_eq!(told[1..], ["ok file b.yaml", "ok file c.yaml", "ok file e.yaml", "ok file f.yaml"]);
}

#[test]
fn a_service_makes_its_slices_our_business() {
    let mut pair = Pair::default();
    pair.put("a.yaml", &slice("a-1", "a"));
    assert_eq!(pair.put("b.yaml", &slice("a-1", "a")), Vec::<String>::new());
    let told = pair.put("c.yaml", &service("a", 1).replace("name: a,", "name: a, namespace: shop,"));
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].starts_with("! file b.yaml: line 1: \"EndpointSlice shop/a-1\": is also in a.yaml"), "{told:?}");
    assert_eq!(pair.put("c.yaml", &silent("a", 1)), ["+ Service shop/a", "ok file b.yaml"]);
}

#[test]
fn one_of_two_objects_of_one_name_that_opts_in_is_enough() {
    let opted_in = |port| service("a", port).replace("name: a,", "name: a, namespace: shop,");
    for (first, second) in [(opted_in(1), silent("a", 2)), (silent("a", 1), opted_in(2))] {
        let mut pair = Pair::default();
        pair.put("a.yaml", &first);
        let told = pair.put("b.yaml", &second);
        assert_eq!(told.len(), 1, "{told:?}");
        // Beside a third one, neither of which takes part.
        let told = pair.put("c.yaml", &silent("a", 3));
        assert_eq!(told.len(), usize::from(first.contains("enabled")), "{told:?}");
    }
}

#[test]
fn a_file_that_gave_objects_and_is_a_template_now_is_told() {
    let mut pair = Pair::default();
    let template = "kind: Service\nmetadata:\n  name: {{ .Values.name }}\n";
    assert_eq!(pair.put("t.yaml", template), Vec::<String>::new());
    pair.put("x.yaml", &silent("a", 1));
    let told = pair.put("x.yaml", template);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("is a Helm template") && told[0].ends_with("what the file gave before stays)"),
        "{told:?}"
    );
    assert!(pair.1.files.values().flatten().all(|one| one.reason == Reason::Unparsable));
    assert_eq!(pair.1.objects.len(), 1);
}

#[test]
fn beside_what_takes_part_every_broken_document_is_told() {
    let mut pair = Pair::default();
    let told = pair.put("a.yaml", &format!("{}[not: closed", service("a", 1)));
    assert!(told.len() == 2 && told[1].starts_with("! file a.yaml: line 6: "), "{told:?}");
    let told = pair.put("b.yaml", &format!("{}---\n[not: closed", silent("b", 1)));
    assert_eq!(told, ["+ Service shop/b"]);
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
