use std::net::Ipv4Addr;

use super::*;
use crate::cli::demo::scratch::Scratch;

fn cart() -> ServiceFacts {
    ServiceFacts {
        namespace: "shop".to_owned(),
        name: "cart".to_owned(),
        port: 50051,
        annotations: BTreeMap::from([("chancery.dev/enabled".to_owned(), "true".to_owned())]),
    }
}

fn listed(n: u8, condition: Condition) -> Listed {
    Listed { pod: format!("cart-{n}"), address: Ipv4Addr::new(127, 10, 0, n).into(), condition }
}

fn read<T: serde::de::DeserializeOwned>(file: &Path) -> T {
    serde_saphyr::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn the_files_hold_the_objects() {
    let scratch = Scratch::create().unwrap();
    let manifests = Manifests::create(scratch.path(), cart()).unwrap();
    let pods = [listed(1, Condition::Ready), listed(2, Condition::Draining), listed(3, Condition::Unready)];
    manifests.list(&pods).unwrap();

    let service: Service = read(&scratch.path().join("cart.yaml"));
    assert_eq!(service, cart().service());
    // An annotation that isn't a string is what Kubernetes refuses.
    assert_eq!(service.metadata.annotations.unwrap().get("chancery.dev/enabled").unwrap(), "true");

    let slice: EndpointSlice = read(&manifests.endpoints_file());
    assert_eq!(vec![slice.clone()], cart().slices(&pods));
    let conditions: Vec<_> = slice.endpoints.iter().map(|endpoint| endpoint.conditions.clone().unwrap()).collect();
    let expected =
        [(true, true, false), (false, true, true), (false, false, false)].map(|(ready, serving, terminating)| {
            EndpointConditions { ready: Some(ready), serving: Some(serving), terminating: Some(terminating) }
        });
    assert_eq!(conditions, expected);
}

#[test]
fn slices_come_and_go_with_their_pods_and_the_others_stay_untouched() {
    let scratch = Scratch::create().unwrap();
    let manifests = Manifests::create(scratch.path(), cart()).unwrap();
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
    assert_eq!(read::<EndpointSlice>(&manifests.endpoints_file()).endpoints, []);
}
