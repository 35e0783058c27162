use super::*;

mod several;

/// The head of a Mapping of `shop/cart`.
const HEAD: &str = "apiVersion: getambassador.io/v3alpha1\nkind: Mapping\nname: m\nprefix: /shop.v1.Cart/\n";

/// What a gRPC Mapping comes to: as with Emissary it is about port 80 if it doesn't name another.
const PLAIN: [&str; 4] = ["enabled.80=true", "hosts.80=*", "protocol.80=grpc", "routes.80=/shop.v1.Cart/"];

/// The head of another one.
fn named(name: &str) -> String {
    HEAD.replace("name: m", &format!("name: {name}"))
}

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
    let added = settings.iter().filter(|one| !PLAIN.contains(&one.as_str())).map(|one| one.replacen(".80=", "=", 1));
    let added: Vec<String> = added.collect();
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
    let plain = PLAIN.map(str::to_owned).to_vec();
    for service in [
        "cart",
        "Cart",
        "cart:80",
        "'cart:'",
        "cart:0",
        "cart.shop",
        "cart.shop.svc",
        "CART.Shop.svc.cluster.local.",
        "cart.shop.svc.example.org",
        "http://cart",
        "HTTP://cart:80/v1?x=y",
        "//cart",
        "user@cart",
    ] {
        let (settings, said) = config(&format!("{HEAD}service: {service}\ngrpc: true\n"));
        assert_eq!((settings, said), (plain.clone(), vec![]), "{service}");
    }
    for (service, port) in [("cart:50051", "50051"), ("http://cart.shop:8080", "8080"), ("cart.shop.svc:1", "1")] {
        let (settings, said) = config(&format!("{HEAD}service: {service}\ngrpc: true\ntimeout_ms: 5\n"));
        let expected = ["enabled=true", "hosts=*", "protocol=grpc", "routes=/shop.v1.Cart/", "timeout=5ms"]
            .map(|setting| setting.replacen('=', &format!(".{port}="), 1));
        assert_eq!((settings, said), (expected.to_vec(), vec![]), "{service}");
    }
    for scheme in ["tcp", "grpc", "grpcs"] {
        let odd = config(&format!("{HEAD}service: {scheme}://cart\ngrpc: true\n"));
        let said = format!(
            "warning: [getambassador.io/config] Mapping m: service: \"{scheme}://cart\": not a scheme that Emissary knows; \
             expected http or https (it counts as http)"
        );
        assert_eq!(odd, (plain.clone(), vec![said]));
    }
}

#[test]
fn a_mapping_needs_the_port_that_it_means() {
    let port = |name: &str, number| Port { name: name.into(), number, app_protocol: None };
    let told = |ports: &[Port], service: &str| {
        let config = format!("{HEAD}grpc: true\nservice: {service}\n");
        let annotations = BTreeMap::from([("getambassador.io/config".to_owned(), config)]);
        told(translate(Product::Ambassador.into(), subject(&annotations, Some(ports)), Mappings::Own))
    };
    let ports = [port("http", 8080), port("", 50051)];
    let place = "error: [getambassador.io/config] Mapping m: service: ";
    let none = "the Service has no TCP port 80, the default of a Mapping; it has";
    for (ports, service, message) in [
        (&ports[..], "cart", format!("{place}\"cart\": {none} 8080 (http), 50051 (the Mapping is ignored)")),
        (&[], "cart", format!("{place}\"cart\": {none} none (the Mapping is ignored)")),
        (
            &ports[..1],
            "cart:50051",
            format!(
                "{place}\"cart:50051\": the Service has no TCP port 50051; it has 8080 (http) (the Mapping is ignored)"
            ),
        ),
    ] {
        assert_eq!(told(ports, service), (vec![], vec![message]));
    }
    let good = ["enabled.50051=true", "hosts.50051=*", "protocol.50051=grpc", "routes.50051=/shop.v1.Cart/"];
    assert_eq!(told(&ports, "cart:50051"), (good.map(str::to_owned).to_vec(), vec![]));
}

