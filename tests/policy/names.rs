//! Who gets a Service, under which names: `fleets`, `hosts`, `routes`.

use tonic::Code;

use crate::caller::Ask;
use crate::scene::Scene;

/// A gRPC client takes Envoy's 404 for that.
const NOT_FOUND: Code = Code::Unimplemented;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_has_its_own_names_and_its_hosts() {
    let mut scene = Scene::start().await;
    scene.service("cart", &[("hosts", "shop.example.com, *.carts.example.com, with-port.example.com:8080")]);
    scene.scale("cart", 1).await;
    scene.settled().await;
    let names = [
        "cart.shop:50051",
        "cart.shop",
        "cart.shop.svc:50051",
        "cart.shop.svc.cluster.local",
        "shop.example.com",
        "SHOP.example.com",
        "any.carts.example.com",
        "with-port.example.com:8080",
    ];
    for name in names {
        assert_eq!(ask(&scene, name, None).await, Ok("cart-1".to_owned()), "{name}");
    }
    for name in ["cart.shop:50052", "cart", "other.example.com", "carts.example.com", "with-port.example.com"] {
        assert_eq!(ask(&scene, name, None).await, Err(NOT_FOUND), "{name}");
    }
    scene.service("cart", &[("enabled", "false"), ("hosts", "shop.example.com")]);
    scene.settled().await;
    for name in ["cart.shop:50051", "shop.example.com"] {
        assert_eq!(ask(&scene, name, None).await, Err(NOT_FOUND), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_share_a_host_by_paths_the_longest_first() {
    let mut scene = Scene::start().await;
    let host = ("hosts", "shop.example.com");
    scene.service("all", &[host, ("routes", "/shop.v1.")]);
    scene.service("cart", &[host, ("routes", "shop.v1.Cart, /shop.v1.Wish")]);
    scene.service("lists", &[host, ("routes", "/shop.v1.WishLists/")]);
    for service in ["all", "cart", "lists"] {
        scene.scale(service, 1).await;
    }
    scene.settled().await;
    let expected = [
        ("/shop.v1.Cart/Echo", Ok("cart-1")),
        // The name of a gRPC service is all of it, a prefix is as it is.
        ("/shop.v1.Carts/Echo", Ok("all-1")),
        ("/shop.v1.Wishes/Echo", Ok("cart-1")),
        ("/shop.v1.WishLists/Echo", Ok("lists-1")),
        ("/shop.v1.Stock/Echo", Ok("all-1")),
        ("/shop.v2.Cart/Echo", Err(NOT_FOUND)),
    ];
    for (path, expected) in expected {
        let answer = ask(&scene, "shop.example.com", Some(path)).await;
        assert_eq!(answer, expected.map(str::to_owned), "{path}");
        // A Service's own name leads to it whatever the path.
        let answer = ask(&scene, "lists.shop:50051", Some(path)).await;
        assert_eq!(answer, Ok("lists-1".to_owned()), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn routes_without_hosts_hold_for_every_host_that_is_nobodys() {
    let mut scene = Scene::start().await;
    scene.service("cart", &[("routes", "shop.v1.Cart")]);
    scene.service("stock", &[("hosts", "stock.example.com")]);
    for service in ["cart", "stock"] {
        scene.scale(service, 1).await;
    }
    scene.settled().await;
    let path = Some("/shop.v1.Cart/Echo");
    assert_eq!(ask(&scene, "anything.example.com", path).await, Ok("cart-1".to_owned()));
    assert_eq!(ask(&scene, "anything.example.com", Some("/shop.v1.Stock/Echo")).await, Err(NOT_FOUND));
    assert_eq!(ask(&scene, "stock.example.com", path).await, Ok("stock-1".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_fleets_that_are_named_get_a_service() {
    let mut scene = Scene::start_fleet("edge").await;
    let fleets = [("all", "*"), ("ours", "internal, edge"), ("theirs", "internal")];
    for (service, fleets) in fleets {
        scene.service(service, &[("fleets", fleets)]);
        scene.scale(service, 1).await;
    }
    scene.settled().await;
    assert_eq!(ask(&scene, "all.shop", None).await, Ok("all-1".to_owned()));
    assert_eq!(ask(&scene, "ours.shop", None).await, Ok("ours-1".to_owned()));
    assert_eq!(ask(&scene, "theirs.shop", None).await, Err(NOT_FOUND));
    scene.service("theirs", &[("fleets", "edge")]);
    scene.service("ours", &[("fleets", "internal")]);
    scene.settled().await;
    assert_eq!(ask(&scene, "theirs.shop", None).await, Ok("theirs-1".to_owned()));
    assert_eq!(ask(&scene, "ours.shop", None).await, Err(NOT_FOUND));
}

/// The pod that answers one request, or the status.
async fn ask(scene: &Scene, authority: &str, path: Option<&str>) -> Result<String, Code> {
    let caller = scene.caller_of(authority).await;
    caller.pod_for(Ask { path, ..Ask::default() }).await.map_err(|status| status.code())
}
