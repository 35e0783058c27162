//! Whatever happened before: the catalog holds what a fresh one would that saw only the outcome.
//!
//! Annotations here are good ones only: a bad one leaves the last good value in force, which a fresh catalog can't know.

use proptest::prelude::*;

use super::*;

/// What happens; the numbers choose one of a few names and variants, so that events meet.
#[derive(Debug, Clone)]
enum Step {
    Change(Change),
    /// A list of a kind, other changes coming in between, perhaps never finished.
    List {
        kind: Kind,
        items: Vec<Change>,
        finished: bool,
    },
    Take,
}

#[derive(Debug, Clone)]
struct Change {
    kind: Kind,
    name: usize,
    /// `None`: deleted.
    variant: Option<usize>,
    /// In a list: it isn't part of it, but happens meanwhile.
    meanwhile: bool,
}

const NAMES: [&str; 3] = ["a", "b", "c"];

fn id(kind: Kind, name: usize) -> ObjectRef {
    match kind {
        Kind::Namespace => ObjectRef::Object(kind, Key::new("", ["shop", "shop2", "shop3"][name])),
        Kind::Service | Kind::EndpointSlice | Kind::Pod => ObjectRef::Object(kind, key(NAMES[name])),
    }
}

fn object(kind: Kind, name: usize, variant: usize) -> Converted {
    let mut converted = match kind {
        Kind::Namespace => namespace(
            [
                &[][..],
                &[ON],
                &[("num-retries", "4")],
                &[ON, ("hosts", "h")],
                &[("lb-policy.web", "least-request")],
                &[],
                &[ON, ("timeout.renamed", "3s")],
            ][variant],
        ),
        Kind::Service => match variant {
            0 => service(NAMES[name], &[]),
            1 => service(NAMES[name], &[ON]),
            2 => service(NAMES[name], &[("enabled.web", "true"), ("num-retries.nowhere", "3")]),
            3 => service_with(NAMES[name], &[ON], |service| {
                service.publish_not_ready = true;
                service.traffic.first_family = object::IpFamily::V6;
                service.ports[1].name = "renamed".into();
            }),
            4 => service_with(NAMES[name], &[ON], |service| service.external_name = true),
            _ => broken(&service(NAMES[name], &[])),
        },
        Kind::EndpointSlice => {
            let of =
                |service: usize, endpoints| slice(NAMES[name], NAMES[service], &[("web", 1), ("grpc", 2)], endpoints);
            match variant {
                0 => of(name, vec![of_pod(ready("10.0.0.1"), "a"), not_ready("10.0.0.2")]),
                1 => of(name, vec![draining("10.0.0.1"), of_pod(ready("fd00::1"), "b")]),
                2 => of(0, vec![draining("10.0.0.1")]),
                3 => slice(
                    NAMES[name],
                    NAMES[1],
                    &[("renamed", 1), ("grpc", 2)],
                    vec![of_pod(ready("10.0.0.2"), "c"), of_pod(draining("10.0.0.1"), "a")],
                ),
                6 => of(name, vec![of_pod(draining("fd00::2"), "a"), of_pod(not_ready("fd00::3"), "c")]),
                4 => {
                    let mut partly = of(name, vec![]);
                    partly.rejected.push(complaint(&partly.id, Reason::InvalidEndpoint));
                    partly
                }
                _ => broken(&of(name, vec![])),
            }
        }
        Kind::Pod => pod(NAMES[name], u32::try_from(variant).unwrap() + 1),
    };
    converted.id = id(kind, name);
    converted
}

fn change() -> impl Strategy<Value = Change> {
    let variant = prop_oneof![4 => (0_usize..7).prop_map(Some), 1 => Just(None)];
    (prop::sample::select(Kind::ALL.to_vec()), 0..NAMES.len(), variant, prop::bool::weighted(0.2))
        .prop_map(|(kind, name, variant, meanwhile)| Change { kind, name, variant, meanwhile })
}

fn step() -> impl Strategy<Value = Step> {
    let list =
        (prop::sample::select(Kind::ALL.to_vec()), prop::collection::vec(change(), 0..6), prop::bool::weighted(0.8))
            .prop_map(|(kind, items, finished)| Step::List { kind, items, finished });
    prop_oneof![5 => change().prop_map(Step::Change), 2 => list, 2 => Just(Step::Take)]
}

