//! Policies by which equal requests go to the same pod: `ring-hash`, `maglev`, `hash-on`.

use rig::manifests::Condition;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use crate::caller::{Ask, Caller, header};
use crate::scene::Scene;

const USERS: usize = 300;

/// With 5 pods and 300 users a pod should have 60. When it goes, of the other 240 users nobody need move.
///
/// But Envoy's ring always has some 1024 points: those of the pod that goes are dealt out to the other four, as a fifth of the
/// new ring; of the users there, three quarters come from another pod that stays. That is 36 of 240, more or less. Maglev moves
/// about one in a hundred.
struct Moves {
    policy: &'static str,
    /// A pod has at least so many users: how pods share the ring, and how users fall on it, are both chance.
    fewest: usize,
    /// Of those who needn't, so many move at most.
    most_moved: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_stays_on_a_pod_while_it_is_there() {
    let mut scene = Scene::of_cart(5, &[]).await;
    let policies = [
        Moves { policy: "ring-hash", fewest: 20, most_moved: 72 },
        Moves { policy: "maglev", fewest: 30, most_moved: 24 },
    ];
    for Moves { policy, fewest, most_moved } in policies {
        scene.annotate(&[("lb-policy", policy), ("hash-on", "header:x-user")]).await;
        let caller = scene.caller().await;
        let all = pods_of_users(&caller).await;
        assert_eq!(pods_of_users(&scene.caller().await).await, all, "{policy}: users move about");
        let users = crate::caller::tally(all.values().cloned());
        assert!(users.len() == 5 && users.values().all(|count| *count >= fewest), "{policy}: {users:?}");

        scene.list("cart", "cart-3", None);
        scene.settled().await;
        let without = pods_of_users(&caller).await;
        let (had_to, needed_not): (Vec<_>, Vec<_>) = all.keys().partition(|user| all[*user] == "cart-3");
        assert!(had_to.iter().all(|user| without[*user] != "cart-3"), "{policy}");
        let moved = needed_not.iter().filter(|user| all[**user] != without[**user]).count();
        assert!(moved <= most_moved, "{policy}: {moved} of {} moved", needed_not.len());

        scene.list("cart", "cart-3", Some(Condition::Ready));
        scene.settled().await;
        assert_eq!(pods_of_users(&caller).await, all, "{policy}: the pod is back, its users aren't");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_part_of_a_request_can_decide() {
    let mut scene = Scene::of_cart(5, &[]).await;
    for policy in ["ring-hash", "maglev"] {
        // A parameter of the query.
        scene.annotate(&[("lb-policy", policy), ("hash-on", "query:user")]).await;
        let caller = scene.caller().await;
        let paths: Vec<String> = (0..20).map(|user| format!("/shop.Cart/Echo?user={user}&other=1")).collect();
        let asks = paths.iter().map(|path| Ask { path: Some(path), ..Ask::default() });
        decides(&caller, policy, asks).await;
        // None of the parts is there.
        assert_eq!(caller.spread(100).await.len(), 5, "{policy}");

        // A cookie that the client brings.
        scene.annotate(&[("lb-policy", policy), ("hash-on", "cookie:user")]).await;
        let cookies: Vec<String> = (0..20).map(|user| format!("other=1; user={user}")).collect();
        let headers: Vec<_> = cookies.iter().map(|cookie| [("cookie", &**cookie)]).collect();
        let asks = headers.iter().map(|headers| Ask { headers, ..Ask::default() });
        decides(&caller, policy, asks).await;
        let outcome = caller.ask(Ask::default()).await;
        assert_eq!(header(&outcome, "set-cookie"), "", "{policy}: nobody asked for cookies to be made");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cookie_is_made_for_clients_that_bring_none() {
    let mut scene = Scene::of_cart(5, &[]).await;
    for policy in ["ring-hash", "maglev"] {
        scene.annotate(&[("lb-policy", policy), ("hash-on", "cookie:session:1h")]).await;
        let mut pods = BTreeSet::new();
        for _ in 0..20 {
            // Envoy makes the value of the two addresses of the connection.
            let caller = scene.caller().await;
            let outcome = caller.ask(Ask::default()).await;
            let made = header(&outcome, "set-cookie");
            assert!(made.starts_with("session=") && made.contains("Max-Age=3600"), "{policy}: {made:?}");
            let (cookie, _) = made.split_once(';').unwrap();
            let pod = outcome.unwrap().into_inner().pod;
            let ask = Ask { headers: &[("cookie", cookie)], ..Ask::default() };
            for _ in 0..3 {
                let again = caller.ask(ask).await;
                assert_eq!(header(&again, "set-cookie"), "", "{policy}");
                assert_eq!(again.unwrap().into_inner().pod, pod, "{policy}");
            }
            pods.insert(pod);
        }
        // All on one or two of five: less than once in a million.
        assert!(pods.len() > 2, "{policy}: {pods:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_address_of_a_client_decides_alone_or_with_more() {
    let mut scene = Scene::of_cart(5, &[]).await;
    let user = Ask { headers: &[("x-user", "7")], ..Ask::default() };
    for policy in ["ring-hash", "maglev"] {
        let mut pods = BTreeMap::new();
        for hash_on in ["source-ip", "header:x-user, source-ip"] {
            scene.annotate(&[("lb-policy", policy), ("hash-on", hash_on)]).await;
            for client in 1..=20 {
                let address = IpAddr::V4(Ipv4Addr::new(127, 9, 0, client));
                let pod = scene.caller_from(address).await.pod_for(user).await.unwrap();
                // Another connection has another port.
                let again = scene.caller_from(address).await.pod_for(user).await.unwrap();
                assert_eq!(again, pod, "{policy} by {hash_on}");
                pods.insert((hash_on, client), pod);
            }
            let different: BTreeSet<_> =
                pods.iter().filter(|((by, _), _)| *by == hash_on).map(|(_, pod)| pod).collect();
            assert!(different.len() > 2, "{policy} by {hash_on}: {pods:?}");
        }
        // The user counts, too: for 20 clients all the same would be chance, once in 5^20.
        let same =
            (1..=20).filter(|client| pods[&("source-ip", *client)] == pods[&("header:x-user, source-ip", *client)]);
        assert!(same.count() < 20, "{policy}: {pods:?}");
    }
}

/// Equal requests go to one pod, and there are some on most pods.
async fn decides(caller: &Caller, policy: &str, asks: impl Iterator<Item = Ask<'_>>) {
    let mut pods = BTreeSet::new();
    for ask in asks {
        let pod = caller.pod_for(ask).await.unwrap();
        for _ in 0..3 {
            assert_eq!(caller.pod_for(ask).await.unwrap(), pod, "{policy}: {ask:?}");
        }
        pods.insert(pod);
    }
    assert!(pods.len() > 2, "{policy}: {pods:?}");
}

async fn pods_of_users(caller: &Caller) -> BTreeMap<usize, String> {
    let mut pods = BTreeMap::new();
    for user in 0..USERS {
        let name = user.to_string();
        let ask = Ask { headers: &[("x-user", &name)], ..Ask::default() };
        pods.insert(user, caller.pod_for(ask).await.unwrap());
    }
    pods
}
