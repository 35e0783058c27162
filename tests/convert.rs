//! `chancery convert`, and `--compat` of the other commands, as their users call them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

const CHANCERY: &str = env!("CARGO_BIN_EXE_chancery");

const AMBASSADOR: &str = r#"
apiVersion: v1
kind: Service
metadata:
  name: cart
  namespace: shop
  annotations:
    getambassador.io/config: |
      ---
      apiVersion: getambassador.io/v2
      kind: Mapping
      name: cart
      prefix: /shop.v1.Cart/
      rewrite: ""
      service: cart:50051
      grpc: true
      load_balancer: {policy: least_request}
      retry_policy: {retry_on: gateway-error, num_retries: 3}
spec:
  ports: [{name: main, port: 50051}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: cart-1, namespace: shop, labels: {kubernetes.io/service-name: cart}}
addressType: IPv4
ports: [{name: main, port: 50051}]
endpoints: [{addresses: [10.0.0.1]}]
"#;

/// The exit code, what it printed, and what it said on stderr.
fn run(arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut command = Command::new(CHANCERY);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let ours = |name: &str| name.starts_with("CHANCERY_") || name == "RUST_LOG";
    std::env::vars().filter(|(name, _)| ours(name)).for_each(|(name, _)| {
        command.env_remove(name);
    });
    let mut child = command.spawn().unwrap();
    // Whoever is told to use a flag right doesn't read what it is given.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!stderr.contains("panicked"), "{stderr}");
    (output.status.code().expect("no signal ended it"), String::from_utf8(output.stdout).unwrap(), stderr)
}

fn service(annotations: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Service, metadata: {{name: cart, namespace: shop, annotations: {{{annotations}}}}}}}"
    )
}

#[test]
fn help_has_examples() {
    let (code, out, err) = run(&["convert", "--help"], "");
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("\n  chancery convert ./services > chancery.yaml\n"), "{out}");
    assert!(out.contains("kubectl apply --server-side"), "{out}");
    assert!(run(&["--help"], "").1.contains("\n  convert "));
}

#[test]
fn it_prints_a_patch_with_the_annotations_of_ours() {
    let input = service("projectcontour.io/upstream-protocol.h2c: '80', retry.linkerd.io/grpc: internal, a: b");
    let (code, out, err) = run(&["convert", "-"], &input);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(
        out,
        r"apiVersion: v1
kind: Service
metadata:
  annotations:
    chancery.dev/protocol.80: http2
    chancery.dev/retry-on: internal
  name: cart
  namespace: shop
"
    );
    let (code, out, _) = run(&["convert", "-", "-o", "text"], &input);
    assert_eq!(
        (code, out.as_str()),
        (
            0,
            "kubectl annotate --overwrite --namespace shop service cart chancery.dev/protocol.80=http2 \
             chancery.dev/retry-on=internal\n"
        )
    );
    let (code, out, _) = run(&["convert", "-", "--compat", "linkerd.io"], &input);
    assert!(code == 0 && out.contains("retry-on") && !out.contains("protocol"), "{out}");
}

#[test]
fn text_for_a_shell_is_quoted() {
    let name = "{apiVersion: v1, kind: Service, metadata: {name: \"$(x) 'y'\", annotations: {retry.linkerd.io/grpc: internal}}}";
    let (_, out, _) = run(&["convert", "-", "-o", "text"], name);
    assert!(out.contains(r"service '$(x) '\''y'\''' chancery.dev/retry-on=internal"), "{out}");
}

#[test]
fn what_is_not_understood_is_a_comment_and_goes_to_stderr() {
    let input = service(
        "projectcontour.io/upstream-protocol.tls: '80', retry.linkerd.io/limit: many, retry.linkerd.io/grpc: internal",
    );
    let (code, out, err) = run(&["convert", "-"], &input);
    assert_eq!(code, 1);
    let lines: Vec<&str> = err.lines().collect();
    assert_eq!(lines.len(), 2, "{err}");
    assert_eq!(
        lines[0],
        "-:1: warning: Service shop/cart: metadata.annotations[projectcontour.io/upstream-protocol.tls]: \"80\": TLS to \
         pods isn't supported (it is ignored)"
    );
    assert!(
        lines[1].starts_with("-:1: error: Service shop/cart: metadata.annotations[retry.linkerd.io/limit]: \"many\"")
    );
    let comments: Vec<&str> = out.lines().filter_map(|line| line.strip_prefix("# ")).collect();
    assert_eq!(comments, lines);
    assert!(out.contains("\n    chancery.dev/retry-on: internal\n") && !out.contains("num-retries:"), "{out}");
}

