//! Lists of domains.

use super::*;

#[test]
fn domains() {
    let label = "a".repeat(63);
    let long = format!("{label}.{label}.{label}.{label}");
    let good = [
        "localhost",
        "a",
        "a.b",
        "xn--bcher-kva.example",
        "*.example.com",
        "*.com",
        "*.a:1",
        "10.0.0.1",
        "10.0.0.1:80",
        "[::1]",
        "[2001:db8::1]:8080",
        "a.b:65535",
        "1a.2b",
        &label,
        "1.example",
    ];
    for domain in good {
        let (hosts, faults) = domain::list(domain);
        assert_eq!((hosts, faults), (set(&[domain]), vec![]), "{domain}");
    }
    let bad = [
        "*.",
        "*.*",
        "a*",
        "*a.b",
        "a.*",
        "*.10.0.0.1",
        ".",
        ".a",
        "a..",
        "a..b",
        "-a",
        "a-",
        "a_b",
        "a b",
        "ä.example",
        "http://a",
        "a/b",
        "a:",
        "a:0",
        "a:65536",
        "a:+1",
        "a:b",
        "a:1:2",
        "::1",
        "[::1",
        "[]",
        "[10.0.0.1]",
        "10.0.0.256",
        "10.0.1",
        "1",
        ":80",
        &format!("{label}a"),
        &long,
        "a\0",
    ];
    for domain in bad {
        let (hosts, faults) = domain::list(domain);
        assert_eq!((hosts.len(), faults.len()), (0, 1), "{domain}");
    }
}

#[test]
fn a_dot_at_the_end_of_a_host_is_dropped() {
    let domains = |text: &str| effect("hosts", text).policy.hosts;
    assert_eq!(
        domains("a.example., *.b.example., c.example.:8080"),
        set(&["a.example", "*.b.example", "c.example:8080"])
    );
    assert_eq!(domain::list("a.example..").1.len(), 1);
}

#[test]
fn a_bad_domain_costs_only_itself() {
    let (settings, rejected) = parse(&[("hosts", "a.example, *.*, b_c.example ,d.example")]);
    let text: Vec<String> = rejected.iter().map(ToString::to_string).collect();
    let expected = "expected a list of domains such as shop.example.com, *.example.com or shop.example.com:8080 (the rest \
                    of the list stays)";
    let start = "Service shop/cart: metadata.annotations[chancery.dev/hosts]";
    assert_eq!(
        text,
        [
            format!("{start}: \"*.*\": not a domain; {expected}"),
            format!("{start}: \"b_c.example\": not a domain; {expected}"),
        ]
    );
    assert!(settings.bad.is_empty());
    assert_eq!(
        effect("hosts", "a.example, *.*, b_c.example ,d.example").policy.hosts,
        set(&["a.example", "d.example"])
    );
}

#[test]
fn a_list_of_bad_domains_only_is_bad_as_a_whole_and_not_told_endlessly() {
    let (settings, rejected) = parse(&[("hosts", &"_,".repeat(1000))]);
    assert_eq!(settings.good, BTreeMap::new());
    assert_eq!(settings.bad.len(), 1);
    assert_eq!(rejected.len(), 11);
    assert!(rejected[10].message.starts_with("990 more domains of this list can't be used either; "));
    assert_eq!(rejected[10].meanwhile, "the default, none, stays");
}