#[test]
fn a_mapping_of_another_service_is_said_and_costs_only_itself() {
    let elsewhere = |key: &str| {
        format!(
            "this Mapping is for Service {key}, and --compat reads the annotation of a Service for that Service only; chancery \
             convert writes it onto {key}"
        )
    };
    let either = |key: &str| {
        format!(
            "this Mapping is for Service {key} or a host outside of the cluster, and --compat reads the annotation of a Service \
             for that Service only; chancery convert writes it onto {key}, if that is a Service"
        )
    };
    let world = "a host outside of the cluster; only Services of the cluster are served";
    let unusable = "not a service; expected the name of a Service, with or without a port";
    let port = "not the number of a port";
    let cases = [
        ("prices", format!("warning: service: \"prices\": {}", elsewhere("shop/prices"))),
        ("cart.bank.svc", format!("warning: service: \"cart.bank.svc\": {}", elsewhere("bank/cart"))),
        ("cart.bank:80", format!("warning: service: \"cart.bank:80\": {}", either("bank/cart"))),
        ("cart\nnamespace: bank", format!("warning: service: \"cart\": {}", elsewhere("bank/cart"))),
        ("a.b.example\nresolver: endpoint", format!("warning: service: \"a.b.example\": {}", either("b/a"))),
        ("httpbin.org.", format!("warning: service: \"httpbin.org.\": {world}")),
        ("https://www.example.com", format!("warning: service: \"https://www.example.com\": {world}")),
        ("cart.shop.pod", format!("warning: service: \"cart.shop.pod\": {world}")),
        ("cart_1.shop", format!("warning: service: \"cart_1.shop\": {world}")),
        ("127.0.0.1:8877", format!("warning: service: \"127.0.0.1:8877\": {world}")),
        ("'[::1]:8877'", format!("warning: service: \"[::1]:8877\": {world}")),
        (
            "localhost:8877",
            "warning: service: \"localhost:8877\": Emissary's own pod; only Services of the cluster are served"
                .to_owned(),
        ),
        (
            "cart\nresolver: consul",
            "warning: service: \"cart\": a service in Consul; only Services of the cluster are served".to_owned(),
        ),
        (
            "cart\nhost_redirect: true",
            "warning: service: \"cart\": a host that requests are redirected to; redirects aren't supported".to_owned(),
        ),
        (
            "https://cart",
            "warning: service: \"https://cart\": Emissary speaks TLS to port 443; TLS to pods isn't supported"
                .to_owned(),
        ),
        (
            "cart:8443\ntls: true",
            "warning: tls: \"true\": Emissary speaks TLS to port 8443; TLS to pods isn't supported".to_owned(),
        ),
        (
            "http://cart\ntls: upstream",
            "warning: tls: \"upstream\": Emissary speaks TLS to port 443; TLS to pods isn't supported".to_owned(),
        ),
        ("''", "error: service: missing; expected the name of a Service, with or without a port".to_owned()),
        ("~", "error: service: missing; expected the name of a Service, with or without a port".to_owned()),
        ("7", format!("error: service: \"7\": {unusable}")),
        ("[cart]", format!("error: service: \"[\\\"cart\\\"]\": {unusable}")),
        ("größe", format!("error: service: \"größe\": {unusable}")),
        ("http:///x", format!("error: service: \"http:///x\": {unusable}")),
        ("cart:99999", format!("error: service: \"cart:99999\": {port}; expected 1 to 65535")),
        ("cart:web", format!("error: service: \"cart:web\": {port}, and Emissary reads no names; expected 1 to 65535")),
        ("cart:1:2", format!("error: service: \"cart:1:2\": {port}, and Emissary reads no names; expected 1 to 65535")),
    ];
    for (service, message) in cases {
        let text = format!("{HEAD}service: {service}\n");
        assert_eq!(said(&text), [format!("{message} (the Mapping is ignored)")], "{service}");
        assert_eq!(config(&text).0, [""; 0], "{service}");
        let with_good = format!("{text}---\n{}service: cart\ngrpc: true\n", named("m2"));
        assert_eq!(config(&with_good).0, PLAIN);
    }
}

