//! Repositories as people have them: manifests of much that doesn't take part, templates, and files that are none.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that can't go on has failed"
)]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use rig::serve::Serve;
use rig::soon;
use serde_json::Value;
use tempfile::TempDir;

const CHANCERY: &str = env!("CARGO_BIN_EXE_chancery");

/// What nobody may ever see of a file that is no Kubernetes object.
const SECRET: &str = "hunter2";

/// Objects and files that nobody meant for us, with every mistake that they can have.
const FOREIGN: [(&str, &str); 16] = [
    ("docker-compose.yml", "version: '3'\nservices: {web: {image: x, environment: {PASSWORD: hunter2}}}\n"),
    ("package.json", r#"{"name": "hunter2", "version": "1.0.0"}"#),
    ("secret.yaml", "hunter2\n"),
    ("secrets.yaml", "[hunter2, 5]\n"),
    ("broken.yaml", "password: 'hunter2\n"),
    ("binary.json", "hunter2\u{0}\u{1}"),
    ("chart/Chart.yaml", "apiVersion: v2\nname: hunter2\nversion: 1.0.0\n"),
    ("chart/values.yaml", "service:\n  annotations: {chancery.dev/enabled: \"true\"}\n  password: hunter2\n"),
    (
        "chart/templates/deployment.yaml",
        "{{- if .Values.on }}\nkind: Deployment\nspec: {{ .Values.hunter2 }}\n{{- end }}\n",
    ),
    (
        "chart/templates/service.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: '{{ .Values.hunter2 }}'}\nspec: {}\n",
    ),
    ("base/kustomization.yaml", "resources: [web.yaml]\n"),
    ("base/web.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"),
    ("overlay/kustomization.yaml", "resources: [../base]\npatches: [{path: patch.yaml}]\n"),
    ("overlay/patch.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort}\n"),
    ("unusable.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: Web}\nspec: {ports: [{port: http}]}\n"),
    ("twice.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, name: b}\nspec: 1\nspec: 2\n"),
];

const LEFT_ALONE: &str = "left alone: 8 files without Kubernetes objects, 2 Helm templates (render them first: helm template … | \
                          chancery lint -), 2 files that can't be parsed, 2 objects that can't be used and don't take part, 1 \
                          object that stands elsewhere, too, and doesn't take part";

const CART: &str = "apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop, annotations: {chancery.dev/enabled: \"true\"}}
spec: {ports: [{name: grpc, port: 50051}]}
";

const SLICE: &str = "apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: cart-1, namespace: shop, labels: {kubernetes.io/service-name: cart}}
addressType: IPv4
ports: [{name: grpc, port: 50051}]
endpoints: [{addresses: [10.0.0.1]}]
";

/// The program, and this on its standard input: its exit code, what it printed, and what it said on stderr.
fn run(arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut command = Command::new(CHANCERY);
    let ours = |name: &str| name.starts_with("CHANCERY_") || name == "RUST_LOG";
    std::env::vars().filter(|(name, _)| ours(name)).for_each(|(name, _)| {
        command.env_remove(name);
    });
    let pipes = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    // It may have no use for it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().expect("no signal ended it"), text(output.stdout), text(output.stderr))
}

fn repository(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    directory
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn lint(files: &[(&str, &str)]) -> (i32, String) {
    let repository = repository(files);
    let (code, out, err) = run(&["lint", text(repository.path())], "");
    assert_eq!(err, "");
    (code, out.replace(&format!("{}/", text(repository.path())), ""))
}

#[test]
fn what_nobody_meant_for_us_is_one_line() {
    assert_eq!(lint(&FOREIGN), (0, format!("{LEFT_ALONE}\n3 objects: 0 errors, 0 warnings\n")));
    // Beside what takes part.
    let (code, out) = lint(&[&FOREIGN[..], &[("shop/cart.yaml", CART), ("shop/slice.yaml", SLICE)]].concat());
    assert_eq!((code, out.as_str()), (0, format!("{LEFT_ALONE}\n5 objects: 0 errors, 0 warnings\n").as_str()));
}

#[test]
fn programs_read_a_list_and_find_the_line_on_stderr() {
    let repository = repository(&FOREIGN);
    let (code, out, err) = run(&["lint", text(repository.path()), "-o", "json"], "");
    assert_eq!((code, out.as_str(), err), (0, "[]\n", format!("{LEFT_ALONE}\n")));
    let (code, out, err) = run(&["render", text(repository.path()), "-o", "json"], "");
    assert_eq!((code, err), (0, format!("{LEFT_ALONE}\n")));
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["clusters"], Value::Array(vec![]));
}

#[test]
fn nothing_of_a_file_that_is_no_object_is_shown() {
    let repository = repository(&[&FOREIGN[..], &[("cart.yaml", CART)]].concat());
    let path = text(repository.path());
    for arguments in [
        &["lint", path][..],
        &["lint", path, "-o", "json"],
        &["render", path],
        &["explain", "cart.shop", "--manifests", path],
        &["explain", "no.shop", "--manifests", path],
        &["convert", path],
    ] {
        let (_, out, err) = run(arguments, "");
        assert!(!out.contains(SECRET) && !err.contains(SECRET), "{arguments:?}: {out}{err}");
    }
    for input in
        ["hunter2", "- hunter2\n- apiVersion: v1\n", "chancery.dev/enabled: 'hunter2\n", "[*hunter2, chancery.dev/a]"]
    {
        for command in ["lint", "render", "convert"] {
            let (_, out, err) = run(&[command, "-"], input);
            assert!(!out.contains(SECRET) && !err.contains(SECRET), "{command}: {input:?}: {out}{err}");
        }
    }
}

#[test]
fn what_was_meant_for_us_and_cannot_be_read_is_an_error() {
    for (broken, message) in [
        (CART.replace("name: cart", "name: ["), "error: "),
        (CART.replace("kind: Service\n", ""), "error: `kind` is missing; expected a Kubernetes object"),
        (CART.replace("apiVersion: v1\n", ""), "error: `apiVersion` is missing; expected a Kubernetes object"),
        (CART.replace("apiVersion: v1", "apiVersion: v2"), "error: \"v2\": is no version of Service"),
        (CART.replace("name: cart", "name: Cart"), "error: Service shop/Cart: metadata.name: \"Cart\": "),
        (
            format!("{CART}spec: {{ports: [{{port: 1}}]}}\n"),
            "error: Service shop/cart: spec: is set twice; the other is one line",
        ),
        (format!("{CART}---\n{CART}"), "error: \"Service shop/cart\": defined twice in this file"),
        (format!("{CART}---\n[not: closed"), "error: "),
    ] {
        let (code, out) = lint(&[("a.yaml", &broken)]);
        assert_eq!(code, 1, "{broken}: {out}");
        assert!(out.lines().any(|line| line.starts_with("a.yaml:") && line.contains(message)), "{broken}: {out}");
    }
}

#[test]
fn a_patch_that_opts_in_is_told_to_render_the_kustomization() {
    let patch = "apiVersion: v1\nkind: Service\nmetadata: {name: web, annotations: {chancery.dev/enabled: \"true\"}}\n";
    let (code, out) = lint(&[&FOREIGN[..], &[("overlay/patch.yaml", patch)]].concat());
    assert_eq!(code, 1);
    let duplicate =
        out.lines().find(|line| line.contains("is also in base/web.yaml")).unwrap_or_else(|| panic!("{out}"));
    assert!(duplicate.contains("; render the kustomization first: kubectl kustomize … | chancery lint -"), "{out}");
}

#[test]
fn a_template_that_opts_in_is_a_warning_and_any_other_is_counted() {
    let advice = "warning: is a Helm template, not a manifest; render it first: helm template … | chancery lint - (it is left out)";
    let conditional = format!("{{{{- if .Values.service }}}}\n{CART}{{{{- end }}}}\n");
    for template in [
        conditional.clone(),
        CART.replace("50051", "{{ .Values.port }}"),
        CART.replace("name: cart", "name: \"{{ .Release.Name }}-cart\""),
        CART.replace("\"true\"", "\"{{ .Values.enabled }}\""),
    ] {
        let (code, out) = lint(&[("t.yaml", &template)]);
        assert_eq!(code, 0, "{template}: {out}");
        let [warning, left_alone, summary] = &out.lines().collect::<Vec<_>>()[..] else { panic!("{out}") };
        assert!(warning.starts_with("t.yaml:") && warning.ends_with(advice), "{out}");
        assert!(left_alone.starts_with("left alone: 1 Helm template (render it first: "), "{out}");
        assert_eq!(*summary, "0 objects: 0 errors, 1 warning");
    }
    let (code, out) = lint(&[("t.yaml", &conditional.replace("chancery.dev/enabled", "example.org/enabled"))]);
    assert!(code == 0 && out.ends_with("\n0 objects: 0 errors, 0 warnings\n"), "{out}");
    let (code, _, err) = run(&["render", "-"], &conditional);
    assert!(code == 0 && err.contains(advice), "{err}");
}

#[test]
fn a_namespace_opts_in_what_can_be_served() {
    let namespace =
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, annotations: {chancery.dev/enabled: \"true\"}}\n";
    let service = |name: &str, spec: &str| {
        format!("---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop}}\nspec: {{{spec}}}\n")
    };
    let unserved = [
        ("db", "type: ExternalName, externalName: db.example.com", "an ExternalName Service has no pods"),
        ("pg", "type: ExternalName, externalName: a.b, ports: [{port: 5432}]", "an ExternalName Service has no pods"),
        ("statsd", "ports: [{port: 8125, protocol: UDP}]", "it has no TCP port"),
        ("zk", "clusterIP: None, selector: {app: zk}", "it has no TCP port"),
    ];
    let mut input = format!("{namespace}{}", service("cart", "ports: [{name: grpc, port: 50051}]"));
    for (name, spec, _) in unserved {
        input.push_str(&service(name, spec));
    }
    let (code, out, _) = run(&["lint", "-"], &input);
    assert_eq!((code, out.as_str()), (0, "6 objects: 0 errors, 0 warnings\n"));
    for (name, _, why) in unserved {
        let (code, out, _) = run(&["explain", &format!("{name}.shop"), "--manifests", "-"], &input);
        assert_eq!(code, 0);
        assert!(out.starts_with(&format!("Service shop/{name}: not served: {why}")), "{out}");
        // It asks itself.
        let own = format!("name: {name}, annotations: {{chancery.dev/enabled: \"true\"}}");
        let (code, out, _) = run(&["lint", "-"], &input.replace(&format!("name: {name},"), &format!("{own},")));
        assert!(code == 1 && out.contains(&format!("error: Service shop/{name}: ")), "{out}");
    }
    // What is broken in such a namespace is an error, as it would be served.
    for broken in [
        service("broken", "ports: [{port: http}]"),
        "---\nkind: Service\nmetadata: {namespace: shop, name: [}\n".to_owned(),
    ] {
        let lint = |broken: &str| lint(&[("a.yaml", &input), ("b.yaml", broken)]).0;
        assert_eq!((lint(&broken), lint(&broken.replace("shop", "other"))), (1, 0), "{broken}");
    }
}

#[test]
fn keys_of_ours_without_effect_are_warned_of() {
    let deployment = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
  annotations: {chancery.dev/enabled: \"true\"}
  labels: {chancery.dev/weight: \"5\"}
spec:
  template:
    metadata:
      labels: {chancery.dev/weight: \"5\"}
      annotations:
        chancery.dev/weight: \"5\"
";
    let labelled = "apiVersion: v1
kind: Service
metadata:
  name: cart
  labels: {chancery.dev/enabled: \"true\"}
spec: {ports: [{port: 80}]}
";
    let (code, out) = lint(&[("a.yaml", deployment), ("b.yaml", labelled)]);
    assert_eq!(code, 0);
    assert_eq!(
        out.lines().collect::<Vec<_>>(),
        [
            "a.yaml:5: warning: the annotation chancery.dev/enabled has no effect on a Deployment; expected among the \
             annotations of the Service, or of its Namespace (it is ignored)",
            "a.yaml:6: warning: the label chancery.dev/weight has no effect on a Deployment; expected among the labels of the \
             pods (spec.template.metadata.labels of a Deployment) (it is ignored)",
            "a.yaml:12: warning: the annotation chancery.dev/weight has no effect as an annotation; expected among the labels \
             of the pod (it is ignored)",
            "b.yaml:5: warning: Service default/cart: metadata.labels[chancery.dev/enabled]: \"true\": has no effect as a \
             label; expected among the annotations (it is ignored)",
            "1 object: 0 errors, 4 warnings",
        ]
    );
}

#[test]
fn what_kubectl_reads_is_read() {
    let clusters = |input: &str| {
        let (code, out, err) = run(&["render", "-", "-o", "json"], input);
        assert_eq!((code, err.as_str()), (0, ""), "{input}");
        let lists: Value = serde_json::from_str(&out).unwrap();
        let names = lists["clusters"].as_array().unwrap().iter();
        names.map(|cluster| cluster["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let quoted = CART.replace(
        "metadata: {name: cart, namespace: shop, annotations: {chancery.dev/enabled: \"true\"}}",
        "metadata:\n  name: cart\n  namespace: shop\n  annotations:\n    description: 'what it does: a long\n    text, it''s\n\n  \
         true'\n    other: \"and\n  more\"\n    chancery.dev/enabled: \"true\"",
    );
    assert_eq!(clusters(&quoted), ["shop/cart/50051"]);
    let json = |name: &str| {
        format!(
            r#"{{"apiVersion": "v1", "kind": "Service", "metadata": {{"name": "{name}", "namespace": "shop",
            "annotations": {{"chancery.dev/enabled": "true", "example.org/odd": "}}{{"}}}}, "spec": {{"ports": [{{"name": "grpc", "port": 1}}]}}}}"#
        )
    };
    let two = ["shop/a/1", "shop/b/1"];
    assert_eq!(clusters(&format!("{}{}", json("a"), json("b"))), two);
    assert_eq!(clusters(&format!("\n{}\n\n\t{}\n", json("a"), json("b"))), two);
    let twice = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, name: b}\nspec: 1\nspec: 2\n";
    assert_eq!(clusters(&format!("{twice}---\n{CART}")), ["shop/cart/50051"]);
}

#[test]
fn endpoints_of_the_old_kind_are_no_slices() {
    let endpoints = "apiVersion: v1\nkind: Endpoints\nmetadata: {name: cart, namespace: shop}\nsubsets: []\n";
    let (code, out) = lint(&[("a.yaml", CART), ("b.yaml", endpoints)]);
    assert_eq!(code, 0);
    let expected = "b.yaml:1: warning: objects of the kind Endpoints aren't read, and Service shop/cart has no EndpointSlice; \
                    expected one of discovery.k8s.io/v1, with the label kubernetes.io/service-name: cart (clients get no \
                    address for the Service)\n2 objects: ";
    assert!(out.replace("1 object", "2 objects").starts_with(expected), "{out}");
    // As `kubectl get` has them, and where nobody asked.
    assert_eq!(
        lint(&[("a.yaml", CART), ("b.yaml", endpoints), ("c.yaml", SLICE)]).1,
        "2 objects: 0 errors, 0 warnings\n"
    );
    let silent = CART.replace("chancery.dev/enabled", "example.org/enabled");
    assert_eq!(lint(&[("a.yaml", &silent), ("b.yaml", endpoints)]).1, "1 object: 0 errors, 0 warnings\n");
}

#[test]
fn a_service_without_addresses_is_explained() {
    let explained = |slice: &str| {
        let (code, out, _) = run(&["explain", "cart.shop", "--manifests", "-"], &format!("{CART}---\n{slice}"));
        assert_eq!(code, 0);
        out.split_once("no address: ").unwrap_or_else(|| panic!("{out}")).1.replace("\n    ", " ")
    };
    assert!(
        explained("").starts_with("no EndpointSlice belongs to the Service. One does by its label"),
        "{}",
        explained("")
    );
    let empty = SLICE.replace("[{name: grpc, port: 50051}]", "[]").replace("[{addresses: [10.0.0.1]}]", "[]");
    let scaled = explained(&empty);
    assert!(scaled.contains("without an address in it: what the Service selects is scaled to zero"), "{scaled}");
    let unnamed = explained(&SLICE.replace("{name: grpc, port: 50051}", "{port: 50051}"));
    assert!(unnamed.contains("but with an unnamed port, not with a port \"grpc\""), "{unnamed}");
}

#[test]
fn convert_reads_a_raw_repository_without_a_word() {
    let repository = repository(&FOREIGN);
    assert_eq!(run(&["convert", text(repository.path())], ""), (0, String::new(), String::new()));
}

#[tokio::test]
async fn serve_says_in_one_line_what_it_leaves_alone_and_tells_what_breaks() {
    let repository = repository(&[&FOREIGN[..], &[("cart.yaml", CART), ("slice.yaml", SLICE)]].concat());
    let serve = Serve::start(CHANCERY, &["--manifests", text(repository.path()), "--log-format", "json"]);
    serve.ready().await;
    serve.logged("Ignored files and objects that don't take part").await;
    let log = serve.log();
    assert!(log.contains("8 files without Kubernetes objects, 2 Helm templates"), "{log}");
    assert!(!log.contains("can't be used\"") && !log.contains(SECRET), "{log}");
    fs::write(repository.path().join("cart.yaml"), "{{ .Values.cart }}: [").unwrap();
    serve.logged("what the file gave before stays").await;
    // It is logged a moment before it is shown.
    let rejected = soon("something that can't be used", async {
        loop {
            match serve.get("/api/v1/rejected").await {
                Some((200, rejected)) if rejected != "[]" => return rejected,
                _ => tokio::task::yield_now().await,
            }
        }
    })
    .await;
    assert!(rejected.contains("is a Helm template") && rejected.contains("\"Unparsable\""), "{rejected}");
    let (_, services) = serve.get("/api/v1/services").await.unwrap();
    assert!(services.contains("shop/cart/50051"), "the last good state stays: {services}");
}

/// The program, fed through what a shell makes of `<(…)`.
fn run_through_pipe(input: &str) -> (i32, String) {
    let mut command = Command::new(CHANCERY);
    command.args(["lint", "/dev/stdin"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().expect("no signal ended it"), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_pipe_can_be_named() {
    assert_eq!(run_through_pipe(CART), (0, "1 object: 0 errors, 0 warnings\n".to_owned()));
    assert_eq!(run(&["lint", "/dev/null"], ""), (0, "0 objects: 0 errors, 0 warnings\n".to_owned(), String::new()));
}

#[test]
fn what_cannot_be_read_is_a_warning() {
    let repository = repository(&FOREIGN);
    std::os::unix::fs::symlink("self.yaml", repository.path().join("self.yaml")).unwrap();
    fs::File::create(repository.path().join("data.json")).unwrap().set_len(75 << 20).unwrap();
    let (code, out, _) = run(&["lint", text(repository.path())], "");
    assert!(code == 0 && out.contains("3 objects: 0 errors, 2 warnings"), "{out}");
    assert!(out.contains("self.yaml: warning: is a link that leads back to itself (it is left out)"), "{out}");
    assert!(out.contains("data.json: warning: is larger than 64 MiB; split it (it is left out)"), "{out}");
}

#[test]
fn a_patch_in_a_namespace_that_opts_in_is_a_warning() {
    let namespace =
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, annotations: {chancery.dev/enabled: \"true\"}}\n";
    let patch = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n";
    for spec in ["", "spec: {type: ClusterIP}\n"] {
        let (code, out) = lint(&[("ns.yaml", namespace), ("patch.yaml", &format!("{patch}{spec}"))]);
        assert!(code == 0 && out.contains(": warning: Service shop/web: spec"), "{out}");
    }
}

#[test]
fn utf_16_and_marks_are_read() {
    let wide: Vec<u8> = format!("\u{feff}{CART}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let directory =
        repository(&[("b.yaml", &format!("{SLICE}---\n\u{feff}{}", CART.replace("name: cart", "name: b")))]);
    fs::write(directory.path().join("a.yaml"), wide).unwrap();
    let (code, out, _) = run(&["lint", text(directory.path())], "");
    assert_eq!((code, out.as_str()), (0, "3 objects: 0 errors, 0 warnings\n"));
}

#[test]
fn why_a_service_that_takes_no_part_cannot_be_used_is_explained() {
    let bad = "apiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\nspec: {ports: [{Port: 80}]}\n";
    let (code, out, err) = run(&["explain", "cart.shop", "--manifests", "-"], bad);
    assert!(code == 0 && out.contains("not served: it can't be used"), "{out}");
    assert!(err.contains("-:4: error: Service shop/cart: spec.ports[0].port: missing"), "{err}");
}
