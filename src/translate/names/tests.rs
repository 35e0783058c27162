use super::*;

#[test]
fn a_cluster_is_called_after_its_service_and_port() {
    assert_eq!(&*cluster(&Key::new("shop", "cart"), 50051), "shop/cart/50051");
}

#[test]
fn the_authority_of_a_port_is_a_domain_of_it() {
    let key = Key::new("shop", "Cart");
    assert_eq!(authority(&key, 50051), "cart.shop:50051");
    assert!(numbered(&key, 50051, "cluster.local").contains(&authority(&key, 50051).into()));
}

#[test]
fn default_ports_are_reached_without_a_number() {
    let bare = bare(&Key::new("shop", "cart"), "cluster.local");
    assert_eq!(
        bare.iter().map(AsRef::as_ref).collect::<Vec<&str>>(),
        ["cart.shop", "cart.shop.svc", "cart.shop.svc.cluster.local"]
    );
}

#[test]
fn each_port_is_reached_with_its_number() {
    let numbered = numbered(&Key::new("shop", "cart"), 9090, "Example.Org");
    assert_eq!(
        numbered.iter().map(AsRef::as_ref).collect::<Vec<&str>>(),
        ["cart.shop:9090", "cart.shop.svc:9090", "cart.shop.svc.example.org:9090"]
    );
}