#[test]
fn a_mapping_may_be_written_as_an_object_is() {
    let full = "apiVersion: getambassador.io/v2\nkind: Mapping\nmetadata: {name: m, labels: {a: b}}\n\
                spec: {prefix: /shop.v1.Cart/, service: cart, grpc: true, cors: {a: b}}\nstatus: {}\n";
    let cors = |path: &str| {
        format!(
            "warning: [getambassador.io/config] Mapping m: {path}cors: \"{{\\\"a\\\":\\\"b\\\"}}\": Chancery has no \
             equivalent \
             (it is ignored)"
        )
    };
    assert_eq!(config(full), (PLAIN.map(str::to_owned).to_vec(), vec![cors("spec.")]));
    let both = "apiVersion: getambassador.io/v2\nkind: Mapping\nmetadata: {name: m}\nservice: cart\ncors: {a: b}\n\
                spec: {prefix: /shop.v1.Cart/, service: prices, grpc: true}\n";
    assert_eq!(config(both), (PLAIN.map(str::to_owned).to_vec(), vec![cors("")]), "what isn't in spec wins");
    let elsewhere = full.replace("name: m,", "name: m, namespace: bank,");
    assert_eq!(config(&elsewhere).0, [""; 0]);
    let no_spec = "apiVersion: getambassador.io/v2\nkind: Mapping\nmetadata: 7\nspec: words\n";
    assert_eq!(
        config(no_spec).1,
        [
            "error: [getambassador.io/config] Mapping #1: spec.service: missing; expected the name of a Service, with or without \
          a port (the Mapping is ignored)"
        ]
    );
}

