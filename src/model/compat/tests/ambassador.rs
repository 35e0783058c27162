use super::*;

/// The head of a Mapping of `shop/cart`.
const HEAD: &str = "apiVersion: getambassador.io/v3alpha1\nkind: Mapping\nname: m\nprefix: /shop.v1.Cart/\n";

/// What a gRPC Mapping of the whole Service comes to.
const PLAIN: [&str; 4] = ["enabled=true", "hosts=*", "protocol=grpc", "routes=/shop.v1.Cart/"];

fn config(text: &str) -> (Vec<String>, Vec<String>) {
    translated(Product::Ambassador, &[("getambassador.io/config", text)])
}

/// What is said of the Mapping `m`, but for the place.
fn said(text: &str) -> Vec<String> {
    let begin = "[getambassador.io/config] Mapping m: ";
    config(text).1.iter().map(|one| one.replacen(begin, "", 1)).collect()
}

/// What `more` of a gRPC Mapping adds to it.
fn added(more: &str) -> Vec<String> {
    let (settings, said) = config(&format!("{HEAD}service: cart\ngrpc: true\n{more}\n"));
    assert_eq!(said, [""; 0], "{more}");
    let added: Vec<String> = settings.iter().filter(|one| !PLAIN.contains(&one.as_str())).cloned().collect();
    assert_eq!(added.len() + PLAIN.len(), settings.len(), "{settings:?}");
    added
}

#[test]
fn a_mapping_opts_its_service_in() {
    assert_eq!(config(&format!("{HEAD}service: cart\ngrpc: True\n")), (PLAIN.map(str::to_owned).to_vec(), vec![]));
    for version in
        ["ambassador/v0", "ambassador/v1", "getambassador.io/v0", "getambassador.io/v1", "getambassador.io/v2"]
    {
        let text = HEAD.replace("getambassador.io/v3alpha1", version);
        assert_eq!(config(&format!("---\n{text}service: cart\ngrpc: true\n---\n")).0, PLAIN, "{version}");
    }
    let other = translated(Product::Linkerd, &[("getambassador.io/config", HEAD)]);
    assert_eq!(other, (vec![], vec![]));
}

#[test]
fn the_service_may_be_written_at_length_and_with_a_port() {
    for service in ["cart", "cart.shop", "cart.shop.svc", "cart.shop.svc.cluster.local", "http://cart", "grpc://cart"] {
        assert_eq!(
            config(&format!("{HEAD}service: {service}\ngrpc: true\n")),
            (PLAIN.map(str::to_owned).to_vec(), vec![])
        );
    }
    for (service, port) in [("cart:50051", "50051"), ("http://cart.shop:web", "web"), ("cart.shop.svc:1", "1")] {
        let (settings, said) = config(&format!("{HEAD}service: {service}\ngrpc: true\ntimeout_ms: 5\n"));
        let expected = ["enabled=true", "hosts=*", "protocol=grpc", "routes=/shop.v1.Cart/", "timeout=5ms"]
            .map(|setting| setting.replacen('=', &format!(".{port}="), 1));
        assert_eq!((settings, said), (expected.to_vec(), vec![]), "{service}");
    }
}

#[test]
fn a_mapping_of_another_service_is_said_and_costs_only_itself() {
    let another = "another service; expected cart, whose annotation this is (the Mapping is ignored)";
    let unusable = "expected cart, with or without a port (the Mapping is ignored)";
    let cases = [
        ("prices", format!("warning: service: \"prices\": {another}")),
        ("cart.bank:80", format!("warning: service: \"cart.bank:80\": {another}")),
        ("''", format!("error: service: missing; {unusable}")),
        ("~", format!("error: service: missing; {unusable}")),
        ("7", format!("error: service: \"7\": not a service; {unusable}")),
        ("[cart]", format!("error: service: \"[\\\"cart\\\"]\": not a service; {unusable}")),
        ("Cart", format!("error: service: \"Cart\": not a service; {unusable}")),
        ("cart:", format!("error: service: \"cart:\": not a service; {unusable}")),
        ("tcp://cart", format!("error: service: \"tcp://cart\": not a service; {unusable}")),
        ("cart.shop.pod", format!("error: service: \"cart.shop.pod\": not a service; {unusable}")),
        ("größe", format!("error: service: \"größe\": not a service; {unusable}")),
    ];
    for (service, message) in cases {
        let text = format!("{HEAD}service: {}\n", if service.ends_with(':') { "'cart:'" } else { service });
        assert_eq!(said(&text), [message], "{service}");
        assert_eq!(config(&text).0, [""; 0], "{service}");
        let with_good = format!("{text}---\n{HEAD}service: cart\ngrpc: true\n");
        assert_eq!(config(&with_good).0, PLAIN);
    }
    assert_eq!(
        said(&format!("{HEAD}service: https://cart\ngrpc: true\n")),
        ["warning: service: \"https://cart\": TLS to pods isn't supported (they are spoken to without TLS)"]
    );
}

