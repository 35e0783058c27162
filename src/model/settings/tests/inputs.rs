//! Every setting with every kind of mistake.

use super::*;

/// The kinds of mistake, with settings for which the text is no mistake.
fn mistakes() -> Vec<(String, &'static [&'static str])> {
    let names: &[&str] = &["fleets", "hosts"];
    let mistake = |text: &str, fine: &'static [&'static str]| (text.to_owned(), fine);
    vec![
        mistake("", &[]),
        mistake(" \t\n", &[]),
        mistake(",", &[]),
        ("9".repeat(300_000), &[]),
        ("9".repeat(400), &[]),
        mistake("-1", &["fleets"]),
        mistake("+1", &["fleets"]),
        mistake("1e3", &["fleets", "hosts"]),
        mistake("0x10", names),
        mistake("NaN", &["fleets", "hosts", "routes"]),
        mistake("5parsecs", names),
        mistake("5 s", &[]),
        mistake("1m30s", names),
        mistake("5S", names),
        mistake("On", &["fleets", "hosts", "routes"]),
        mistake("TRUE", &["fleets", "hosts", "routes"]),
        mistake("Round-Robin", names),
        mistake("no-such-word", names),
        mistake("true,true", &["fleets", "hosts", "routes"]),
        mistake("1s,1s,1s", &["fleets", "hosts"]),
        mistake("５", &["fleets"]),
        mistake("größe", &["fleets"]),
        mistake("\u{1F980}", &["fleets"]),
        mistake("on\0", &[]),
        mistake("{\"a\": 1}", &[]),
        mistake("[on]", &["fleets"]),
        mistake("50%", &["fleets"]),
        mistake("infinity", &["fleets", "hosts", "routes"]),
    ]
}

#[test]
fn every_mistake_is_told_and_costs_only_its_key() {
    for (text, fine_for) in mistakes() {
        for setting in Setting::all() {
            let key = setting.key;
            let (settings, rejected) = parse(&[(key, &text), ("chancery", "x")]);
            if fine_for.contains(&key) {
                assert_eq!(rejected.len(), 1, "{key}: {text:.40?} is fine: {rejected:?}");
                continue;
            }
            let (unknown, told): (Vec<_>, Vec<_>) =
                rejected.into_iter().partition(|rejected| rejected.reason == Reason::UnknownAnnotation);
            assert_eq!(unknown.len(), 1, "the other mistake is told, too");
            assert!(!told.is_empty(), "{key}: {text:.40?} is told");
            // A list tells each part that is bad.
            for told in told {
                assert_eq!(told.object, id(), "names the object");
                assert_eq!(told.field, Location::setting(key), "names the key");
                assert!(
                    Rejected::shorten(&text) == told.value || text.contains(&told.value),
                    "names the value: {told:?}"
                );
                let expected = format!("; expected {}", setting.accepts());
                assert!(told.message.ends_with(&expected), "says what is accepted: {key}: {}", told.message);
                assert_eq!(told.meanwhile, format!("the default, {}, stays", setting.default), "{key}");
            }
            assert!(settings.good.is_empty(), "{key}: {text:.40?}: {settings:?}");
        }
    }
}

#[test]
fn every_setting_can_be_for_one_port() {
    for setting in Setting::all() {
        let key = setting.key;
        for port in ["grpc", "8080", "HTTP_Main", "b.c"] {
            let (settings, rejected) = parse(&[(&format!("{key}.{port}"), setting.example)]);
            assert_eq!(rejected, [], "{key}.{port}");
            assert_eq!(settings.good.len(), 1, "{key}.{port}");
        }
        for no_port in ["", "no port", "a/b", "08080", "65536"] {
            let (_, rejected) = parse(&[(&format!("{key}.{no_port}"), setting.example)]);
            assert!(rejected[0].message.contains("what follows the dot is not a port"), "{}", rejected[0].message);
        }
    }
}