#[test]
fn without_grpc_pods_are_spoken_to_as_emissary_speaks_to_them() {
    let (settings, told) = config("{apiVersion: ambassador/v1, kind: Mapping, name: m, prefix: /, service: cart}");
    assert_eq!(
        (settings.join(" "), told),
        ("enabled.80=true hosts.80=* protocol.80=http1 routes.80=/".to_owned(), vec![])
    );
    let (http, grpc) = ("service: cart\nrewrite: ''\n", "service: cart\ngrpc: true\n");
    let told = |value: &str, before: &str, word: &str| {
        let value = if value.is_empty() { value.to_owned() } else { format!(" \"{value}\":") };
        vec![format!(
            "warning: [getambassador.io/config] Mapping m2: grpc:{value} contradicts getambassador.io/config Mapping \
             {before}: grpc, which has the same setting here (chancery.dev/protocol.80 is {word})"
        )]
    };
    let (settings, said_of_http) = config(&format!("{HEAD}{grpc}---\n{}{http}", named("m2")));
    assert_eq!((settings, said_of_http), (PLAIN.map(str::to_owned).to_vec(), told("", "m", "grpc")));
    let (settings, said_of_grpc) = config(&format!("{HEAD}{http}---\n{}{grpc}", named("m2")));
    assert_eq!((settings[2].as_str(), said_of_grpc), ("protocol.80=http1", told("true", "m", "http1")));
    let upgraded = |more: &str| said(&format!("{HEAD}service: cart\nrewrite: ''\n{more}\n"));
    for more in ["use_websocket: true", "allow_upgrade: [websocket]", "allow_upgrade: [WebSocket]"] {
        assert_eq!(upgraded(more), [""; 0], "{more}");
        assert_eq!(upgraded(&format!("{more}\ngrpc: true")).len(), 1, "{more}");
    }
    assert_eq!(upgraded("allow_upgrade: [websocket, spdy/3.1]").len(), 1);
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
        ("keepalive: {idle_time: 30}", "tcp-keepalive=on"),
        ("resolver: endpoint", ""),
        ("resolver: kubernetes-service", ""),
        ("ambassador_id: default", ""),
        ("ambassador_id: [edge, default]", ""),
        // What is shown of a Mapping of v3alpha1 if one of v2 is asked for, and the other way round.
        ("ambassador_id: [--apiVersion-v3alpha1-only--default]", ""),
        ("ambassador_id: --apiVersion-v3alpha1-only--default", ""),
        ("host: _skip_mapping_with_empty_host_\nhost_regex: false\nv3StatsName: cart", ""),
        ("v2BoolHeaders: [a]\nv2BoolQueryParameters: [b]\nv2ExplicitTLS: {tls: string}\nhostname: '*'", ""),
        ("case_sensitive: true\nprecedence: 0\npriority: default\nrespect_dns_ttl: true", ""),
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
        let routed = routed.map(|one| one.replacen(".80=", "=", 1));
        (routed.collect::<Vec<_>>().join(" "), said(&text))
    };
    let hosts = |hosts: &str| (format!("hosts={hosts} routes=/shop.v1.Cart/"), Vec::<String>::new());
    assert_eq!(routed("host: shop.example"), hosts("shop.example"));
    assert_eq!(routed("hostname: '*.shop.example'"), hosts("*.shop.example"));
    assert_eq!(routed("hosts: [b.example, 'a.example:8080']"), hosts("a.example:8080,b.example"));
    let ignored = "warning: host: \"a.example\": hostname says which hosts are meant, and Emissary reads that one (it is ignored)";
    assert_eq!(routed("hostname: '*'\nhost: a.example"), (hosts("*").0, vec![ignored.to_owned()]));
    assert_eq!(routed("host: Shop.Example"), hosts("shop.example"));
    assert_eq!(routed("headers: {':Authority': shop.example}"), hosts("shop.example"));
    assert_eq!(routed("headers: {':authority': shop.example}\nhost: a.example"), hosts("a.example"));
    let second = |more: &str| {
        format!("---\n{}service: cart\ngrpc: true\n{more}", named("m2").replace("/shop.v1.Cart/", "/a.B/"))
    };
    let (both, said) = routed(&second(""));
    assert_eq!((both.as_str(), said.len()), ("hosts=* routes=/a.B/,/shop.v1.Cart/", 0));
    let same = format!("---\n{}service: cart\ngrpc: true\nhost: b.example\n", named("m2"));
    assert_eq!(routed(&format!("host: a.example\n{same}")), hosts("a.example,b.example"), "the prefix is the same");
    let (both, said) = routed(&second("host: a.example"));
    assert_eq!(both, "hosts=* routes=/shop.v1.Cart/", "the second's prefix isn't to be had under every host");
    assert_eq!(
        said,
        [
            "warning: [getambassador.io/config] Mapping m2: host: \"a.example\": other hosts than getambassador.io/config Mapping m: prefix, and here all \
          prefixes of a port have the same (its prefix isn't routed; the Service is served under its own names)"
        ]
    );
}

