use std::fmt::Write as _;

use super::super::node::{Entry, Node, Value};
use super::{MAX_DEPTH, compose};

/// A document as one line: `{key@line: plain, …}`, strings quoted.
fn show(node: &Node) -> String {
    match &node.value {
        Value::Plain(text) => text.to_string(),
        Value::Quoted(text) => format!("{text:?}"),
        Value::Sequence(nodes) => format!("[{}]", nodes.iter().map(show).collect::<Vec<_>>().join(", ")),
        Value::Mapping(entries) => {
            let entry = |Entry { key, line, node, earlier }: &Entry| {
                let earlier = earlier.map(|line| format!(" (not {line})")).unwrap_or_default();
                format!("{key}@{line}{earlier}: {}", show(node))
            };
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

fn parsed(text: &str) -> String {
    compose(text).unwrap().iter().map(show).collect::<Vec<_>>().join(" | ")
}

fn refused(text: &str) -> String {
    let error = compose(text).unwrap_err();
    format!("{}: {}", error.line, error.message)
}

#[test]
fn keeps_lines_and_spelling() {
    assert_eq!(parsed("a: on\nb:\n  - 1.10\n  - \"5\"\n"), r#"{a@1: on, b@2: [1.10, "5"]}"#);
    assert_eq!(parsed("a: !!str 5\nb: |\n  x\nc: 'it''s'\n"), r#"{a@1: "5", b@2: "x\n", c@4: "it's"}"#);
    assert_eq!(parsed("a: 1\r\nb: 2\r\n"), "{a@1: 1, b@2: 2}");
    assert_eq!(parsed("a: 1\n...\nb: 2\n"), "{a@1: 1} | {b@3: 2}");
    assert_eq!(parsed("%YAML 1.2\n---\na: 1\n"), "{a@3: 1}");
}

#[test]
fn reads_json() {
    let text = "{\n\t\"a\": [1, true, null, \"x\\/y\\u00e9\\ud83d\\ude00\"],\n\t\"b\":{\"c\":\"d\"}\n}";
    assert_eq!(parsed(text), r#"{a@2: [1, true, null, "x/yé😀"], b@3: {c@3: "d"}}"#);
}

#[test]
fn nothing_is_nothing() {
    for text in ["", "# only a comment\n", "\n\n"] {
        assert_eq!(compose(text).unwrap(), [], "{text:?}");
    }
    assert!(compose("---\n").unwrap().iter().all(Node::is_null));
}

#[test]
fn aliases_and_merge_keys_expand() {
    assert_eq!(parsed("a: &x {k: 1}\nb: *x\n"), "{a@1: {k@1: 1}, b@2: {k@1: 1}}");
    assert_eq!(parsed("a: &x {k: 1, l: 2}\nb:\n  k: 3\n  <<: *x\n"), "{a@1: {k@1: 1, l@1: 2}, b@2: {k@3: 3, l@1: 2}}");
    assert_eq!(parsed("b:\n  <<: [{k: 1}, {k: 2, m: 3}]\n"), "{b@1: {k@2: 1, m@2: 3}}");
}

#[test]
fn of_a_key_that_stands_twice_the_last_counts() {
    assert_eq!(parsed("a: 1\nb: 2\na: 3\n"), "{a@3 (not 1): 3, b@2: 2}");
    assert_eq!(parsed("{\"a\": 1, \"a\": {\"b\": 1, \"b\": 2}, \"a\": 3}"), "{a@1 (not 1): 3}");
    assert_eq!(parsed("a: {b: 1, b: 2}\n"), "{a@1: {b@1 (not 1): 2}}");
}

#[test]
fn a_quoted_scalar_may_go_on_at_the_indentation_of_its_key() {
    for (text, expected) in [
        ("a:\n  b: 'long\n  text'\n", r#"{a@1: {b@2: "long text"}}"#),
        ("a:\n  b: 'it''s\n\n\nmore'\n  c: 1\n", "{a@1: {b@2: \"it's\\n\\nmore\", c@6: 1}}"),
        ("a:\n  b: \"x \\\n  y\\\"\nz: 1\" # d\n  c: 1\n", r#"{a@1: {b@2: "x y\" z: 1", c@5: 1}}"#),
        ("a: # it's\n  b:\n    'x\ny'\nc: \"1\n2\n\"\n", r#"{a@1: {b@2: "x y"}, c@5: "1 2 "}"#),
        ("- a: 'x\n  y'\n- 'x\ny'\n", r#"[{a@1: "x y"}, "x y"]"#),
        ("\"k\": &n !!str 'x\ny'\nl: *n\n", r#"{k@1: "x y", l@3: "x y"}"#),
        ("ä: 'ö\nü'\n", r#"{ä@1: "ö ü"}"#),
    ] {
        assert_eq!(parsed(text), expected, "{text:?}");
    }
    let many = "a: 'x\ny'\n".repeat(100);
    assert_eq!(parsed(&many), r#"{a@199 (not 197): "x y"}"#);
}

#[test]
fn a_quote_that_is_never_closed_is_told_where_it_opens() {
    for text in ["a: 1\nb: 'x\ny\nc: 1\n", "a: 1\nb: \"x\n  y\n", "- 'a'\n- {b: 'x\ny: ["] {
        assert_eq!(refused(text), "2: the quote is never closed", "{text:?}");
    }
}

#[test]
fn a_quoted_scalar_may_go_on_after_a_tab() {
    assert_eq!(parsed("a:\n  b: 'x\n\ty'\n  c: 1\n"), r#"{a@1: {b@2: "x y", c@4: 1}}"#);
    assert_eq!(parsed("a: \"x\n\t\ty\"\n"), r#"{a@1: "x y"}"#);
}

#[test]
fn a_byte_order_mark_may_begin_a_line() {
    assert_eq!(parsed("---\n\u{feff}a: 1\nb: 'x\u{feff}'\n"), "{a@2: 1, b@3: \"x\\u{feff}\"}");
}

#[test]
fn refuses_with_the_line() {
    assert_eq!(refused("a: 1\n[x]: 2\n"), "2: a key is a list or a mapping; expected a word");
    assert_eq!(refused("a: &a [*a]\n"), "1: an alias refers to the collection that it is part of");
    assert_eq!(refused("a: 1\nb:\n  <<: 5\n"), "3: `<<` takes a mapping, or a list of them");
    for (text, line) in
        [("a: 1\n\tb: 2\n", "2: "), ("a: *nobody\n", "1: "), ("a: 1\nb: [1\n", "2: "), ("a: 1\n b: 2\n", "2: ")]
    {
        assert!(refused(text).starts_with(line), "{text:?}: {}", refused(text));
    }
}

#[test]
fn refuses_what_would_take_all_memory() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let below = level - 1;
        writeln!(bomb, "a{level}: &a{level} [{}]", vec![format!("*a{below}"); 10].join(", ")).unwrap();
    }
    assert!(refused(&bomb).contains("more than 4000000 parts"), "{}", refused(&bomb));

    let deep = "[".repeat(MAX_DEPTH + 1) + &"]".repeat(MAX_DEPTH + 1);
    assert!(compose(&deep).is_err());
    let fine = "[".repeat(MAX_DEPTH) + &"]".repeat(MAX_DEPTH);
    assert!(compose(&fine).is_ok());

    // Each level is shallow as written, but stands on the one before.
    let mut tower = "a0: &a0 [x]\n".to_owned();
    for level in 1..5000 {
        writeln!(tower, "a{level}: &a{level} [[[*a{}]]]", level - 1).unwrap();
    }
    assert!(refused(&tower).ends_with("aliases nest deeper than 64 levels"), "{}", refused(&tower));
}

#[test]
fn an_alias_repeats_no_text() {
    // A thousand gigabytes, were they copied.
    let text = format!("a: &x \"{}\\n\"\nb: [{}]\n", "x".repeat(10 << 20), vec!["*x"; 100_000].join(", "));
    let nodes = compose(&text).unwrap();
    assert_eq!(nodes[0].get("b").unwrap().items().len(), 100_000);
}

#[test]
fn a_long_value_is_only_long() {
    let long = "x".repeat(10 << 20);
    for text in
        [format!("a: {long}\nb: 1\n"), format!("{{\"a\": \"{long}\", \"b\": 1}}"), format!("a: '{long}'\nb: 1\n")]
    {
        let nodes = compose(&text).unwrap();
        assert_eq!(nodes[0].get("a").and_then(|node| node.scalar()).map(|(text, _)| text.len()), Some(long.len()));
        assert!(nodes[0].get("b").is_some());
    }
}