#[test]
fn without_grpc_pods_are_spoken_to_as_emissary_speaks_to_them() {
    let (settings, told) = config("{apiVersion: ambassador/v1, kind: Mapping, name: m, prefix: /, service: cart}");
    assert_eq!((settings.join(" "), told), ("enabled=true hosts=* protocol=http1 routes=/".to_owned(), vec![]));
    let both = format!("{HEAD}service: cart\nrewrite: ''\n---\n{HEAD}service: cart\ngrpc: true\n");
    assert_eq!(config(&both).0, PLAIN);
    let bad = said(&format!("{HEAD}service: cart\nrewrite: ''\ngrpc: sure\n"));
    assert_eq!(bad, ["error: grpc: \"sure\": expected true or false (it counts as false)"]);
}

#[test]
fn each_field_of_a_policy_has_its_counterpart() {
    let cases = [
        ("load_balancer: {policy: round_robin}", "lb-policy=round-robin"),
        ("load_balancer: {policy: least_request}", "lb-policy=least-request"),
        ("load_balancer: {policy: ring_hash, header: x-user}", "hash-on=header:x-user lb-policy=ring-hash"),
        ("load_balancer: {policy: maglev, source_ip: true}", "hash-on=source-ip lb-policy=maglev"),
        ("load_balancer: {policy: maglev, cookie: {name: c}}", "hash-on=cookie:c lb-policy=maglev"),
        (
            "load_balancer: {policy: maglev, cookie: {name: c, ttl: 60s, path: /}}",
            "hash-on=cookie:c:1m lb-policy=maglev",
        ),
        ("load_balancer: {policy: maglev, cookie: {name: c, ttl: 0}}", "hash-on=cookie:c lb-policy=maglev"),
        (
            "retry_policy: {retry_on: gateway-error, num_retries: 3, per_try_timeout: 0.25s}",
            "num-retries=3 per-try-timeout=250ms retry-on=gateway-error",
        ),
        ("retry_policy: {retry_on: 5xx, num_retries: 0}", "retry-on=none"),
        (
            "circuit_breakers: [{max_connections: 1, max_pending_requests: 2, max_requests: 3, max_retries: 4}]",
            "max-connections=1 max-pending-requests=2 max-requests=3 max-retries=4",
        ),
        ("circuit_breakers: [{priority: default, max_requests: 3}]", "max-requests=3"),
        ("timeout_ms: 1500", "timeout=1500ms"),
        ("timeout_ms: 0", "timeout=off"),
        ("idle_timeout_ms: 60000", "idle-timeout=1m"),
        ("idle_timeout_ms: 0", "idle-timeout=off"),
        ("connect_timeout_ms: 3000", "connect-timeout=3s"),
        ("cluster_idle_timeout_ms: 0", "connection-idle-timeout=off"),
        ("cluster_max_connection_lifetime_ms: 3600000", "max-connection-duration=1h"),
        ("keepalive: {time: 30, interval: 5, probes: 3}", "tcp-keepalive=on"),
        ("resolver: endpoint", ""),
        ("weight: 100", ""),
        ("rewrite: /shop.v1.Cart/", ""),
        ("rewrite: ''", ""),
        ("tls: false\nshadow: false\nheaders: {}\nallow_upgrade: []\ndocs: {path: /}\ngeneration: 3", ""),
    ];
    for (more, expected) in cases {
        assert_eq!(added(more).join(" "), expected, "{more}");
    }
}