#[test]
fn what_narrows_a_mapping_must_not_widen_it() {
    let not_routed = "(its prefix isn't routed; the Service is served under its own names)";
    let cases = [
        ("headers: {x-canary: yes}", "headers: \"{\\\"x-canary\\\":true}\": Chancery has no equivalent"),
        ("regex_headers: {a: b}", "regex_headers: \"{\\\"a\\\":\\\"b\\\"}\": Chancery has no equivalent"),
        ("method: POST", "method: \"POST\": Chancery has no equivalent"),
        ("query_parameters: {a: b}", "query_parameters: \"{\\\"a\\\":\\\"b\\\"}\": Chancery has no equivalent"),
        ("prefix_regex: true", "prefix_regex: \"true\": Chancery has no equivalent"),
        ("prefix_exact: true", "prefix_exact: \"true\": Chancery has no equivalent"),
        ("shadow: true", "shadow: \"true\": Chancery has no equivalent"),
        ("host: a.*\nhost_regex: true", ""),
        ("weight: 10", "weight: \"10\": requests of one prefix can't be split by weight here"),
        ("weight: 0", "weight: \"0\": requests of one prefix can't be split by weight here"),
        ("hostname: 'a*'", ""),
        ("host: '*'", ""),
        ("host: '*.example'", ""),
        ("headers: {':authority': '*.example'}", ""),
        ("headers: {':authority': a.example, x-canary: 'yes'}", ""),
        ("headers: {':authority': true}", ""),
        ("host: 'a.example,b.example'", ""),
        ("host: ['a.example', 7]", ""),
        ("host: {a: b}", ""),
    ];
    for prefix in ["shop", "'/a,/b'", "7", "'/größe'", "'/a b'", "{a: b}"] {
        let text = HEAD.replace("/shop.v1.Cart/", prefix);
        let text = format!("{text}service: cart\ngrpc: true\n");
        assert_eq!(config(&text).0, ["enabled.80=true", "protocol.80=grpc"], "{prefix}");
        let message = "not a prefix that can be matched here; expected a path, which begins with /";
        assert!(said(&text)[0].contains(message) && said(&text)[0].ends_with(not_routed), "{:?}", said(&text));
    }
    for (more, message) in cases {
        let text = format!("{HEAD}service: cart\ngrpc: true\n{more}\n");
        assert_eq!(config(&text).0, ["enabled.80=true", "protocol.80=grpc"], "{more}");
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
            "warning: cors: \"{\\\"origins\\\":\\\"x\\\"}\": Chancery has no equivalent (it is ignored)",
        ),
        ("bypass_auth: true", "warning: bypass_auth: \"true\": Chancery has no equivalent (it is ignored)"),
        (
            "ambassador_id: [edge]",
            "warning: ambassador_id: \"[\\\"edge\\\"]\": Chancery has no equivalent (it is ignored)",
        ),
        (
            "ambassador_id: [--apiVersion-v3alpha1-only--edge]",
            "warning: ambassador_id: \"[\\\"--apiVersion-v3alpha1-only--edge\\\"]\": Chancery has no equivalent (it is \
             ignored)",
        ),
        ("v3health_checks: [{}]", "warning: v3health_checks: \"[{}]\": Chancery has no equivalent (it is ignored)"),
        (
            "case_sensitive: false",
            "warning: case_sensitive: \"false\": paths are compared with their case here (requests in another case aren't \
             routed)",
        ),
        ("precedence: 1", "warning: precedence: \"1\": Chancery has no equivalent (it is ignored)"),
        ("priority: high", "warning: priority: \"high\": Chancery has no equivalent (it is ignored)"),
        (
            "regex_rewrite: {pattern: a, substitution: b}",
            "warning: regex_rewrite: \"{\\\"pattern\\\":\\\"a\\\",\\\"substitution\\\":\\\"b\\\"}\": Chancery has no \
             equivalent (it is ignored)",
        ),
        (
            "resolver: consul-dc1",
            "warning: resolver: \"consul-dc1\": not read (requests are balanced over the pods, as ever)",
        ),
        ("timeout: 3", "warning: timeout: \"3\": Chancery has no equivalent (it is ignored)"),
        ("größe: 3", "warning: größe: \"3\": Chancery has no equivalent (it is ignored)"),
        (
            "keepalive: {time: 10}",
            "warning: keepalive.time: \"10\": there is only one TCP keepalive here, whose time is 30 (time is 30)",
        ),
        (
            "load_balancer: {cookie: {name: c, path: /a}}",
            "warning: load_balancer.cookie.path: \"/a\": Chancery has no equivalent (it is ignored)",
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
