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