#[test]
fn hosts_and_prefixes_are_routes() {
    let routed = |more: &str| {
        let text = format!("{HEAD}service: cart\ngrpc: true\n{more}\n");
        let (settings, _) = config(&text);
        let routed = settings.into_iter().filter(|one| one.starts_with("hosts") || one.starts_with("routes"));
        (routed.collect::<Vec<_>>().join(" "), said(&text))
    };
    let hosts = |hosts: &str| (format!("hosts={hosts} routes=/shop.v1.Cart/"), Vec::<String>::new());
    assert_eq!(routed("host: shop.example"), hosts("shop.example"));
    assert_eq!(routed("hostname: '*.shop.example'"), hosts("*.shop.example"));
    assert_eq!(routed("hosts: [b.example, 'a.example:8080']"), hosts("a.example:8080,b.example"));
    assert_eq!(routed("hostname: '*'\nhost: a.example"), hosts("*"));
    let second =
        |more: &str| format!("---\n{}service: cart\ngrpc: true\n{more}", HEAD.replace("/shop.v1.Cart/", "/a.B/"));
    let (both, said) = routed(&second(""));
    assert_eq!((both.as_str(), said.len()), ("hosts=* routes=/a.B/,/shop.v1.Cart/", 0));
    let (both, said) = routed(&second("host: a.example"));
    assert_eq!(both, "hosts=* routes=/shop.v1.Cart/", "the second's prefix isn't to be had under every host");
    assert_eq!(
        said,
        ["warning: host: \"a.example\": other hosts than getambassador.io/config Mapping m: prefix, and here all \
          prefixes of a port have the same (its prefix isn't routed; the Service is served under its own names)"]
    );
}

#[test]
fn what_narrows_a_mapping_must_not_widen_it() {
    let not_routed = "(its prefix isn't routed; the Service is served under its own names)";
    let cases = [
        ("headers: {x-canary: yes}", "headers: \"{\\\"x-canary\\\":true}\": there is nothing like it here"),
        ("regex_headers: {a: b}", "regex_headers: \"{\\\"a\\\":\\\"b\\\"}\": there is nothing like it here"),
        ("method: POST", "method: \"POST\": there is nothing like it here"),
        ("query_parameters: {a: b}", "query_parameters: \"{\\\"a\\\":\\\"b\\\"}\": there is nothing like it here"),
        ("prefix_regex: true", "prefix_regex: \"true\": there is nothing like it here"),
        ("prefix_exact: true", "prefix_exact: \"true\": there is nothing like it here"),
        ("shadow: true", "shadow: \"true\": there is nothing like it here"),
        ("host_redirect: true", "host_redirect: \"true\": there is nothing like it here"),
        ("host: a.*\nhost_regex: true", ""),
        ("weight: 10", "weight: \"10\": requests of one prefix can't be split by weight here"),
        ("weight: 0", "weight: \"0\": requests of one prefix can't be split by weight here"),
        ("host: 'a*'", ""),
        ("host: 'a.example,b.example'", ""),
        ("host: ['a.example', 7]", ""),
        ("host: {a: b}", ""),
    ];
    for prefix in ["shop", "'/a,/b'", "7", "'/größe'", "'/a b'", "{a: b}"] {
        let text = HEAD.replace("/shop.v1.Cart/", prefix);
        let text = format!("{text}service: cart\ngrpc: true\n");
        assert_eq!(config(&text).0, ["enabled=true", "protocol=grpc"], "{prefix}");
        let message = "not a prefix that can be matched here; expected a path, which begins with /";
        assert!(said(&text)[0].contains(message) && said(&text)[0].ends_with(not_routed), "{:?}", said(&text));
    }
    for (more, message) in cases {
        let text = format!("{HEAD}service: cart\ngrpc: true\n{more}\n");
        assert_eq!(config(&text).0, ["enabled=true", "protocol=grpc"], "{more}");
        let said = said(&text);
        assert!(said.iter().all(|one| one.ends_with(not_routed)) && said.len() == 1, "{said:?}");
        if !message.is_empty() {
            assert_eq!(said, [format!("warning: {message} {not_routed}")]);
        }
    }
}

