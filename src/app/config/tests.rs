use std::path::Path;

use clap::{Args, Command, FromArgMatches};

use super::*;
use crate::model::compat::Product;

/// The flags that users rely on.
const FLAGS: [&str; 15] = [
    "source",
    "manifests",
    "kubeconfig",
    "context",
    "namespace",
    "compat",
    "allow-loopback-endpoints",
    "xds-listen",
    "admin-listen",
    "cluster-domain",
    "envoy-listener",
    "max-connection-age",
    "max-connections",
    "shutdown-grace",
    "log-format",
];

fn command() -> Command {
    Layer::augment_args(Command::new("serve").no_binary_name(true))
}

fn flags(arguments: &[&str]) -> Layer {
    Layer::from_arg_matches(&command().try_get_matches_from(arguments).unwrap()).unwrap()
}

fn resolve(arguments: &[&str], file: &str) -> Result<Config, ConfigError> {
    Config::resolve(flags(arguments), file::parse(file).unwrap(), "chancery.yaml")
}

fn error(arguments: &[&str], file: &str) -> String {
    let error = resolve(arguments, file).unwrap_err();
    assert!(error.is_usage());
    error.to_string()
}

#[test]
fn every_flag_is_a_variable_and_a_key_of_the_file() {
    let command = command();
    let names: Vec<_> = command.get_arguments().map(|argument| argument.get_long().unwrap()).collect();
    assert_eq!(names, FLAGS);
    for argument in command.get_arguments() {
        let name = argument.get_long().unwrap();
        let variable = format!("CHANCERY_{}", name.to_uppercase().replace('-', "_"));
        assert_eq!(argument.get_env(), Some(variable.as_ref()), "{name}");
        if let Err((_, message)) = file::parse(&format!("{name}: ~\n")) {
            panic!("{name}: {message}");
        }
    }
}

#[test]
fn defaults_are_the_documented_ones() {
    assert_eq!(
        resolve(&[], "").unwrap(),
        Config {
            source: SourceConfig::Kubernetes(KubernetesConfig::default()),
            allow_loopback_endpoints: false,
            compat: Compat::default(),
            xds_listen: "0.0.0.0:18000".parse().unwrap(),
            admin_listen: "127.0.0.1:18001".parse().unwrap(),
            cluster_domain: "cluster.local".to_owned(),
            envoy_listener: "0.0.0.0:10000".parse().unwrap(),
            fleets: BTreeMap::new(),
            max_connection_age: Some(Duration::from_mins(30)),
            max_connections: 10_000,
            shutdown_grace: Duration::from_secs(10),
            log_format: LogFormat::Text,
        }
    );
}

const FILE: &str = "
source: kubernetes
kubeconfig: /file
context: file
namespace: [file]
allow-loopback-endpoints: true
compat: [linkerd.io, projectcontour.io]
xds-listen: 1.1.1.1:1
admin-listen: 1.1.1.1:2
cluster-domain: file.local
envoy-listener: 1.1.1.1:3
max-connection-age: 1h
max-connections: 500
shutdown-grace: 1s
log-format: json
fleets:
  edge:
    listener: 1.1.1.1:4
    listener-name: file
    trusted-hops: 2
    access-log: true
    max-connection-duration: 30m
  inner: {}
";

fn from_file() -> Config {
    Config {
        source: SourceConfig::Kubernetes(KubernetesConfig {
            kubeconfig: Some("/file".into()),
            context: Some("file".to_owned()),
            namespaces: vec!["file".to_owned()],
        }),
        allow_loopback_endpoints: true,
        compat: [Product::Linkerd.into(), Product::Contour.into()].into_iter().collect(),
        xds_listen: "1.1.1.1:1".parse().unwrap(),
        admin_listen: "1.1.1.1:2".parse().unwrap(),
        cluster_domain: "file.local".to_owned(),
        envoy_listener: "1.1.1.1:3".parse().unwrap(),
        fleets: BTreeMap::from([
            (
                "edge".to_owned(),
                FleetLayer {
                    listener: Some("1.1.1.1:4".parse().unwrap()),
                    listener_name: Some("file".parse().unwrap()),
                    trusted_hops: Some(TrustedHops(2)),
                    access_log: Some(true),
                    max_connection_duration: Some("30m".parse().unwrap()),
                },
            ),
            ("inner".to_owned(), FleetLayer::default()),
        ]),
        max_connection_age: Some(Duration::from_hours(1)),
        max_connections: 500,
        shutdown_grace: Duration::from_secs(1),
        log_format: LogFormat::Json,
    }
}

#[test]
fn the_file_beats_the_defaults() {
    assert_eq!(resolve(&[], FILE).unwrap(), from_file());
}

#[test]
fn the_command_line_beats_the_file() {
    let arguments = [
        "--kubeconfig=/flag",
        "--context=flag",
        "--namespace=flag,second",
        "--namespace=third",
        "--allow-loopback-endpoints=false",
        "--compat=xds.lmwn.com",
        "--xds-listen=2.2.2.2:1",
        "--admin-listen=2.2.2.2:2",
        "--cluster-domain=flag.local",
        "--envoy-listener=2.2.2.2:3",
        "--max-connection-age=off",
        "--max-connections=1000000",
        "--shutdown-grace=2s",
        "--log-format=text",
    ];
    assert_eq!(
        resolve(&arguments, FILE).unwrap(),
        Config {
            source: SourceConfig::Kubernetes(KubernetesConfig {
                kubeconfig: Some("/flag".into()),
                context: Some("flag".to_owned()),
                namespaces: ["flag", "second", "third"].map(str::to_owned).to_vec(),
            }),
            allow_loopback_endpoints: false,
            compat: Product::Lmwn.into(),
            xds_listen: "2.2.2.2:1".parse().unwrap(),
            admin_listen: "2.2.2.2:2".parse().unwrap(),
            cluster_domain: "flag.local".to_owned(),
            envoy_listener: "2.2.2.2:3".parse().unwrap(),
            fleets: from_file().fleets,
            max_connection_age: None,
            max_connections: 1_000_000,
            shutdown_grace: Duration::from_secs(2),
            log_format: LogFormat::Text,
        }
    );
}

