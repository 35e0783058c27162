//! Text in `getambassador.io/config` that nobody should have written.

use std::fmt::Write as _;

use super::*;
use crate::model::Location;

fn config(text: &str) -> Translation {
    let annotations = BTreeMap::from([("getambassador.io/config".to_owned(), text.to_owned())]);
    translate(Product::Ambassador.into(), subject(&annotations, None), Mappings::Own)
}

/// Nests aliases so that they expand to `10^depth` words.
fn bomb(depth: usize) -> String {
    let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for i in 1..depth {
        let alias = format!("*a{}", i - 1);
        writeln!(text, "a{i}: &a{i} [{}]", [alias.as_str(); 10].join(",")).unwrap();
    }
    text
}

#[test]
fn text_that_is_no_yaml_is_told_and_keeps_what_was_there() {
    let huge = "x".repeat(300_000);
    let deep = "[".repeat(5_000);
    let blocks = (0..500).map(|depth| " ".repeat(depth) + "a:\n").collect::<Vec<_>>().concat();
    let bomb = bomb(9);
    let many = "---\na: b\n".repeat(1_000);
    let texts = [
        ": : :",
        "a: [",
        "kind: *nowhere",
        "%YAML 7.7\n---\na",
        "{\"kind\": \"Mapping\"",
        &huge,
        &deep,
        &blocks,
        &bomb,
        &many,
    ];
    for text in texts {
        let Translation { settings, rejected, unreadable } = config(text);
        assert_eq!(settings, [], "{text:.60}");
        let [rejected] = &rejected[..] else { panic!("{text:.60}: {rejected:?}") };
        assert_eq!(unreadable, [Location::annotation("getambassador.io/config")], "{text:.60}");
        assert_eq!(
            (rejected.reason, rejected.meanwhile.as_str()),
            (Reason::InvalidAnnotation, "what it said before stays")
        );
        assert!(rejected.to_string().len() < 900, "{rejected}");
    }
}

#[test]
fn documents_that_are_no_mappings_are_told() {
    let place = "Service shop/cart: metadata.annotations[getambassador.io/config]";
    let expected = "not supported; expected a Mapping of getambassador.io or ambassador/v0, v1, v2, v3alpha1";
    let cases = [
        ("", format!("{place}: no Mapping in it (it is ignored)")),
        ("---\n---\n", format!("{place}: \"---\\n---\\n\": no Mapping in it (it is ignored)")),
        (
            "just words",
            format!(
                "{place} document #1: \"\\\"just words\\\"\": not a Mapping; expected a mapping with apiVersion, kind and \
                 name (it is ignored)"
            ),
        ),
        ("{}", format!("{place} document #1: kind: {expected} (it is ignored)")),
        (
            "{apiVersion: getambassador.io/v2, kind: Module, name: ambassador}",
            format!("{place} Module ambassador: kind: \"Module\": {expected} (it is ignored)"),
        ),
        (
            "{apiVersion: getambassador.io/v9, kind: Mapping, name: m}",
            format!("{place} Mapping m: apiVersion: \"getambassador.io/v9\": {expected} (the Mapping is ignored)"),
        ),
        (
            "{apiVersion: getambassador.io/v2, kind: [Mapping], name: {a: b}}",
            format!("{place} document #1: kind: {expected} (it is ignored)"),
        ),
    ];
    for (text, message) in cases {
        let Translation { settings, rejected, unreadable } = config(text);
        assert_eq!((settings, unreadable), (vec![], vec![]), "{text}");
        assert_eq!(rejected.iter().map(ToString::to_string).collect::<Vec<_>>(), [message], "{text}");
    }
}

#[test]
fn ten_thousand_mistakes_are_not_ten_thousand_messages() {
    let fields = (0..5_000).map(|i| format!("f{i}: x\n")).collect::<Vec<_>>().concat();
    let text = format!("apiVersion: getambassador.io/v2\nkind: Mapping\nname: m\nservice: cart\nprefix: /\n{fields}");
    let Translation { settings, rejected, unreadable: _ } = config(&text);
    assert_eq!(settings.len(), 4);
    assert_eq!(rejected.len(), 50);
    assert!(rejected.last().unwrap().message.ends_with("; 4950 more of these follow"), "{:?}", rejected.last());
}

#[test]
fn names_of_any_length_and_kind_stay_short_in_messages() {
    let name = "\u{1b}[31m\u{1F980}".repeat(5_000);
    let quoted = serde_json::to_string(&name).unwrap();
    let text = format!(
        "{{apiVersion: getambassador.io/v2, kind: Mapping, name: {quoted}, service: cart, prefix: /, {quoted}: 1}}"
    );
    let Translation { settings: _, rejected, unreadable: _ } = config(&text);
    for rejected in rejected {
        let text = rejected.to_string();
        assert!(text.len() < 2_000 && !text.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn wrong_types_go_to_our_parser_as_they_stand() {
    let text = "{apiVersion: getambassador.io/v2, kind: Mapping, name: m, service: cart, prefix: /, grpc: true, timeout_ms: [1], \
                retry_policy: {num_retries: -1, retry_on: 7}, load_balancer: {policy: {a: b}}, connect_timeout_ms: soon}";
    let settings: Vec<String> =
        config(text).settings.into_iter().map(|one| format!("{}={}", one.name, one.text)).collect();
    assert_eq!(
        settings,
        [
            "connect-timeout.80=soon",
            "enabled.80=true",
            "hosts.80=*",
            "lb-policy.80={\"a\":\"b\"}",
            "num-retries.80=-1",
            "protocol.80=grpc",
            "retry-on.80=7",
            "routes.80=/",
            "timeout.80=[1]",
        ]
    );
}
