//! Rights that are missing.

use futures::future::join_all;
use rig::api::Api;
use rig::serve::Serve;
use rig::soon;
use serde_json::json;

use crate::scene::{FOUND, LOST, SOON, Scene, fill, service};

const DENIED: &str = "Source lacks a permission";

/// What a Role in one namespace can't allow costs the defaults that Namespaces say, and nothing else.
async fn without(resource: &str, verb: &'static str, arguments: &[&str], words: &[&str]) -> Scene {
    let api = Api::start().await;
    fill(&api);
    api.deny(resource, verb);
    let mut scene = Scene::before(api, arguments).await;
    scene.serve.logged(DENIED).await;
    for words in words {
        assert!(scene.serve.log().contains(words), "{words}: {}", scene.serve.log());
    }
    let (code, text) = scene.readyz().await;
    assert!(code == 200 && text.contains("not allowed to") && !text.contains("out of touch"), "{code} {text}");
    scene.few_requests(SOON * 2).await;
    assert!(scene.staleness().await < f64::EPSILON);
    scene.write(2);
    scene.until_served(2).await;
    assert_eq!((scene.logged(DENIED), scene.logged(LOST), scene.logged(FOUND)), (1, 0, 0), "{}", scene.serve.log());
    scene
}

#[tokio::test]
async fn there_is_service_without_namespaces() {
    let rule = "missing in a ClusterRole: apiGroups: [\\\"\\\"], resources: [namespaces], verbs: [list, watch]";
    let scene =
        without("namespaces", "list", &["--namespace", "shop"], &["namespaces named", "no annotation of a Namespace"])
            .await;
    assert!(scene.serve.log().replace('\\', "").contains(&rule.replace('\\', "")), "{}", scene.serve.log());

    // The right is granted: defaults of the Namespace are followed.
    scene.api.put("services", service("basket", &json!({})));
    scene.api.put(
        "namespaces",
        json!({ "metadata": { "name": "shop", "annotations": { "chancery.dev/enabled": "true" } } }),
    );
    scene.api.allow();
    soon("the Namespace's default to be followed", async {
        while !scene.serve.get("/api/v1/services").await.unwrap().1.contains("basket") {
            tokio::time::sleep(SOON / 100).await;
        }
    })
    .await;
    scene.serve.logged("Source has the permission again").await;
    assert!(!scene.readyz().await.1.contains("not allowed"), "{}", scene.readyz().await.1);
}

#[tokio::test]
async fn there_is_service_without_what_says_defaults_and_weights() {
    let shop = &["--namespace", "shop"][..];
    join_all(vec![
        without("namespaces", "list", &[], &["not allowed to list namespaces"]),
        without("pods", "list", &[], &["not allowed to list pods"]),
        without("pods", "list", shop, &["a Role of namespace", "no weight of a Pod"]),
        without("namespaces", "watch", &[], &["not allowed to watch namespaces", "was read of them before"]),
    ])
    .await;
}

/// Of several namespaces each has rights of its own.
#[tokio::test]
async fn there_is_service_without_pods_of_several_namespaces() {
    let api = Api::start().await;
    fill(&api);
    api.deny("pods", "list");
    let mut scene = Scene::before(api, &["--namespace", "shop", "--namespace", "other"]).await;
    for namespace in ["shop", "other"] {
        scene.serve.logged(&format!("pods in namespace \"{namespace}\"")).await;
    }
    scene.few_requests(SOON).await;
    scene.write(2);
    scene.until_served(2).await;
    assert_eq!((scene.logged(DENIED), scene.logged(LOST)), (2, 0), "{}", scene.serve.log());
}

/// Without EndpointSlices nothing is served, and the log says which rule is missing, though other watches are well.
#[tokio::test]
async fn there_is_no_service_without_endpoint_slices() {
    let api = Api::start().await;
    fill(&api);
    api.deny("endpointslices", "list");
    api.deny("namespaces", "list");
    let serve = Serve::for_cluster(env!("CARGO_BIN_EXE_chancery"), api.kubeconfig());
    serve.logged(LOST).await;
    assert!(serve.log().contains("nothing is served until it has listed everything"), "{}", serve.log());
    let rule =
        "resources: [endpointslices], verbs: [list, watch] (with a Role only, say its namespace: --namespace NS)";
    assert!(serve.log().contains(rule), "{}", serve.log());
    api.put("services", service("basket", &json!({})));
    // Other watches go on meanwhile, and that says nothing.
    let since = std::time::Instant::now();
    api.until_asked("services", "watch", 2, since).await;
    let (code, text) = serve.get("/readyz").await.unwrap();
    assert!(code == 503 && text.contains("out of touch") && text.contains(rule), "{code} {text}");
    assert!(!serve.log().contains(FOUND), "{}", serve.log());
    api.allow();
    serve.ready().await;
    serve.logged(FOUND).await;
    assert_eq!(serve.log().matches(LOST).count(), 1, "{}", serve.log());
}
