use super::*;

#[test]
fn a_cluster_is_called_after_its_service_and_port() {
    assert_eq!(&*cluster(&Key::new("shop", "cart"), 50051), "shop/cart/50051");
}

#[test]
fn the_authority_of_a_port_is_a_domain_of_it() {
    let key = Key::new("shop", "Cart");
    assert_eq!(authority(&key, 50051), "cart.shop:50051");
    assert!(domains(&key, 50051, false, "cluster.local").contains(&authority(&key, 50051).into()));
}

#[test]
fn the_default_port_is_reached_without_its_number_too() {
    let domains = domains(&Key::new("shop", "cart"), 50051, true, "cluster.local");
    assert_eq!(
        domains.iter().map(AsRef::as_ref).collect::<Vec<&str>>(),
        [
            "cart.shop:50051",
            "cart.shop.svc:50051",
            "cart.shop.svc.cluster.local:50051",
            "cart.shop",
            "cart.shop.svc",
            "cart.shop.svc.cluster.local",
        ]
    );
}

#[test]
fn another_port_is_reached_with_its_number_only() {
    let domains = domains(&Key::new("shop", "cart"), 9090, false, "Example.Org");
    assert_eq!(
        domains.iter().map(AsRef::as_ref).collect::<Vec<&str>>(),
        ["cart.shop:9090", "cart.shop.svc:9090", "cart.shop.svc.example.org:9090"]
    );
}
