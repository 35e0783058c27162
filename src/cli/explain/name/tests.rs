use super::*;

#[test]
fn every_name_of_a_service_is_taken() {
    for text in [
        "cart.shop",
        "cart.shop.",
        "cart.shop.svc",
        "cart.shop.svc.",
        "cart.shop.svc.cluster.local",
        "cart.shop.svc.corp.",
    ] {
        assert_eq!(text.parse(), Ok(ServiceName(Key::new("shop", "cart"))), "{text}");
    }
}

#[test]
fn anything_else_is_told_what_was_expected() {
    let long = "c".repeat(64);
    let cases = [
        ("", "no namespace; expected SERVICE.NAMESPACE, as in cart.default"),
        ("cart", "no namespace; expected SERVICE.NAMESPACE, as in cart.default"),
        ("mail", "no namespace; expected SERVICE.NAMESPACE, as in mail.default"),
        ("shop/cart", "expected SERVICE.NAMESPACE, which is cart.shop"),
        ("shop/cart/50051", "expected SERVICE.NAMESPACE, as in cart.shop"),
        ("cart.shop.pod", "expected nothing after SERVICE.NAMESPACE but .svc and the cluster's domain"),
        ("cart.shop.svc..", "expected nothing after"),
        (".shop", "the Service's name is not a DNS label; expected 1 to 63 characters a-z"),
        ("cart.", "no namespace"),
        ("cart..", "the Namespace's name is not a DNS label"),
        ("cart.shop:50051", "the Namespace's name is not a DNS label"),
        ("größe.shop", "the Service's name is not a DNS label"),
        ("\u{1F980}.\u{1F980}", "the Service's name is not a DNS label"),
        ("Cart.shop", "the Service's name is not a DNS label"),
        ("cart.sh op", "the Namespace's name is not a DNS label"),
        (&format!("{long}.shop"), "the Service's name is not a DNS label"),
    ];
    for (text, expected) in cases {
        let error = text.parse::<ServiceName>().unwrap_err();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}
