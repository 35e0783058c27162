use super::*;

fn error(text: &str) -> (u64, String) {
    parse(text).unwrap_err()
}

#[test]
fn an_empty_file_says_nothing() {
    for empty in ["", "# nothing\n", "---\n", "null\n", "{}\n"] {
        assert_eq!(parse(empty), Ok(Layer::default()), "{empty:?}");
    }
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_one() {
    assert_eq!(
        error("xds-listen: 0.0.0.0:1\nadmin-lsten: 0.0.0.0:2\n"),
        (2, "unknown key \"admin-lsten\"; did you mean \"admin-listen\"?".to_owned())
    );
    assert_eq!(
        error("fleets:\n  edge:\n    listner: 0.0.0.0:2\n"),
        (3, "unknown key \"listner\"; did you mean \"listener\"?".to_owned())
    );
    assert_eq!(error("xds_listen: 0.0.0.0:1\n").1, "unknown key \"xds_listen\"; did you mean \"xds-listen\"?");
    let (line, message) = error("\n\nzzz: 1\n");
    assert_eq!(line, 3);
    assert!(message.starts_with("unknown key \"zzz\"; expected one of source, manifests, "), "{message}");
}

#[test]
fn a_bad_value_is_named_with_its_line_and_what_is_expected() {
    assert_eq!(
        error("source: manifests\nxds-listen: here\n"),
        (
            2,
            "\"here\": not an address to listen at; expected an IP and a port, as 0.0.0.0:18000 or [::1]:18000"
                .to_owned()
        )
    );
    assert_eq!(error("log-format: xml\n"), (1, "\"xml\" isn't accepted here; expected one of text, json".to_owned()));
    let (line, message) = error("shutdown-grace: 10\n");
    assert_eq!(line, 1);
    assert!(message.contains("expected a number and a unit"), "{message}");
    let (line, message) = error("cluster-domain: k8s\nallow-loopback-endpoints: maybe\n");
    assert_eq!(line, 2, "{message}");
    let (line, message) = error("cluster-domain: k8s\nnamespace: {a: b}\n");
    assert_eq!(line, 2, "{message}");
}

#[test]
fn a_key_that_is_there_twice_is_refused() {
    assert_eq!(
        error("cluster-domain: a\ncluster-domain: b\n"),
        (2, "the key \"cluster-domain\" is there twice".to_owned())
    );
}

#[test]
fn what_is_not_a_map_is_refused() {
    for text in ["- xds-listen\n", "just words\n", "a: [\n", "\u{1}\u{2}", "a: b: c\n", "xds-listen"] {
        let (line, message) = error(text);
        assert!(line >= 1 && !message.is_empty(), "{text:?}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}

#[test]
fn a_namespace_may_stand_alone_or_in_a_list() {
    let namespaces = |text| parse(text).unwrap().namespace.unwrap();
    assert_eq!(namespaces("namespace: shop\n"), ["shop"]);
    assert_eq!(namespaces("namespace: [shop, bank]\n"), ["shop", "bank"]);
}
