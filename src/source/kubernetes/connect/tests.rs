use std::fs;
use std::path::PathBuf;

use crate::model::Event;
use crate::source::kubernetes::{KubernetesSource, Options};
use crate::source::{Notice, Source};

const KUBECONFIG: &str = r#"
apiVersion: v1
kind: Config
current-context: main
clusters: [{ name: c, cluster: { server: "https://127.0.0.1:1" } }]
users: [{ name: u, user: { token: t } }]
contexts:
  - { name: main, context: { cluster: c, user: u } }
  - { name: lost, context: { cluster: gone, user: u } }
"#;

/// What is said about a kubeconfig with this content; `Ok` holds the server.
async fn connect(yaml: &[u8], context: Option<&str>) -> Result<String, String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("kubeconfig");
    fs::write(&path, yaml).unwrap();
    open(path.clone(), context).await.map_err(|error| error.replace(&path.display().to_string(), "FILE"))
}

async fn open(path: PathBuf, context: Option<&str>) -> Result<String, String> {
    let options = Options { kubeconfig: Some(path), context: context.map(Into::into), ..Options::default() };
    match KubernetesSource::connect(options).await {
        Ok(source) => Ok(source.server().to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[tokio::test]
async fn a_server_that_is_down_is_no_error() {
    assert_eq!(connect(KUBECONFIG.as_bytes(), None).await, Ok("https://127.0.0.1:1/".to_owned()));
    assert_eq!(connect(KUBECONFIG.as_bytes(), Some("main")).await, Ok("https://127.0.0.1:1/".to_owned()));
}

#[tokio::test]
async fn a_kubeconfig_that_is_none_gives_one_line_with_its_path() {
    for (content, context, expected) in [
        (KUBECONFIG.as_bytes(), Some("other"), "other"),
        (KUBECONFIG.as_bytes(), Some("lost"), "gone"),
        (b"", None, "context"),
        (b"hello", None, ""),
        (b"clusters: 5", None, "line 1"),
        (b"\xff\xfe\x00binary\x00", None, ""),
        (b"clusters: [}", None, ""),
    ] {
        let said = connect(content, context).await.unwrap_err();
        assert!(said.starts_with("kubeconfig FILE: ") && said.len() > "kubeconfig FILE: ".len(), "{said}");
        assert!(!said.contains('\n') && said.contains(expected), "{said}");
    }
}

#[tokio::test]
async fn a_kubeconfig_that_is_missing_is_named() {
    let said = open("/nowhere/kubeconfig".into(), None).await.unwrap_err();
    assert_eq!(said, "kubeconfig /nowhere/kubeconfig: No such file or directory (os error 2)");
}

#[tokio::test]
async fn an_unusable_certificate_names_the_file() {
    let bad =
        KUBECONFIG.replace("\"https://127.0.0.1:1\"", "\"https://127.0.0.1:1\", certificate-authority: /nowhere/ca");
    let said = connect(bad.as_bytes(), None).await.unwrap_err();
    assert!(said.contains("certificate authority") && said.contains("/nowhere/ca"), "{said}");
}

#[tokio::test]
async fn a_source_without_server_keeps_trying_and_says_so_once() {
    use futures::StreamExt;

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("kubeconfig");
    fs::write(&path, KUBECONFIG).unwrap();
    let source = KubernetesSource::connect(Options { kubeconfig: Some(path), ..Options::default() }).await.unwrap();
    // Each watch begins to list, whatever comes of it.
    let mut notices = Box::new(source).notices().filter(|notice| {
        let said = !matches!(notice, Notice::Event { at: _, event: Event::Init(_) });
        std::future::ready(said)
    });
    let first = format!("{:?}", notices.next().await);
    assert!(first.contains("Outage") && first.contains("can't be reached: Connection refused"), "{first}");
}