/// `shop/<name>` with these ports.
fn with_ports(name: &str, ports: &str) -> String {
    format!(
        "---\n{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: shop}}, spec: {{ports: {ports}}}}}\n"
    )
}

/// A Mapping that is an object of its own, in the namespace `edge`.
fn mapping(service: &str, more: &str) -> String {
    format!(
        "---\napiVersion: getambassador.io/v3alpha1\nkind: Mapping\nmetadata: {{name: m, namespace: edge}}\n\
         spec: {{service: '{service}', prefix: /, grpc: true, {more}}}\n"
    )
}

#[test]
fn mappings_that_are_objects_are_converted_onto_the_service_they_name() {
    let cart = with_ports("cart", "[{port: 80}]");
    let (code, out, err) =
        run(&["convert", "-"], &(mapping("cart.shop:80", "load_balancer: {policy: least_request}") + &cart));
    assert_eq!((code, err.as_str()), (0, ""));
    for line in [
        "chancery.dev/enabled.80: \"true\"",
        "chancery.dev/lb-policy.80: least-request",
        "name: cart",
        "namespace: shop",
    ] {
        assert!(out.contains(line), "{out}");
    }
    let (code, _, err) = run(&["convert", "-"], &mapping("cart", "cors: {a: b}"));
    assert_eq!(code, 1);
    assert!(err.starts_with("-:2: warning: Service edge/cart: Mapping edge/m: spec.cors: "), "{err}");
    let (code, out, err) = run(&["convert", "-"], &mapping("[::1]", ""));
    assert_eq!(code, 1);
    assert!(err.contains("Mapping edge/m: spec.service: \"[::1]\": a host outside of the cluster"), "{err}");
    assert!(out.starts_with("# ") && out.lines().count() == 1, "{out}");
    let (code, out, _) = run(&["convert", "-", "--compat=linkerd.io"], &mapping("[::1]", ""));
    assert_eq!((code, out.as_str()), (0, ""));
}

#[test]
fn hosts_outside_of_the_cluster_do_not_become_services() {
    for service in ["httpbin.org:80", "127.0.0.1:8877", "api.example.com", "https://www.example.com", "localhost:8877"]
    {
        let (code, out, err) = run(&["convert", "-"], &mapping(service, ""));
        assert_eq!((code, err.lines().count()), (1, 1), "{service}: {err}");
        assert!(!out.contains("kind: Service") && err.contains(service), "{service}: {out}");
    }
    // It is a Service if there is one.
    let there = "{apiVersion: v1, kind: Service, metadata: {name: httpbin, namespace: org}}\n";
    let (code, out, err) = run(&["convert", "-"], &(there.to_owned() + &mapping("httpbin.org:80", "")));
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("name: httpbin\n  namespace: org"), "{out}");
    // A bare name can only be one, and a namespace that is known makes the other name one, too. That it isn't there is said.
    for service in ["gone", "gone.edge", "gone.shop.svc.cluster.local"] {
        let (code, out, err) = run(&["convert", "-"], &mapping(service, ""));
        assert!(code == 1 && out.contains("name: gone\n"), "{service}: {out}");
        assert!(err.contains("this Service isn't among what was read"), "{service}: {err}");
    }
}

#[test]
fn a_mapping_without_a_port_is_about_port_80() {
    let input = service(
        "getambassador.io/config: '{apiVersion: ambassador/v1, kind: Mapping, name: m, prefix: /shop/, \
         rewrite: \"\", timeout_ms: 5, service: cart}'",
    );
    let with = |ports: &str| format!("{}, spec: {{ports: {ports}}}}}", input.strip_suffix('}').unwrap());
    let (code, out, err) = run(&["convert", "-"], &with("[{name: http, port: 80}, {name: grpc, port: 50051}]"));
    assert_eq!((code, err.as_str()), (0, ""));
    let keys: Vec<_> = out.lines().filter_map(|line| line.trim().strip_prefix("chancery.dev/")).collect();
    assert_eq!(
        keys,
        ["enabled.80: \"true\"", "hosts.80: \"*\"", "protocol.80: http1", "routes.80: /shop/", "timeout.80: 5ms"]
    );
    let (code, out, err) = run(&["convert", "-"], &with("[{name: http, port: 8080}]"));
    assert!(code == 1 && !out.contains("kind: Service"), "{out}");
    assert!(err.contains("the Service has no TCP port 80, the default of a Mapping; it has 8080 (http)"), "{err}");

    // What is ours already stays, also by the name of the port.
    let ours =
        with("[{name: http, port: 80}]").replace("annotations: {", "annotations: {chancery.dev/timeout.http: 1s, ");
    let (code, out, _) = run(&["convert", "-"], &ours);
    assert!(code == 0 && out.contains("routes.80") && !out.contains("timeout"), "{out}");
}