#[test]
fn one_flag_changes_one_setting() {
    let expected = Config { cluster_domain: "flag.local".to_owned(), ..from_file() };
    assert_eq!(resolve(&["--cluster-domain=flag.local"], FILE).unwrap(), expected);
}

#[test]
fn a_flag_without_a_value_turns_it_on() {
    assert!(resolve(&["--allow-loopback-endpoints"], "").unwrap().allow_loopback_endpoints);
}

#[test]
fn a_directory_implies_its_source_and_beats_a_weaker_one() {
    let manifests = |directory: &str| SourceConfig::Manifests { directory: directory.into() };
    assert_eq!(resolve(&["--manifests=a"], "").unwrap().source, manifests("a"));
    assert_eq!(resolve(&["--manifests=a"], FILE).unwrap().source, manifests("a"));
    assert_eq!(resolve(&["--manifests=a"], "manifests: b").unwrap().source, manifests("a"));
    assert_eq!(resolve(&[], "manifests: b").unwrap().source, manifests("b"));
    assert_eq!(resolve(&["--source=manifests"], "manifests: b").unwrap().source, manifests("b"));
    let kubernetes = SourceConfig::Kubernetes(KubernetesConfig::default());
    assert_eq!(resolve(&["--source=kubernetes"], "manifests: b").unwrap().source, kubernetes);
}

#[test]
fn contradictions_are_explained() {
    assert_eq!(
        error(&["--source=kubernetes", "--manifests=a"], ""),
        "--source kubernetes contradicts --manifests, which means the manifests source: leave one out"
    );
    assert_eq!(
        error(&[], "source: kubernetes\nmanifests: a\n"),
        "chancery.yaml: source: kubernetes contradicts chancery.yaml: manifests, which means the manifests source: \
         leave one out"
    );
    assert_eq!(error(&["--source=manifests"], ""), "--source manifests needs a directory: add --manifests DIR");
    assert_eq!(
        error(&["--manifests=a", "--context=b"], ""),
        "--context means nothing to the manifests source: leave it out"
    );
    assert_eq!(
        error(&[], "manifests: a\nnamespace: b\n"),
        "chancery.yaml: namespace means nothing to the manifests source: leave it out"
    );
}

#[test]
fn what_is_to_come_says_so() {
    assert_eq!(error(&["--source=etcd"], ""), "--source etcd isn't available yet; use kubernetes or manifests");
}

#[test]
fn a_bad_flag_says_what_is_expected() {
    let message = command().try_get_matches_from(["--xds-listen=here"]).unwrap_err().to_string();
    assert!(
        message.contains("'here' for '--xds-listen <ADDRESS>': not an address to listen at; expected"),
        "{message}"
    );
}

#[test]
fn a_number_of_connections_is_at_least_one() {
    let expected = "not a number of connections; expected 1 to 1000000";
    for wrong in ["0", "1000001", "-1", "many"] {
        let argument = format!("--max-connections={wrong}");
        let message = command().try_get_matches_from([argument]).unwrap_err().to_string();
        assert!(message.contains(expected), "{wrong}: {message}");
    }
    for wrong in ["0", "1000001", "-1"] {
        let (line, message) = file::parse(&format!("\nmax-connections: {wrong}\n")).unwrap_err();
        assert!(line == 2 && message.contains(&format!("\"{wrong}\": {expected}")), "{line}: {message}");
    }
}

#[test]
fn compat_is_a_list_of_products_and_a_typo_names_the_nearest() {
    assert_eq!(resolve(&["--compat=all"], "").unwrap().compat, Compat::ALL);
    assert_eq!(resolve(&[], "compat: all").unwrap().compat, Compat::ALL);
    assert_eq!(resolve(&["--compat="], "").unwrap().compat, Compat::default());
    assert_eq!(resolve(&["--compat=linkerd.io", "--compat=linkerd.io, projectcontour.io"], "").unwrap().compat, {
        [Product::Linkerd.into(), Product::Contour.into()].into_iter().collect()
    });
    let wrong = "\"linkerd\" is no product whose annotations can be read (did you mean linkerd.io?); expected \
        xds.lmwn.com, projectcontour.io, linkerd.io, getambassador.io or all";
    let message = command().try_get_matches_from(["--compat=linkerd"]).unwrap_err().to_string();
    assert!(message.contains(wrong), "{message}");
    let (line, message) = file::parse("\ncompat: [all, linkerd]\n").unwrap_err();
    assert!(line == 2 && message.contains(wrong), "{line}: {message}");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let error = Config::load(Layer::default(), Some(Path::new("no/such.yaml").to_owned())).unwrap_err();
    assert!(!error.is_usage());
    assert!(error.to_string().starts_with("--config no/such.yaml: "), "{error}");
}

#[test]
fn a_bad_file_is_named_with_the_line() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("chancery.yaml");
    std::fs::write(&path, "cluster-domain: k8s\nadmin_port: 1\n").unwrap();
    let error = Config::load(Layer::default(), Some(path.clone())).unwrap_err();
    assert!(!error.is_usage());
    assert!(error.to_string().starts_with(&format!("{}:2: unknown key \"admin_port\"", path.display())), "{error}");
}
