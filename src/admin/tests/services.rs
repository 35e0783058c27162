//! What the pipeline is asked.

use std::collections::BTreeMap;

use super::*;
use crate::channels::{DomainLost, DomainWanted, Explained, KnownService, Query, QueryError, RenderedFor, ServedPort};
use crate::model::explain::{
    AddressExplanation, BadSetting, DefaultFor, Explanation, PortExplanation, SettingExplanation, SettingOrigin,
    SliceSummary, Standing, Unserved,
};
use crate::model::{Endpoint, EndpointState, Fleets, Locality, Requests};

fn key(name: &str) -> Key {
    Key::new("shop", name)
}

impl Running {
    /// Answers, as the pipeline would, with these Services, two a page, of which `cart` can be explained.
    fn answer(&mut self, services: Vec<KnownService>) {
        let (_, nobody) = channels::query_channel();
        let mut queries = std::mem::replace(&mut self.queries, nobody);
        tokio::spawn(async move {
            while let Some(query) = queries.next().await {
                match query {
                    Query::Explain(asked, reply) => {
                        let known = asked == key("cart");
                        reply.send(Ok(known.then(explained))).unwrap();
                    }
                    Query::Page(after, reply) => {
                        let rest =
                            services.iter().filter(|known| after.as_ref().is_none_or(|after| known.key > *after));
                        reply.send(Ok(rest.take(2).cloned().collect())).unwrap();
                    }
                }
            }
        });
    }

    /// Answers that there is no answer.
    pub(super) fn refuse(&mut self) {
        let (_, nobody) = channels::query_channel();
        let mut queries = std::mem::replace(&mut self.queries, nobody);
        tokio::spawn(async move {
            while let Some(query) = queries.next().await {
                match query {
                    Query::Explain(_, reply) => reply.send(Err(QueryError::NotYet)).unwrap(),
                    Query::Page(_, reply) => reply.send(Err(QueryError::NotYet)).unwrap(),
                }
            }
        });
    }
}

fn known(name: &str, ports: Option<&[EndpointState]>) -> KnownService {
    let endpoint = |state: &EndpointState| Endpoint {
        address: "10.0.0.1".parse().unwrap(),
        port: 1,
        state: *state,
        locality: Locality::default(),
        weight: 1,
        second: None,
    };
    let served = ports.map(|states| {
        let endpoints = states.iter().map(endpoint).collect();
        vec![ServedPort { number: 80, name: "web".into(), cluster: "shop/cart/80".into(), endpoints }]
    });
    KnownService { key: key(name), served, rejected: 3 }
}

fn explained() -> Explained {
    let bad = BadSetting {
        origin: SettingOrigin::Service,
        annotation: "chancery.dev/num-retries".to_owned(),
        value: "many".to_owned(),
    };
    let setting = SettingExplanation {
        key: "num-retries",
        value: "5".to_owned(),
        origin: SettingOrigin::Service,
        annotation: Some("chancery.dev/num-retries".to_owned()),
        bad: Some(bad),
    };
    let address = AddressExplanation {
        address: "10.0.0.1".parse().unwrap(),
        port: 8080,
        standing: Standing::Terminating,
        instead: None,
        zone: "eu-1a".into(),
        node: "n1".into(),
        weight: 2,
        pod: Some(key("cart-a")),
        slice: key("cart-1"),
    };
    let refused = Rejected {
        object: ObjectRef::Object(Kind::EndpointSlice, key("cart-1")),
        field: "endpoints[1].addresses[0]".to_owned(),
        value: "127.0.0.1".to_owned(),
        reason: Reason::InvalidEndpoint,
        message: "a loopback address".to_owned(),
        meanwhile: String::new(),
    };
    let served = PortExplanation {
        number: 80,
        name: "web".into(),
        default_for: Some(DefaultFor::Http),
        unknown_app_protocol: Some("x".into()),
        unserved: None,
        settings: vec![setting],
        addresses: vec![address],
        refused: vec![refused],
    };
    let off = PortExplanation {
        number: 81,
        name: "".into(),
        default_for: None,
        unknown_app_protocol: None,
        unserved: Some(Unserved::NotEnabled),
        settings: vec![],
        addresses: vec![],
        refused: vec![],
    };
    let slices = vec![SliceSummary { key: key("cart-1"), ports: vec![("web".into(), 8080)], addresses: 1 }];
    let lost = |fleets: &[&str]| {
        vec![DomainLost { service: key("old"), port: 1, fleets: fleets.iter().map(|fleet| (*fleet).into()).collect() }]
    };
    let wanted = |domain: &str, lost| DomainWanted { domain: domain.into(), requests: Requests::All, lost };
    let domains = vec![wanted("a", vec![]), wanted("b", lost(&["", "edge"])), wanted("c", lost(&["edge"]))];
    let rendered = RenderedFor { cluster: "shop/cart/80".into(), fleets: Fleets::All, everywhere: 2, domains };
    Explained {
        explanation: Explanation { key: key("cart"), unserved: None, ports: vec![served, off], slices },
        rendered: BTreeMap::from([(80, rendered)]),
        rejected: vec![],
    }
}