#[test]
fn mappings_reach_the_service_that_they_name_wherever_they_stand() {
    let config = |name: &str, service: &str| {
        format!(
            "'{{apiVersion: ambassador/v1, kind: Mapping, name: {name}, prefix: /{name}/, rewrite: \"\", cors: {{a: b}}, \
             service: \"{service}\"}}'"
        )
    };
    let gateway = |kind: &str, service: &str| {
        format!(
            "---\n{kind}, metadata: {{name: gateway, namespace: shop, annotations: {{getambassador.io/config: {}}}}}}}\n",
            config("a", service)
        )
    };
    let cart = with_ports("cart", "[{port: 50051}]");
    let on_service = gateway("{apiVersion: v1, kind: Service", "cart:50051");
    let (code, out, err) = run(&["convert", "-"], &(on_service + &cart));
    assert_eq!(code, 1, "cors has no counterpart");
    assert!(
        err.starts_with(
            "-:2: warning: Service shop/cart: Service shop/gateway: metadata.annotations[getambassador.io/config] Mapping a: \
             cors: "
        ),
        "{err}"
    );
    assert!(out.contains("chancery.dev/routes.50051: /a/\n  name: cart\n") && !out.contains("name: gateway"), "{out}");

    let on_ingress = gateway("{apiVersion: networking.k8s.io/v1, kind: Ingress", "cart:50051");
    let (_, out, err) = run(&["convert", "-"], &(on_ingress + &cart));
    assert!(out.contains("chancery.dev/routes.50051: /a/\n  name: cart\n"), "{out}");
    assert!(
        err.contains("Ingress shop/gateway: metadata.annotations[getambassador.io/config] Mapping a: cors: "),
        "{err}"
    );

    let (code, out, err) = run(&["convert", "-"], &gateway("{apiVersion: v1, kind: Service", "httpbin.org"));
    assert!(code == 1 && !out.contains("kind: Service"), "{out}");
    assert!(
        err.starts_with(
            "-:2: warning: Service shop/gateway: metadata.annotations[getambassador.io/config] Mapping a: service: "
        ),
        "{err}"
    );
}

#[test]
fn what_emissary_splits_between_services_is_said() {
    let services = with_ports("a", "[{port: 80}]") + &with_ports("b", "[{port: 80}]");
    let second = mapping("b.shop", "").replace("name: m,", "name: m2,");
    let (code, _, err) = run(&["convert", "-"], &(services + &mapping("a.shop", "") + &second));
    assert_eq!((code, err.lines().count()), (1, 1), "{err}");
    assert!(
        err.contains("Service shop/b: Mapping edge/m2: spec.prefix: \"/\": Service shop/a takes it on host *, too; Emissary splits"),
        "{err}"
    );
}

#[test]
fn what_emissary_splits_between_ports_is_said() {
    let service = with_ports("cart", "[{name: a, port: 80}, {name: b, port: 8080}]");
    let second = mapping("cart.shop:80", "").replace("name: m,", "name: m2,");
    let (code, _, err) = run(&["convert", "-"], &(service.clone() + &mapping("cart.shop:8080", "") + &second));
    assert_eq!((code, err.lines().count()), (1, 1), "{err}");
    assert!(
        err.contains(
            "Service shop/cart: Mapping edge/m: spec.prefix: \"/\": port 80 takes it on host *, too; Emissary splits the \
             requests, and here the lower port has all of them"
        ),
        "{err}"
    );
    let same = mapping("cart.shop:8080", "timeout_ms: 5").replace("name: m,", "name: m2,");
    assert_eq!(run(&["convert", "-"], &(service + &mapping("cart.shop:8080", "") + &same)).2, "", "one port");
}

