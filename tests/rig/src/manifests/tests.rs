use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json};
use tempfile::tempdir;

use super::*;

fn listed(n: u8, condition: Condition) -> Listed {
    Listed { condition, ..Listed::ready(&format!("cart-{n}"), (Ipv4Addr::new(127, 10, 0, n), 50051).into()) }
}

fn read(file: &Path) -> Value {
    serde_saphyr::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn the_files_hold_the_objects() {
    let scratch = tempdir().unwrap();
    let cart = Service::shop("cart", &[("lb-policy", "random")]);
    let manifests = Manifests::create(scratch.path(), cart).unwrap();
    let pods = [listed(1, Condition::Ready), listed(2, Condition::Terminating), listed(3, Condition::Unready)];
    manifests.list(&pods).unwrap();

    let service = read(&scratch.path().join("cart.yaml"));
    // An annotation that isn't a string is what Kubernetes refuses.
    let annotations = json!({"chancery.dev/enabled": "true", "chancery.dev/lb-policy": "random"});
    assert_eq!(service["metadata"], json!({"name": "cart", "namespace": "shop", "annotations": annotations}));
    assert_eq!(service["spec"]["ports"], json!([{"name": "grpc", "port": 50051}]));

    let slice = read(&manifests.endpoints_file());
    assert_eq!(slice["metadata"]["labels"], json!({"kubernetes.io/service-name": "cart"}));
    let conditions = [
        json!({"ready": true}),
        json!({"ready": false, "serving": true, "terminating": true}),
        json!({"ready": false, "serving": false, "terminating": false}),
    ];
    let endpoint = |(n, conditions): (usize, &Value)| {
        let target = json!({"kind": "Pod", "namespace": "shop", "name": format!("cart-{n}")});
        json!({"addresses": [format!("127.10.0.{n}")], "conditions": conditions, "targetRef": target})
    };
    assert_eq!(slice["endpoints"], (1..).zip(&conditions).map(endpoint).collect::<Value>());
}

#[test]
fn families_and_ports_have_slices_of_their_own() {
    let one = Listed { zone: Some("a".to_owned()), ..listed(1, Condition::Ready) };
    let (second, other) = ((Ipv6Addr::LOCALHOST, 50051), (Ipv4Addr::LOCALHOST, 50052));
    let pods = [one, Listed::ready("cart-1", second.into()), Listed::ready("", other.into())];
    let slices = Service::shop("cart", &[]).slices(&pods);
    let slices: Vec<Value> = slices.iter().map(|slice| serde_saphyr::from_str(slice).unwrap()).collect();
    let heads: Vec<_> = slices.iter().map(|slice| (&slice["addressType"], &slice["ports"][0]["port"])).collect();
    assert_eq!(
        heads,
        [(&json!("IPv4"), &json!(50051)), (&json!("IPv4"), &json!(50052)), (&json!("IPv6"), &json!(50051))]
    );
    assert_eq!(slices[0]["endpoints"][0]["zone"], "a");
    assert_eq!(slices[1]["endpoints"], json!([{"addresses": ["127.0.0.1"], "conditions": {"ready": true}}]));
}

#[test]
fn slices_come_and_go_with_their_pods_and_the_others_stay_untouched() {
    let scratch = tempdir().unwrap();
    let manifests = Manifests::create(scratch.path(), Service::shop("cart", &[])).unwrap();
    let pods: Vec<_> = (1..=201).map(|n| listed(n, Condition::Ready)).collect();
    let files = || {
        let mut names: Vec<_> = fs::read_dir(scratch.path())
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    manifests.list(&pods).unwrap();
    assert_eq!(files(), ["cart-endpoints-1.yaml", "cart-endpoints-2.yaml", "cart-endpoints-3.yaml", "cart.yaml"]);
    let written = || fs::metadata(manifests.endpoints_file()).unwrap().modified().unwrap();
    let before = written();
    manifests.list(pods.get(..150).unwrap()).unwrap();
    assert_eq!(files(), ["cart-endpoints-1.yaml", "cart-endpoints-2.yaml", "cart.yaml"]);
    assert_eq!(written(), before);
    manifests.list(&[]).unwrap();
    assert_eq!(files(), ["cart-endpoints-1.yaml", "cart.yaml"]);
    assert_eq!(read(&manifests.endpoints_file())["endpoints"], json!([]));
}
