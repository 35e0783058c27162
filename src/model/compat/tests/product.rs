use super::*;

#[test]
fn a_word_is_a_product_or_all() {
    for product in Product::ALL {
        let compat: Compat = product.as_str().parse().unwrap();
        for other in Product::ALL {
            assert_eq!(compat.reads(other), other == product);
            assert!(Compat::ALL.reads(other));
            assert!(!Compat::default().reads(other));
        }
    }
    assert_eq!(" all ".parse(), Ok(Compat::ALL));
    assert_eq!("".parse(), Ok(Compat::default()));
}

#[test]
fn a_typo_names_the_nearest() {
    let huge = "x".repeat(1_000_000);
    let cases = [
        ("linkerd.oi", Some("linkerd.io")),
        ("LINKERD.IO", Some("linkerd.io")),
        ("Emissary", Some("getambassador.io")),
        ("ambassador", Some("getambassador.io")),
        ("wongnai", Some("xds.lmwn.com")),
        ("projectcontour", Some("projectcontour.io")),
        ("contour", Some("projectcontour.io")),
        ("al", Some("all")),
        ("none", None),
        ("größe", None),
        (&huge, None),
    ];
    for (word, near) in cases {
        let message = word.parse::<Compat>().unwrap_err().to_string();
        let near = near.map(|near| format!(" (did you mean {near}?)")).unwrap_or_default();
        let end = format!(
            "is no product whose annotations can be read{near}; expected xds.lmwn.com, projectcontour.io, linkerd.io, \
             getambassador.io or all"
        );
        assert!(message.ends_with(&end) && message.len() < 400, "{message}");
    }
}
