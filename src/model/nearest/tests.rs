use super::*;

fn nearest(wanted: &str, known: &[&str]) -> Option<String> {
    let key = |text: &str| {
        let (name, namespace) = text.split_once('.').unwrap();
        Key::new(namespace, name)
    };
    let mut nearest = NearestService::new(key(wanted));
    for known in known {
        nearest.consider(&key(known));
    }
    nearest.found().map(|key| spoken(&key))
}

#[test]
fn the_most_similar_name_is_near_and_the_same_name_elsewhere_too() {
    let known = ["cart.shop", "card.bank", "checkout.shop", "mail.default"];
    let cases = [
        ("crat.shop", Some("cart.shop")),
        ("cart.shpo", Some("cart.shop")),
        ("cart.production", Some("cart.shop")),
        ("card.shop", Some("cart.shop")),
        ("checkuot.shop", Some("checkout.shop")),
        ("something-else.entirely", None),
        ("größe.ñ", None),
        (&format!("{}.shop", "c".repeat(1_000_000)), None),
    ];
    for (wanted, expected) in cases {
        assert_eq!(nearest(wanted, &known).as_deref(), expected, "{wanted:.80}");
    }
    assert_eq!(nearest("cart.shop", &[]), None);
}
