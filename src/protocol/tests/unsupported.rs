//! Unsupported resource types, and the one that is served in its own way: secrets.

use super::world::{World, sent};
use crate::protocol::{NameList, NotFoundResponse, Variant};
use crate::xds::ResourceType::Secret;

const RUNTIME: &str = "type.googleapis.com/envoy.service.runtime.v3.Runtime";
const VIRTUAL_HOST: &str = "type.googleapis.com/envoy.config.route.v3.VirtualHost";

fn names(world: &mut World) -> Option<(Vec<String>, String)> {
    let response = world.session.poll_unsupported()?;
    Some((response.names.iter().map(ToString::to_string).collect(), response.nonce))
}

#[test]
fn b07_names_of_an_unsupported_type_are_absent_once_each() {
    let mut world = World::new(Variant::Delta);
    world.session.on_unsupported(RUNTIME, "", &["b", "a", "b", "*"].iter().collect(), &NameList::default());
    let (absent, nonce) = names(&mut world).unwrap();
    assert_eq!(absent, ["a", "b"]);
    // One response is in flight; what comes meanwhile waits for its ACK.
    world.session.on_unsupported(RUNTIME, "", &["c", "d"].iter().collect(), &["d"].iter().collect());
    assert_eq!(names(&mut world), None);
    world.session.on_unsupported(RUNTIME, "some other", &NameList::default(), &NameList::default());
    assert_eq!(names(&mut world), None);
    world.session.on_unsupported(RUNTIME, &nonce, &NameList::default(), &NameList::default());
    let (absent, second) = names(&mut world).unwrap();
    assert_eq!(absent, ["c"]);
    assert_ne!(nonce, second);
    world.session.on_unsupported(RUNTIME, &second, &NameList::default(), &NameList::default());
    assert_eq!(names(&mut world), None);
}

#[test]
fn b07_a_client_cannot_make_us_remember_types_without_end() {
    let mut world = World::new(Variant::Delta);
    for n in 0..100 {
        world.session.on_unsupported(&format!("type{n}"), "", &["a"].iter().collect(), &NameList::default());
    }
    let responses = std::iter::from_fn(|| world.session.poll_unsupported()).count();
    assert_eq!(responses, 16);
}

#[test]
fn b07_nor_names_of_a_type_whose_answers_it_never_takes() {
    let mut world = World::new(Variant::Delta);
    let mut from = 0;
    while !world.session.is_excessive() {
        let names: Vec<String> = (from..from + 300_000).map(|n| format!("name-{n}")).collect();
        world.session.on_unsupported(RUNTIME, "", &names.iter().collect(), &NameList::default());
        world.session.poll_unsupported();
        from += 300_000;
        assert!(from < 3_000_000, "never too many");
    }
}

#[test]
fn d12_virtual_hosts_are_unresolved_aliases() {
    let mut world = World::new(Variant::Delta);
    world.session.on_unsupported(VIRTUAL_HOST, "", &["http/a.example"].iter().collect(), &NameList::default());
    world.session.on_unsupported(RUNTIME, "", &["a"].iter().collect(), &NameList::default());
    let responses: Vec<_> = std::iter::from_fn(|| world.session.poll_unsupported()).collect();
    let of_aliases: Vec<bool> = responses.iter().map(NotFoundResponse::is_of_aliases).collect();
    assert_eq!(of_aliases, [true, false]);
}

#[test]
fn o03_secrets_are_only_for_those_who_name_them_and_d10_are_never_removed() {
    let mut world = World::new(Variant::Delta);
    world.put(Secret, &["a=1", "b=1"]);
    world.changes(Secret, "", &["*", "a", "missing"], &[]);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Secret, &["a=1"], &[]));
    world.changes(Secret, &nonce, &[], &[]);
    world.put(Secret, &["a=rotated"]);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Secret, &["a=rotated"], &[]));
    world.changes(Secret, &nonce, &[], &[]);
    world.remove(Secret, &["a"]);
    world.silent();

    let mut world = World::new(Variant::Sotw);
    world.put(Secret, &["a=1", "b=1"]);
    world.names(Secret, "", &[]);
    world.names(Secret, "", &["*"]);
    world.silent();
    world.names(Secret, "", &["*", "b"]);
    assert_eq!(world.response().0, sent(Secret, &["b=1"], &[]));
}

#[test]
fn o03_a_secret_that_comes_back_is_sent_again() {
    for variant in [Variant::Delta, Variant::Sotw] {
        let mut world = World::new(variant);
        let ask = |world: &mut World, nonce: &str, names: &[&str]| match variant {
            Variant::Delta => world.changes(Secret, nonce, if nonce.is_empty() { names } else { &[] }, &[]),
            Variant::Sotw => world.names(Secret, nonce, names),
        };
        world.put(Secret, &["a=1"]);
        ask(&mut world, "", &["a", "b", "c"]);
        let (response, first) = world.response();
        assert_eq!(response, sent(Secret, &["a=1"], &[]));
        world.put(Secret, &["b=1", "c=1"]).remove(Secret, &["a"]);
        ask(&mut world, &first, &["a", "b", "c"]);
        let (response, second) = world.response();
        assert_eq!(response, sent(Secret, &["b=1", "c=1"], &[]));
        world.put(Secret, &["a=1", "b=2"]);
        ask(&mut world, &second, &["a", "b", "c"]);
        assert_eq!(world.response().0, sent(Secret, &["a=1", "b=2"], &[]));
    }
}
