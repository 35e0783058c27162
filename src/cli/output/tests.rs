use serde_json::json;

use super::*;

#[test]
fn both_formats_say_the_same() {
    let value = json!({
        "@type": "type.googleapis.com/envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin",
        "yes": "true", "number": "1", "nothing": null, "empty": {}, "none": [], "odd": ": # - \n",
        "list": [{"a": 1.5, "b": [true]}],
    });
    let printed = |format| {
        let mut out = Vec::new();
        print(&mut out, format, &value).unwrap();
        String::from_utf8(out).unwrap()
    };
    let (json, yaml) = (printed(Format::Json), printed(Format::Yaml));
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
    assert_eq!(serde_saphyr::from_str::<Value>(&yaml).unwrap(), value, "{yaml}");
    assert!(json.ends_with("}\n") && yaml.ends_with('\n'));
    assert!(yaml.contains("\"@type\": type.googleapis.com/envoy"), "{yaml}");
}

#[test]
fn a_table_is_lined_up_whatever_its_cells_hold() {
    let rows = [["A", "EMPTY", "C"], ["1", "", "c"], ["22\u{7}", "", "c"], ["much longer", "", "c"]];
    let rows = rows.map(|row| row.map(str::to_owned));
    assert_eq!(table(&rows, 1, 5), [" A   EMPTY  C", " 1          c", " 22         c", " much longer         c"]);
    let rows = [["A", ""], ["b", ""]].map(|row| row.map(str::to_owned));
    assert_eq!(table(&rows, 0, 5), ["A", "b"]);
}

#[test]
fn text_is_wrapped_between_words() {
    let printed = |text: &str| {
        let mut out = Vec::new();
        wrapped(&mut out, text, 1, 3).unwrap();
        String::from_utf8(out).unwrap()
    };
    let word = "w".repeat(60);
    assert_eq!(printed(&format!("a  {word} {word}\n{word}")), format!(" a  {word}\n   {word}\n   {word}\n"));
    assert_eq!(printed(&"w".repeat(200)), format!(" {}\n", "w".repeat(200)));
    assert_eq!(printed(""), "\n");
}