#[test]
fn what_lint_would_refuse_is_said() {
    let said = |more: &str, ports: &str| {
        let (code, _, err) = run(&["convert", "-"], &(with_ports("cart", ports) + &mapping("cart.shop", more)));
        assert_eq!(code, i32::from(!err.is_empty()), "{err}");
        err
    };
    let one = "[{name: http, port: 80}]";
    let err = said("load_balancer: {policy: ring_hash}", one);
    assert!(err.contains("error: Service shop/cart: Mapping edge/m: spec.load_balancer.policy: \"ring_hash\": needs to know what to hash"), "{err}");
    let err = said("load_balancer: {policy: round_robin, header: x}", one);
    assert!(err.contains("Mapping edge/m: spec.load_balancer.header: \"x\": "), "{err}");
    assert_eq!(said("load_balancer: {policy: ring_hash, header: x}", one), "");
    assert_eq!(
        said("timeout_ms: 5", "[{port: 80}, {port: 81}, {port: 443}]"),
        "",
        "what the ports leave in doubt is theirs"
    );

    let h2c = |ports: &str| {
        let head = service("projectcontour.io/upstream-protocol.h2c: '80,9999', chancery.dev/timeout.7: 1s");
        run(&["convert", "-"], &format!("{}, spec: {{ports: {ports}}}}}", head.strip_suffix('}').unwrap()))
    };
    let (code, _, err) = h2c(one);
    assert_eq!((code, err.lines().count()), (1, 1), "{err}");
    assert!(
        err.contains("metadata.annotations[projectcontour.io/upstream-protocol.h2c]: \"9999\": the Service has no such TCP port; it has"),
        "{err}"
    );
    assert_eq!(h2c("~").2, "", "nobody knows the ports");
}

#[test]
fn what_kubectl_prints_of_mappings_of_v3alpha1_is_read_as_they_are() {
    let shown = mapping(
        "cart.shop",
        "ambassador_id: [--apiVersion-v3alpha1-only--default], host: _skip_mapping_with_empty_host_, v3StatsName: cart",
    );
    let shown = shown.replace("v3alpha1\n", "v2\n");
    let cart = with_ports("cart", "[{port: 80}]");
    let original = run(&["convert", "-"], &(cart.clone() + &mapping("cart.shop", "")));
    assert!(original.0 == 0 && original.1.contains("chancery.dev/hosts.80: \"*\""), "{original:?}");
    assert_eq!(run(&["convert", "-"], &(cart + &shown)), original);
}

#[test]
fn mappings_that_lead_nowhere_are_said() {
    let external = "{apiVersion: v1, kind: Service, metadata: {name: cart, namespace: shop}, \
                    spec: {type: ExternalName, externalName: shop.example}}\n";
    let (code, out, err) = run(&["convert", "-"], &(external.to_owned() + &mapping("cart.shop", "")));
    assert!(code == 1 && !out.contains("chancery.dev/"), "{out}");
    assert!(
        err.contains("the Service is an ExternalName, which has no pods to balance over (the Mapping is ignored)"),
        "{err}"
    );

    let other = mapping("cart.shop", "").replace("v3alpha1", "v4");
    let (code, out, err) = run(&["convert", "-"], &other);
    assert_eq!((code, out.lines().count()), (1, 1), "{out}");
    assert!(
        err.contains("Mapping edge/m: apiVersion: \"getambassador.io/v4\": not supported; expected a Mapping of"),
        "{err}"
    );
    assert_eq!(run(&["convert", "-", "--compat=linkerd.io"], &other), (0, String::new(), String::new()));

    let template = mapping("cart.shop", "").replace("name: m,", "name: {{ .Release.Name }},");
    let (code, out, err) = run(&["convert", "-"], &template);
    assert_eq!((code, out.as_str()), (1, ""), "traffic is left out");
    assert!(err.contains("is a Helm template"), "{err}");
}

#[test]
fn who_uses_compat_is_told_of_mappings_that_only_convert_reads() {
    let ingress = "---\n{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, annotations: \
                   {getambassador.io/config: ''}}}\n";
    let input = AMBASSADOR.to_owned() + &mapping("cart.shop", "") + ingress;
    let line =
        "left alone: 2 objects with Mappings of Emissary (chancery convert writes them onto the Services they name)\n";
    for command in ["render", "lint", "explain"] {
        let run = |compat: &str| {
            let (_, out, err) = match command {
                "explain" => run(&["explain", "cart.shop", "--manifests=-", compat], &input),
                _ => run(&[command, "-", compat], &input),
            };
            out + &err
        };
        assert!(run("--compat=all").contains(line), "{command}: {}", run("--compat=all"));
        assert!(!run("--compat=linkerd.io").contains("left alone"), "{command}");
    }
}

