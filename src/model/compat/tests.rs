use std::sync::LazyLock;

use super::*;
use crate::model::{ObjectRef, Reason, settings};

mod ambassador;
mod bad_input;
mod contour;
mod linkerd;
mod lmwn;
mod product;

/// The annotations of `shop/cart` translated: `name=text`, and what is said, without the name of the Service.
fn translated(compat: impl Into<Compat>, pairs: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let annotations = pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    told(translate(compat.into(), subject(&annotations, None), Mappings::Own))
}

/// `shop/cart` with these annotations and ports.
fn subject<'a>(annotations: &'a BTreeMap<String, String>, ports: Option<&'a [Port]>) -> Subject<'a> {
    static CART: LazyLock<Key> = LazyLock::new(|| Key::new("shop", "cart"));
    Subject { key: &CART, annotations, ports, external_name: false }
}

fn told(translation: Translation) -> (Vec<String>, Vec<String>) {
    let Translation { settings, rejected, unreadable: _ } = translation;
    let settings = settings.into_iter().map(|TranslatedSetting { name, text, place: _, items: _, expected: _ }| {
        let key = name.split('.').next().unwrap();
        assert!(settings::Setting::find(key).is_some(), "{key} is no setting of ours");
        format!("{name}={text}")
    });
    let settings = settings.collect();
    let said = rejected.iter().map(|one| {
        let text = one.to_string();
        let severity = if one.reason == Reason::UnknownAnnotation { "warning" } else { "error" };
        format!("{severity}: {}", text.strip_prefix("Service shop/cart: metadata.annotations").unwrap_or(&text))
    });
    (settings, said.collect())
}

/// A table of one product: annotations below its prefix, what they come to, and what is said of them.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str], &'a [&'a str]);

fn check(product: Product, prefix: &str, cases: &[Case<'_>]) {
    for (pairs, settings, said) in cases {
        let named: Vec<(String, &str)> = pairs.iter().map(|(name, text)| (format!("{prefix}{name}"), *text)).collect();
        let borrowed: Vec<(&str, &str)> = named.iter().map(|(name, text)| (name.as_str(), *text)).collect();
        let (is, tells) = translated(product, &borrowed);
        assert_eq!(is, *settings, "{pairs:?}");
        assert_eq!(tells, *said, "{pairs:?}");
        // Nobody who didn't ask for it gets it.
        for other in Product::ALL.into_iter().filter(|other| *other != product) {
            assert_eq!(translated(other, &borrowed), (vec![], vec![]), "{other}: {pairs:?}");
        }
        assert_eq!(translated(Compat::default(), &borrowed), (vec![], vec![]));
    }
}

#[test]
fn of_two_products_the_first_has_a_setting_and_the_other_is_told() {
    let pairs = [
        ("retry.linkerd.io/limit", "3"),
        ("xds.lmwn.com/retry-count", "2"),
        ("retry.linkerd.io/grpc", "internal"),
        ("xds.lmwn.com/retry-status", "internal"),
    ];
    let (settings, said) = translated(Compat::ALL, &pairs);
    assert_eq!(settings, ["num-retries=2", "retry-on=internal"]);
    assert_eq!(
        said,
        ["warning: [retry.linkerd.io/limit]: \"3\": contradicts xds.lmwn.com/retry-count, which has the same setting \
          here (chancery.dev/num-retries is 2)"]
    );
}

#[test]
fn annotations_of_nobody_are_nobodys_business() {
    let pairs = [
        ("config.linkerd.io/opaque-ports", "80"),
        ("linkerd.io/inject", "enabled"),
        ("getambassador.io/resource-changed", "yes"),
        ("projectcontour.io", "x"),
        ("xds.lmwn.com", "x"),
        ("retry.linkerd.io", "x"),
        ("example.org/a", "x"),
    ];
    assert_eq!(translated(Compat::ALL, &pairs), (vec![], vec![]));
}

#[test]
fn the_page_knows_every_annotation() {
    let page = include_str!("../../../docs/compatibility.md");
    let names = super::lmwn::KEYS.into_iter().chain(super::contour::LIMITS).chain(Product::ALL.map(Product::as_str));
    let absent: Vec<_> = names.filter(|name| !page.contains(name)).collect();
    assert_eq!(absent, [""; 0]);
}