#[tokio::test]
async fn the_services_that_take_part_are_listed_whatever_their_number() {
    let mut running = start().await;
    let (ready, draining) = (EndpointState::Ready, EndpointState::Draining);
    running.answer(vec![
        known("a", Some(&[ready, draining, ready])),
        known("b", None),
        known("c", None),
        known("d", Some(&[])),
        known("e", None),
    ]);
    let port = |ready: usize, draining: usize| json!([{"number": 80, "name": "web", "cluster": "shop/cart/80", "ready": ready, "draining": draining}]);
    assert_eq!(
        running.json("/api/v1/services").await,
        json!([
            {"namespace": "shop", "name": "a", "ports": port(2, 1), "rejected": 3},
            {"namespace": "shop", "name": "d", "ports": port(0, 0), "rejected": 3},
        ])
    );
}

#[tokio::test]
async fn a_service_is_explained() {
    let mut running = start().await;
    running.answer(vec![]);
    let unweighted = json!({
        "address": "127.0.0.1", "verdict": "out", "reason": "refused", "message": "a loopback address", "zone": "",
        "node": "", "slice": "cart-1",
    });
    let address = json!({
        "address": "10.0.0.1", "port": 8080, "verdict": "draining", "reason": "terminating", "zone": "eu-1a",
        "node": "n1", "weight": 2, "pod": "cart-a", "slice": "cart-1",
    });
    let setting = json!({
        "key": "num-retries", "value": "5", "origin": "service", "annotation": "chancery.dev/num-retries",
        "last_good": true,
        "bad": {"origin": "service", "annotation": "chancery.dev/num-retries", "value": "many"},
    });
    assert_eq!(
        running.json("/api/v1/services/shop/cart").await,
        json!({
            "namespace": "shop", "name": "cart", "rejected": [],
            "slices": [{"name": "cart-1", "ports": ["web"], "addresses": 1}],
            "ports": [
                {
                    "number": 80, "name": "web", "default": true, "default_for": "http", "unknown_app_protocol": "x",
                    "served": true, "cluster": "shop/cart/80",
                    "fleets": ["*"], "settings": [setting], "addresses": [address, unweighted],
                    "domains": [
                        {"domain": "a"},
                        {"domain": "b", "lost": [{"to": "shop/old", "port": 1}]},
                        {"domain": "c", "lost": [{"to": "shop/old", "port": 1, "fleets": ["edge"]}]},
                    ],
                },
                {
                    "number": 81, "name": "", "default": false, "served": false, "unserved": "not-enabled",
                    "fleets": [], "domains": [], "settings": [], "addresses": [],
                },
            ],
        })
    );
}

#[tokio::test]
async fn a_service_that_does_not_exist_is_told_with_the_nearest() {
    let mut running = start().await;
    running.answer(["a", "b", "card", "cart", "d"].map(|name| known(name, None)).into());
    let gone = async |path: &str| {
        let (code, body) = running.get(path).await;
        assert_eq!(code, 404, "{path}: {body}");
        serde_json::from_str::<Value>(&body).unwrap()
    };
    let crat = json!({"error": "there is no Service shop/crat", "nearest": "cart.shop"});
    assert_eq!(gone("/api/v1/services/shop/crat").await, crat);
    assert_eq!(gone("/api/v1/services/nowhere/nothing").await, json!({"error": "there is no Service nowhere/nothing"}));
    let unicode = json!({"error": "there is no Service \u{1F980}/\u{1F980}"});
    assert_eq!(gone("/api/v1/services/%F0%9F%A6%80/%F0%9F%A6%80").await, unicode);
    assert_eq!(running.get("/api/v1/services/%FF/x").await.0, 400);
    assert_eq!(running.get("/api/v1/services/shop").await.0, 404);
}

#[tokio::test]
async fn nothing_is_told_before_there_is_something_to_tell() {
    let mut running = start().await;
    running.refuse();
    for path in ["/api/v1/services", "/api/v1/services/shop/cart"] {
        assert_eq!(running.get(path).await, (503, "nothing is served yet; /readyz says why\n".to_owned()));
    }
    let mut running = start().await;
    drop(std::mem::replace(&mut running.queries, channels::query_channel().1));
    assert_eq!(running.get("/api/v1/services").await, (503, "the server is stopping\n".to_owned()));
}