#[test]
fn of_two_mappings_of_one_name_the_first_counts() {
    let services = with_ports("a", "[{port: 80}]") + &with_ports("b", "[{port: 80}]");
    let twice = services.clone() + &mapping("a.shop", "") + &mapping("a.shop", "");
    assert_eq!(run(&["convert", "-"], &twice).0, 0, "one object, declared twice");
    let (code, out, err) = run(&["convert", "-"], &(services + &mapping("a.shop", "") + &mapping("b.shop", "")));
    assert!(code == 1 && !out.contains("name: b\n"), "{out}");
    assert!(
        err.contains(": Mapping edge/m: spec.service: \"b.shop\": one of this name is at -:6, and that one counts"),
        "{err}"
    );
}

#[test]
fn what_has_nothing_to_do_with_it_says_nothing() {
    let plain = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}\n---\n\
                 {apiVersion: v1, kind: Service, metadata: {name: b, labels: {x: 7}, annotations: {y: true}}, spec: {ports: x}}\n\
                 ---\n{apiVersion: getambassador.io/v2, kind: Host, metadata: {name: c}}\n";
    assert_eq!(run(&["convert", "-"], plain), (0, String::new(), String::new()));
    let tcp =
        "{apiVersion: getambassador.io/v2, kind: TCPMapping, metadata: {name: t, namespace: shop}, spec: {port: 1}}";
    let (code, out, err) = run(&["convert", "-"], tcp);
    assert_eq!(code, 1);
    assert_eq!(
        err,
        "-:1: error: TCPMapping shop/t: connections that aren't HTTP aren't routed here (it is left out)\n"
    );
    assert_eq!(out, format!("# {err}"));
}

#[test]
fn converting_what_was_converted_gives_nothing_new() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("converted.yaml");
    let (code, out, err) = run(&["convert", "-"], AMBASSADOR);
    assert_eq!((code, err.as_str()), (0, ""));
    fs::write(&file, &out).unwrap();
    assert_eq!(run(&["convert", file.to_str().unwrap()], ""), (0, String::new(), String::new()));

    // Nor does it once the patch is part of the Service.
    let patch: serde_json::Value = serde_saphyr::from_str(&out).unwrap();
    let annotations = patch["metadata"]["annotations"].as_object().unwrap();
    let lines = annotations.iter().map(|(name, text)| format!("    {name}: {text}\n")).collect::<Vec<_>>().concat();
    let patched = AMBASSADOR.replacen("  annotations:\n", &format!("  annotations:\n{lines}"), 1);
    assert_eq!(run(&["convert", "-"], &patched), (0, String::new(), String::new()));
    let with_compat = run(&["render", "-", "--compat=all"], AMBASSADOR);
    assert_eq!(run(&["render", "-"], &patched), with_compat, "serving it needs no --compat any more");
    assert!(with_compat.1.contains("shop/cart/50051"));
}

#[test]
fn bad_files_and_flags_are_told() {
    let (code, out, err) = run(&["convert", "-"], "a: [");
    assert!(code == 1 && err.starts_with("-:") && out.starts_with("# -:"), "{err}");
    let (code, _, err) = run(&["convert", "/no/such/file"], "");
    assert!(code == 1 && err.contains("/no/such/file"), "{err}");
    for command in ["convert", "render", "lint"] {
        let (code, _, err) = run(&[command, "-", "--compat=getambasador.io"], "");
        assert!(code == 2 && err.contains("(did you mean getambassador.io?)"), "{err}");
    }
    let (code, _, err) = run(&["serve", "--compat", "contour"], "");
    assert!(code == 2 && err.contains("(did you mean projectcontour.io?)"), "{err}");
}

#[test]
fn render_and_lint_read_others_when_they_are_told_to() {
    assert!(!run(&["render", "-"], AMBASSADOR).1.contains("shop/cart"));
    let (code, out, err) = run(&["render", "-", "--compat", "getambassador.io"], AMBASSADOR);
    assert!(code == 0 && out.contains("10.0.0.1") && out.contains("least_request"), "{err}{out}");
    let bad = AMBASSADOR.replace("num_retries: 3", "num_retries: many");
    assert_eq!(run(&["lint", "-"], &bad).0, 0);
    let (code, out, _) = run(&["lint", "-", "--compat=all"], &bad);
    assert_eq!(code, 1);
    assert!(
        out.contains(
            "-:8: error: Service shop/cart: metadata.annotations[getambassador.io/config] Mapping cart: \
             retry_policy.num_retries: \"many\": not a whole number"
        ),
        "{out}"
    );
}
