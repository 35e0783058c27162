use crate::source::objects::names::{dns_label, dns_subdomain, label_value, port_name, qualified_name};

#[test]
fn dns_labels() {
    let long = "a".repeat(63);
    for good in ["a", "0", "cart", "4u", "a-b--c", long.as_str()] {
        assert_eq!(dns_label(good), Ok(()), "{good}");
    }
    let too_long = "a".repeat(64);
    for bad in ["", "-a", "a-", "Cart", "a.b", "a_b", "ä", "a b", "a\0", too_long.as_str()] {
        assert!(dns_label(bad).is_err(), "{bad}");
    }
}

#[test]
fn dns_subdomains() {
    let long = format!("{}.{}", "a".repeat(126), "b".repeat(126));
    for good in ["a", "a.b.c", "cart-x7k2p", "0.1", long.as_str()] {
        assert_eq!(dns_subdomain(good), Ok(()), "{good}");
    }
    let too_long = "a".repeat(254);
    for bad in ["", ".", "a.", ".a", "a..b", "a-.b", "A", "a/b", too_long.as_str()] {
        assert!(dns_subdomain(bad).is_err(), "{bad}");
    }
}

#[test]
fn names_of_container_ports() {
    for good in ["a", "grpc", "grpc-1", "0a", "abcdefghijklmno"] {
        assert_eq!(port_name(good), Ok(()), "{good}");
    }
    for bad in ["", "1", "a--b", "-a", "a-", "GRPC", "a.b", "abcdefghijklmnop"] {
        assert!(port_name(bad).is_err(), "{bad}");
    }
}

#[test]
fn qualified_names() {
    for good in ["h2c", "kubernetes.io/h2c", "example.com/My_App.1", "A"] {
        assert_eq!(qualified_name(good), Ok(()), "{good}");
    }
    for bad in ["", "/", "a/", "/a", "a/b/c", "Example.com/a", "-a", "a-", "a b"] {
        assert!(qualified_name(bad).is_err(), "{bad}");
    }
}

#[test]
fn values_of_labels() {
    for good in ["", "Cart_1.2-3", "a"] {
        assert_eq!(label_value(good), Ok(()), "{good}");
    }
    let too_long = "a".repeat(64);
    for bad in ["-", "a/b", "a b", ".a", too_long.as_str()] {
        assert!(label_value(bad).is_err(), "{bad}");
    }
}
