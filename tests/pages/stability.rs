//! `docs/stability.md` names what is there.

use std::collections::BTreeSet;
use std::fs;

use chancery::xds::ResourceType::{Cluster, Endpoint, Listener};
use rig::ads::{self, envoy};
use rig::serve::Serve;
use serde_json::Value;

const PAGE: &str = include_str!("../../docs/stability.md");

/// Services of which everything can be said that the admin port says of any.
const WORLD: &str = include_str!("stability.yaml");

const CHANCERY: &str = env!("CARGO_BIN_EXE_chancery");

#[test]
fn exit_codes_are_those_of_the_help() {
    let help = chancery::command().get_after_help().unwrap().to_string();
    let codes = help.strip_prefix("Exit codes: ").unwrap().trim_end_matches('.').split(", ");
    let rows = codes.map(|code| code.split_once(' ').unwrap()).map(|(code, means)| format!("| {code} | {means} |\n"));
    let table = rows.collect::<String>();
    assert!(section("Exit codes").ends_with(&format!("|---|---|\n{table}")), "{table}");
}

/// A server with a client that holds all, and one that rejected something.
async fn world() -> (Serve, (ads::Delta, ads::Delta)) {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("world.yaml"), WORLD).unwrap();
    let serve = Serve::start(CHANCERY, &["--manifests", directory.path().to_str().unwrap()]);
    serve.ready().await;
    let mut good = ads::delta(serve.xds).await.unwrap();
    good.ask(Some(envoy("envoy-1", "edge")), Cluster, &[]).await;
    good.take().await;
    good.silent(Endpoint).await;
    // Its answer is awaited.
    good.change(Listener, &["*"], &[]).await;
    good.next().await;
    let mut bad = ads::delta(serve.xds).await.unwrap();
    bad.ask(Some(envoy("envoy-2", "")), Cluster, &[]).await;
    let response = bad.next().await;
    bad.nack(&response, "no such cluster type").await;
    bad.silent(Endpoint).await;
    (serve, (good, bad))
}

#[tokio::test]
async fn paths_and_keys_are_those_of_the_admin_port() {
    let (serve, _clients) = world().await;
    let section = section("HTTP and JSON");
    let (_, index) = serve.get("/").await.unwrap();
    let linked: BTreeSet<_> = index.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `/"));
    let named: BTreeSet<_> = rows.map(|row| format!("/{}", row.split('`').next().unwrap())).collect();
    assert_eq!(named, linked.into_iter().map(str::to_owned).collect());
    for path in &named {
        assert_eq!(serve.get(path).await.unwrap().0, 200, "{path}");
    }

    for (title, paths) in [
        ("/api/v1/clients", &["/api/v1/clients"][..]),
        ("/api/v1/services", &["/api/v1/services"]),
        (
            "/api/v1/services/<namespace>/<name>",
            &["/api/v1/services/shop/cart", "/api/v1/services/shop/old", "/api/v1/services/shop/external"],
        ),
        ("/api/v1/rejected", &["/api/v1/rejected"]),
    ] {
        let mut found = BTreeSet::new();
        for path in paths {
            let (status, body) = serve.get(path).await.unwrap();
            assert_eq!(status, 200, "{path}");
            keys(&serde_json::from_str(&body).unwrap(), &mut found);
        }
        let mut documented = documented_keys(&section, title);
        if title.starts_with("/api/v1/services/<") {
            documented.extend(documented_keys(&section, "/api/v1/rejected"));
        }
        // These two are of `lint` alone.
        let documented: BTreeSet<_> = documented.difference(&["file".into(), "line".into()].into()).cloned().collect();
        assert_eq!(found, documented, "{title}");
    }
}

fn section(title: &str) -> String {
    let (_, rest) = PAGE.split_once(&format!("\n## {title}\n")).unwrap();
    rest.split("\n## ").next().unwrap().to_owned()
}

/// What is written as code in the entry of this document, after its names.
fn documented_keys(section: &str, title: &str) -> BTreeSet<String> {
    let (_, rest) = section.split_once(&format!("- **`{title}`**")).unwrap();
    let entry = rest.split("\n- **").next().unwrap().split("\n\n").next().unwrap();
    let (_, keys) = entry.split_once(':').unwrap();
    let words = keys.split('`').skip(1).step_by(2).map(str::to_owned);
    words.filter(|word| word != "lint").collect()
}

/// The keys of all objects in it.
fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| {
            found.insert(key.clone());
            keys(value, found);
        }),
        Value::Array(list) => list.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}