#[test]
fn what_has_no_counterpart_is_said() {
    let cases = [
        (
            "cors: {origins: x}",
            "warning: cors: \"{\\\"origins\\\":\\\"x\\\"}\": there is nothing like it here (it is ignored)",
        ),
        ("bypass_auth: true", "warning: bypass_auth: \"true\": there is nothing like it here (it is ignored)"),
        (
            "ambassador_id: [edge]",
            "warning: ambassador_id: \"[\\\"edge\\\"]\": there is nothing like it here (it is ignored)",
        ),
        ("tls: client", "warning: tls: \"client\": TLS to pods isn't supported (they are spoken to without TLS)"),
        (
            "resolver: consul-dc1",
            "warning: resolver: \"consul-dc1\": not read (requests are balanced over the pods, as ever)",
        ),
        ("timeout: 3", "warning: timeout: \"3\": there is nothing like it here (it is ignored)"),
        ("größe: 3", "warning: größe: \"3\": there is nothing like it here (it is ignored)"),
        (
            "keepalive: {time: 10}",
            "warning: keepalive.time: \"10\": there is only one TCP keepalive here, whose time is 30 (time is 30)",
        ),
        (
            "load_balancer: {cookie: {name: c, path: /a}}",
            "warning: load_balancer.cookie.path: \"/a\": there is nothing like it here (it is ignored)",
        ),
        (
            "circuit_breakers: [{max_requests: 1}, {priority: high, max_requests: 2}]",
            "warning: circuit_breakers[1]: \"{\\\"max_requests\\\":2,\\\"priority\\\":\\\"high\\\"}\": requests of high \
             priority have no limits of their own (it is ignored)",
        ),
        ("load_balancer: round_robin", "error: load_balancer: \"round_robin\": expected a mapping (it is ignored)"),
        (
            "circuit_breakers: {max_requests: 1}",
            "error: circuit_breakers: \"{\\\"max_requests\\\":1}\": expected a list (it is ignored)",
        ),
        ("circuit_breakers: [7]", "error: circuit_breakers[0]: \"7\": expected a mapping (it is ignored)"),
        (
            "load_balancer: {cookie: {ttl: 1s}}",
            "error: load_balancer.cookie: \"{\\\"ttl\\\":\\\"1s\\\"}\": no name; expected the name of a cookie (it is ignored)",
        ),
    ];
    for (more, message) in cases {
        let text = format!("{HEAD}service: cart\ngrpc: true\n{more}\n");
        assert_eq!(said(&text), [message], "{more}");
    }
}

#[test]
fn that_nobody_rewrites_is_said_where_it_matters() {
    let message = |field: &str, value: &str| {
        format!(
            "warning: {field}: \"{value}\": Emissary replaces the prefix by rewrite (/ unless it is said); here the path \
             stays as it is (pods get the whole path)"
        )
    };
    let http = "apiVersion: getambassador.io/v2\nkind: Mapping\nname: m\nservice: cart\nprefix: /cart/\n";
    assert_eq!(said(http), [message("prefix", "/cart/")]);
    assert_eq!(said(&format!("{http}rewrite: /v1/\n")), [message("rewrite", "/v1/")]);
    assert_eq!(said(&format!("{http}rewrite: ''\n")), [""; 0]);
    assert_eq!(said(&format!("{http}rewrite: /cart/\n")), [""; 0]);
    assert_eq!(said(&format!("{http}grpc: true\n")), [""; 0]);
    assert_eq!(said(&http.replace("/cart/", "/")), [""; 0]);
}

#[test]
fn of_two_mappings_of_one_port_the_first_has_a_setting() {
    let mapping = |timeout: u32| format!("---\n{HEAD}service: cart\ngrpc: true\ntimeout_ms: {timeout}\n");
    assert_eq!(said(&[mapping(1), mapping(1)].concat()), [""; 0]);
    assert_eq!(
        said(&[mapping(1), mapping(2)].concat()),
        ["warning: timeout_ms: \"2\": contradicts getambassador.io/config Mapping m: timeout_ms, which has the same \
          setting here (chancery.dev/timeout is 1ms)"]
    );
}

#[test]
fn a_mapping_that_is_an_object_reads_the_same() {
    let spec = serde_json::json!({ "prefix": "/shop.v1.Cart/", "service": "cart.shop:80", "grpc": true, "cors": 7 });
    let serde_json::Value::Object(spec) = spec else { panic!() };
    let mapping = Mapping::object("edge", "m", spec);
    assert_eq!(mapping.service(), Some(("shop".to_owned(), "cart".to_owned())));
    let (settings, said) =
        told(translate(Compat::ALL, &Key::new("shop", "cart"), &BTreeMap::new(), std::slice::from_ref(&mapping)));
    assert_eq!(settings, ["enabled.80=true", "hosts.80=*", "protocol.80=grpc", "routes.80=/shop.v1.Cart/"]);
    assert_eq!(
        said,
        ["warning: Service shop/cart: Mapping edge/m: spec.cors: \"7\": there is nothing like it here (it is ignored)"]
    );
}