type World = BTreeMap<ObjectRef, Converted>;

/// What remains known after an object came: its outcome, or, if it can't be used, what was known of it.
fn remember(world: &mut World, known: &World, converted: &Converted) {
    let before = world.get(&converted.id).or_else(|| known.get(&converted.id)).and_then(|before| before.object.clone());
    let converted = Converted { object: converted.object.clone().or(before), ..converted.clone() };
    world.insert(converted.id.clone(), converted);
}

/// Changes the catalog and the world that it should come to, in which a list is a world of its own until it ends.
fn happen(catalog: &mut Catalog, world: &mut World, change: &Change) -> Option<Converted> {
    let id = id(change.kind, change.name);
    let Some(variant) = change.variant else {
        catalog.apply(Event::Delete(id.clone()));
        world.remove(&id);
        return None;
    };
    let converted = object(change.kind, change.name, variant);
    catalog.apply(Event::Apply(converted.clone()));
    let known = world.clone();
    remember(world, &known, &converted);
    world.get(&id).cloned()
}

fn happen_list(catalog: &mut Catalog, world: &mut World, kind: Kind, items: &[Change], finished: bool) {
    let of_kind = |id: &ObjectRef| matches!(id, ObjectRef::Object(of, _) if *of == kind);
    let mut listed = World::new();
    catalog.apply(Event::Init(kind));
    for item in items {
        if item.meanwhile || item.kind != kind {
            let outcome = happen(catalog, world, item);
            if item.kind == kind {
                listed.remove(&id(kind, item.name));
                listed.extend(outcome.map(|converted| (converted.id.clone(), converted)));
            }
        } else if let Some(variant) = item.variant {
            let converted = object(kind, item.name, variant);
            catalog.apply(Event::InitApply(converted.clone()));
            remember(&mut listed, world, &converted);
        }
    }
    if finished {
        catalog.apply(Event::InitDone(kind));
        world.retain(|id, _| !of_kind(id));
        world.extend(listed);
    } else {
        // The source loses its watch and begins again.
        catalog.apply(Event::Init(kind));
        for converted in world.values().filter(|converted| of_kind(&converted.id)) {
            catalog.apply(Event::InitApply(converted.clone()));
        }
        catalog.apply(Event::InitDone(kind));
    }
}

fn take(catalog: &mut Catalog, clients: &mut BTreeMap<Key, Entry>) {
    for (key, entry) in catalog.take_changes() {
        let before = clients.remove(&key);
        assert_ne!(before, entry, "{key} was told to have changed");
        clients.extend(entry.map(|entry| (key, entry)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_history_comes_to_the_same_as_its_outcome(steps in prop::collection::vec(step(), 0..40)) {
        let (mut catalog, mut world, mut clients) = (Catalog::default(), World::new(), BTreeMap::new());
        for step in &steps {
            let before = (catalog.rejections(), catalog.rejected().cloned().collect::<Vec<_>>());
            match step {
                Step::Change(change) => drop(happen(&mut catalog, &mut world, change)),
                Step::List { kind, items, finished } => happen_list(&mut catalog, &mut world, *kind, items, *finished),
                Step::Take => take(&mut catalog, &mut clients),
            }
            prop_assert!(catalog.rejections() != before.0 || catalog.rejected().eq(&before.1));
        }
        take(&mut catalog, &mut clients);
        // For a time it matters what a port was called before.
        catalog.end_renames(catalog.renames());
        take(&mut catalog, &mut clients);

        let mut fresh = Catalog::default();
        for kind in Kind::ALL {
            let of_kind = world.values().filter(|converted| matches!(&converted.id, ObjectRef::Object(of, _) if *of == kind));
            list(&mut fresh, kind, of_kind.cloned());
        }
        let mut at_once = BTreeMap::new();
        take(&mut fresh, &mut at_once);
        prop_assert!(fresh.is_complete());
        prop_assert_eq!(clients, at_once);
        prop_assert_eq!(catalog.rejected().collect::<Vec<_>>(), fresh.rejected().collect::<Vec<_>>());
    }
}
