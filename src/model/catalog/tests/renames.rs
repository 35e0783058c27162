//! Ports that are renamed in place.

use super::*;

/// The Service `cart` whose port 80 has this name.
fn cart(name: &str) -> Converted {
    service_with("cart", &[ON], |service| service.ports[1].name = name.into())
}

fn slices(name: &str) -> Converted {
    slice("cart-1", "cart", &[("grpc", 1), (name, 2)], vec![ready("10.0.0.1")])
}

fn web(catalog: &mut Catalog) -> String {
    let changes = catalog.take_changes();
    assert!(changes.len() <= 1);
    shown(&catalog.merged[&key("cart")].endpoints[&80])
}

#[test]
fn the_endpoints_stay_until_the_slices_follow() {
    let mut catalog = catalog([cart("old"), slices("old")]);
    assert_eq!(web(&mut catalog), "10.0.0.1:2");
    catalog.apply(Event::Apply(cart("new")));
    assert_eq!(web(&mut catalog), "10.0.0.1:2");
    assert_eq!(&*catalog.merged[&key("cart")].service.ports[0].name, "new");
    let port = catalog.explain(&key("cart")).unwrap().ports.remove(1);
    assert_eq!(port.addresses.len(), 1, "what is served is what is explained");
    // They are those of the slices as they are now.
    catalog.apply(Event::Apply(slice("cart-1", "cart", &[("old", 2)], vec![ready("10.0.0.2")])));
    assert_eq!(web(&mut catalog), "10.0.0.2:2");
    catalog.apply(Event::Apply(slices("new")));
    assert_eq!(web(&mut catalog), "10.0.0.1:2");
    // They have followed; the old name is that of another port now, if of any.
    catalog.apply(Event::Apply(slices("old")));
    assert_eq!(web(&mut catalog), "");
    assert!(!catalog.end_renames(catalog.renames()));
}

#[test]
fn they_do_not_stay_for_ever() {
    let mut catalog = catalog([cart("old"), slices("old")]);
    catalog.take_changes();
    assert_eq!(catalog.renames(), 0);
    catalog.apply(Event::Apply(cart("new")));
    assert_eq!((web(&mut catalog), catalog.renames()), ("10.0.0.1:2".to_owned(), 1));
    assert!(!catalog.end_renames(0));
    assert_eq!(web(&mut catalog), "10.0.0.1:2");
    assert!(catalog.end_renames(1));
    assert_eq!(web(&mut catalog), "");
    catalog.apply(Event::Apply(slices("new")));
    assert_eq!(web(&mut catalog), "10.0.0.1:2");
}

#[test]
fn a_port_that_is_renamed_again_has_its_time_again() {
    let mut catalog = catalog([cart("old"), slices("old")]);
    catalog.take_changes();
    for (name, renames) in [("new", 1), ("newer", 2)] {
        catalog.apply(Event::Apply(cart(name)));
        assert_eq!((web(&mut catalog), catalog.renames()), ("10.0.0.1:2".to_owned(), renames), "{name}");
    }
    assert!(!catalog.end_renames(1));
    // Other changes of the Service are none of the name.
    catalog.apply(Event::Apply(service_with("cart", &[ON, ("num-retries", "3")], |service| {
        service.ports[1].name = "newer".into();
    })));
    assert_eq!(web(&mut catalog), "10.0.0.1:2");
    // Back to what the slices know, it isn't renamed any more.
    catalog.apply(Event::Apply(cart("old")));
    assert_eq!(web(&mut catalog), "10.0.0.1:2");
    assert!(!catalog.end_renames(2));
    assert_eq!(web(&mut catalog), "10.0.0.1:2");
}

#[test]
fn a_port_without_a_name_is_renamed_too() {
    let only = |name: &str| {
        service_with("cart", &[ON], |service| {
            service.ports = vec![object::Port { name: name.into(), number: 80, app_protocol: None }];
        })
    };
    for (old, new) in [("", "http"), ("http", "")] {
        let mut catalog = catalog([only(old), slice("cart-1", "cart", &[(old, 2)], vec![ready("10.0.0.1")])]);
        catalog.take_changes();
        catalog.apply(Event::Apply(only(new)));
        assert_eq!(web(&mut catalog), "10.0.0.1:2", "from {old} to {new}");
    }
}

#[test]
fn another_number_is_another_port() {
    let mut catalog = catalog([cart("old"), slices("old")]);
    catalog.take_changes();
    catalog.apply(Event::Apply(service_with("cart", &[ON], |service| {
        service.ports[1] = object::Port { name: "new".into(), number: 81, app_protocol: None };
    })));
    catalog.take_changes();
    assert_eq!(shown(&catalog.merged[&key("cart")].endpoints[&81]), "");
    assert_eq!(catalog.renames(), 0);
}

#[test]
fn a_name_that_the_slices_have_already_is_no_reason_to_wait() {
    let both = slice("cart-1", "cart", &[("old", 2), ("new", 3)], vec![ready("10.0.0.1")]);
    let mut catalog = catalog([cart("old"), both]);
    catalog.take_changes();
    catalog.apply(Event::Apply(cart("new")));
    assert_eq!(web(&mut catalog), "10.0.0.1:3");
    assert!(!catalog.end_renames(u64::MAX));
}

#[test]
fn a_service_that_goes_takes_its_names_along() {
    let mut catalog = catalog([cart("old"), slices("old")]);
    catalog.take_changes();
    catalog.apply(Event::Apply(cart("new")));
    catalog.take_changes();
    catalog.apply(Event::Apply(service("cart", &[])));
    assert_eq!(changed(&mut catalog), ["-cart"]);
    catalog.apply(Event::Apply(cart("new")));
    assert_eq!(web(&mut catalog), "");
}
