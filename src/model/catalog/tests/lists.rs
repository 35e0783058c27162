//! Complete lists, and what comes between.

use super::*;

#[test]
fn it_is_complete_once_every_kind_was_listed() {
    let mut catalog = Catalog::default();
    for kind in Kind::ALL {
        assert!(!catalog.is_complete());
        catalog.apply(Event::InitDone(kind));
        assert!(!catalog.is_complete(), "an end without its beginning is no list");
        list(&mut catalog, kind, []);
    }
    assert!(catalog.is_complete());
    catalog.apply(Event::Init(Kind::Service));
    assert!(catalog.is_complete(), "what is listed again was known before");
}

#[test]
fn a_list_counts_only_when_it_is_complete() {
    let mut catalog = catalog([service("old", &[ON])]);
    assert_eq!(changed(&mut catalog), ["old"]);
    catalog.apply(Event::Init(Kind::Service));
    catalog.apply(Event::InitApply(service("new", &[ON])));
    assert_eq!(changed(&mut catalog), [""; 0]);
    catalog.apply(Event::InitDone(Kind::Service));
    assert_eq!(changed(&mut catalog), ["new", "-old"]);
}

#[test]
fn a_relist_gives_only_the_net_difference() {
    let slices = |last: &str| {
        ["a", "b", "c"].map(|name| {
            let address = if name == "c" { last } else { "10.0.0.1" };
            slice(&format!("{name}-1"), name, &[("web", 1)], vec![ready(address)])
        })
    };
    let services = ["a", "b", "c"].map(|name| service(name, &[ON]));
    let mut catalog = Catalog::default();
    list(&mut catalog, Kind::Service, services.clone());
    list(&mut catalog, Kind::EndpointSlice, slices("10.0.0.1"));
    assert_eq!(changed(&mut catalog), ["a", "b", "c"]);
    list(&mut catalog, Kind::Service, services.clone());
    list(&mut catalog, Kind::EndpointSlice, slices("10.0.0.2"));
    assert_eq!(
        catalog.moved.iter().map(|key| &*key.name).collect::<Vec<_>>(),
        ["c"],
        "the others aren't even looked at"
    );
    assert_eq!(catalog.dirty, BTreeSet::new(), "no settings have changed");
    assert_eq!(changed(&mut catalog), ["c"]);
    list(&mut catalog, Kind::EndpointSlice, slices("10.0.0.2").into_iter().skip(1));
    list(&mut catalog, Kind::Service, services.into_iter().take(2));
    assert_eq!(changed(&mut catalog), ["a", "-c"]);
}

#[test]
fn an_object_that_cannot_be_used_keeps_what_was_known_through_a_relist() {
    let (cart, gone) = (service("cart", &[ON]), service("gone", &[ON]));
    let mut catalog = catalog([cart.clone(), gone.clone()]);
    assert_eq!(changed(&mut catalog), ["cart", "gone"]);
    list(&mut catalog, Kind::Service, [broken(&cart)]);
    assert_eq!(changed(&mut catalog), ["-gone"]);
    list(&mut catalog, Kind::Service, [broken(&cart)]);
    assert_eq!(changed(&mut catalog), [""; 0], "twice");
    assert_eq!(catalog.rejected().count(), 1);
    list(&mut catalog, Kind::Service, []);
    assert_eq!(changed(&mut catalog), ["-cart"]);
    assert_eq!(catalog.rejected().count(), 0);
    list(&mut catalog, Kind::Service, [broken(&cart)]);
    assert_eq!(changed(&mut catalog), [""; 0], "what was deleted in between isn't remembered");
}

#[test]
fn changes_during_a_list_count_at_once_and_outlive_it() {
    let mut catalog = catalog([service("a", &[ON]), service("b", &[ON])]);
    assert_eq!(changed(&mut catalog), ["a", "b"]);
    catalog.apply(Event::Init(Kind::Service));
    catalog.apply(Event::InitApply(service("a", &[ON])));
    catalog.apply(Event::InitApply(service("b", &[ON])));
    catalog.apply(Event::Apply(service("c", &[ON])));
    catalog.apply(Event::Delete(ObjectRef::service(&key("b"))));
    assert_eq!(changed(&mut catalog), ["-b", "c"]);
    catalog.apply(Event::InitDone(Kind::Service));
    assert_eq!(changed(&mut catalog), [""; 0]);
}

#[test]
fn a_list_that_begins_again_forgets_its_first_try() {
    let mut catalog = catalog([service("a", &[ON])]);
    catalog.apply(Event::Init(Kind::Service));
    catalog.apply(Event::InitApply(service("b", &[ON])));
    list(&mut catalog, Kind::Service, [service("c", &[ON])]);
    assert_eq!(changed(&mut catalog), ["c"]);
}
