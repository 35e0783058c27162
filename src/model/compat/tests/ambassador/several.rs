//! Several Mappings of one Service, Mappings of other versions, and how they are told.

use super::*;

#[test]
fn of_two_mappings_of_one_port_the_first_has_a_setting() {
    let mapping =
        |name: &str, timeout: u32| format!("---\n{}service: cart\ngrpc: true\ntimeout_ms: {timeout}\n", named(name));
    assert_eq!(said(&[mapping("m", 1), mapping("m2", 1)].concat()), [""; 0]);
    assert_eq!(
        said(&[mapping("m", 1), mapping("m2", 2)].concat()),
        [
            "warning: [getambassador.io/config] Mapping m2: timeout_ms: \"2\": contradicts getambassador.io/config Mapping m: timeout_ms, which has the same \
          setting here (chancery.dev/timeout.80 is 1ms)"
        ]
    );
}

#[test]
fn a_mapping_that_is_an_object_reads_the_same() {
    let spec = serde_json::json!({ "prefix": "/shop.v1.Cart/", "service": "cart.shop:80", "grpc": true, "cors": 7 });
    let serde_json::Value::Object(spec) = spec else { panic!() };
    let mapping = Mapping::object("getambassador.io/v3alpha1", "edge", "m", spec);
    assert_eq!(mapping.destination(), Destination::Either(Key::new("shop", "cart")));
    let translation =
        translate(Compat::ALL, subject(&BTreeMap::new(), None), Mappings::These(std::slice::from_ref(&mapping)));
    let (settings, said) = told(translation);
    assert_eq!(settings, ["enabled.80=true", "hosts.80=*", "protocol.80=grpc", "routes.80=/shop.v1.Cart/"]);
    assert_eq!(
        said,
        ["warning: Service shop/cart: Mapping edge/m: spec.cors: \"7\": Chancery has no equivalent (it is ignored)"]
    );
}

#[test]
fn hosts_of_early_versions_may_have_a_star() {
    let early = HEAD.replace("v3alpha1", "v2");
    let (settings, said) = config(&format!("{early}service: cart\ngrpc: true\nhost: '*.shop.example'\n"));
    assert_eq!((settings[1].as_str(), said), ("hosts.80=*.shop.example", vec![]));
}

#[test]
fn each_host_and_prefix_knows_where_it_was_written() {
    let mapping = |name: &str, host: &str, prefix: &str| {
        format!(
            "---\n{}service: cart\ngrpc: true\nhost: {host}\n",
            HEAD.replace("name: m", &format!("name: {name}")).replace("/shop.v1.Cart/", prefix)
        )
    };
    let config = [mapping("a", "a.example", "/a/"), mapping("b", "b.example", "/a/")].concat();
    let annotations = BTreeMap::from([("getambassador.io/config".to_owned(), config)]);
    let translation = translate(Compat::ALL, subject(&annotations, None), Mappings::Own);
    let hosts = translation.settings.iter().find(|setting| setting.name == "hosts.80").unwrap();
    let fields: Vec<_> = hosts.items.iter().map(|(host, place)| (host.as_str(), place.spoken())).collect();
    let expected = [("a.example", "a"), ("b.example", "b")]
        .map(|(host, mapping)| (host, format!("getambassador.io/config Mapping {mapping}: host")));
    assert_eq!(fields, expected);
}

#[test]
fn a_mapping_without_a_prefix_takes_nothing() {
    for prefix in ["", "prefix: ''\n", "prefix: ~\n", "prefix: ' '\n"] {
        let text = HEAD.replace("prefix: /shop.v1.Cart/\n", prefix) + "service: cart\ngrpc: true\n";
        assert_eq!(config(&text).0, [""; 0], "{prefix}");
        assert_eq!(said(&text), ["error: prefix: missing; expected a path (the Mapping is ignored)"], "{prefix}");
    }
}

#[test]
fn of_two_mappings_of_one_name_emissary_takes_the_last() {
    let mapping = |more: &str| format!("---\n{HEAD}service: cart\ngrpc: true\n{more}\n");
    let (settings, said) = config(&[mapping("timeout_ms: 1\ncors: {a: b}"), mapping("idle_timeout_ms: 2")].concat());
    assert!(settings.contains(&"idle-timeout.80=2ms".to_owned()), "{settings:?}");
    assert!(!settings.iter().any(|one| one.starts_with("timeout")), "{settings:?}");
    assert_eq!(
        said,
        ["error: [getambassador.io/config] Mapping m: service: \"cart\": another Mapping of this name follows, and \
          Emissary takes the last one (the Mapping is ignored)"]
    );
    let elsewhere = [mapping("namespace: bank"), mapping("")].concat();
    assert!(config(&elsewhere).1.iter().all(|one| !one.contains("of this name")), "a name is one of a namespace");
}

#[test]
fn of_a_key_that_is_repeated_the_last_value_counts() {
    let (settings, said) = config(&format!("{HEAD}service: prices\nservice: cart\ngrpc: true\nprefix: /a/\n"));
    assert_eq!(said, [""; 0]);
    assert!(settings.contains(&"routes.80=/a/".to_owned()), "{settings:?}");
}

#[test]
fn a_service_without_pods_is_called_by_its_kind() {
    let annotations = BTreeMap::from([("getambassador.io/config".to_owned(), format!("{HEAD}service: cart\n"))]);
    for ports in [None, Some(&[][..])] {
        let subject = Subject { external_name: true, ..subject(&annotations, ports) };
        let (settings, said) = told(translate(Product::Ambassador.into(), subject, Mappings::Own));
        assert_eq!(settings, [""; 0]);
        assert_eq!(
            said,
            [
                "warning: [getambassador.io/config] Mapping m: service: \"cart\": the Service is an ExternalName, which has no pods \
              to balance over (the Mapping is ignored)"
            ]
        );
    }
}

#[test]
fn what_is_expected_is_said_in_the_words_of_emissary() {
    let expected = |more: &str| {
        let text = format!("{HEAD}service: cart\ngrpc: true\n{more}\n");
        let annotations = BTreeMap::from([("getambassador.io/config".to_owned(), text)]);
        let translation = translate(Compat::ALL, subject(&annotations, None), Mappings::Own);
        let (_, rejected) = settings::Translated::parse(&ObjectRef::service(&Key::new("shop", "cart")), translation);
        rejected.into_iter().map(|one| one.message).collect::<Vec<_>>()
    };
    for field in [
        "timeout_ms",
        "idle_timeout_ms",
        "cluster_idle_timeout_ms",
        "cluster_max_connection_lifetime_ms",
        "connect_timeout_ms",
    ] {
        for value in ["5s", "soon", "-1", "1.5", "[1]"] {
            let said = expected(&format!("{field}: {value}"));
            // A duration of ours is none of Emissary's, but nobody can mistake it.
            let is_ours = value == "5s" && said.is_empty();
            assert!(is_ours || said == ["expected a whole number of milliseconds"], "{field}: {value}: {said:?}");
        }
    }
    let policies = ["expected round_robin, least_request, ring_hash or maglev"];
    assert_eq!(expected("load_balancer: {policy: foo}"), policies);
}
