//! What the pipeline is asked.

use super::*;
use crate::channels::{PortSummary, Query, QueryError, ServiceSummary};
use crate::model::{Endpoint, EndpointState, Locality};

fn key(name: &str) -> Key {
    Key::new("shop", name)
}

impl Running {
    /// Answers, as the pipeline would, with these Services, two a page, and with explanations of `cart` and `pay`.
    fn answer(&mut self, services: Vec<ServiceSummary>) {
        let (_, nobody) = channels::query_channel();
        let mut queries = std::mem::replace(&mut self.queries, nobody);
        tokio::spawn(async move {
            while let Some(query) = queries.next().await {
                match query {
                    Query::Explain(asked, reply) => {
                        let known = ["cart", "pay"].into_iter().find(|name| asked == key(name));
                        let explained = known.map(|name| serde_json::from_value(explanation(name)).unwrap());
                        reply.send(Ok(explained)).unwrap();
                    }
                    Query::Page(after, reply) => {
                        let rest = services.iter().filter(|one| after.as_ref().is_none_or(|after| one.key() > *after));
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

fn summary(name: &str, ports: Option<&[EndpointState]>) -> ServiceSummary {
    let endpoint = |state: &EndpointState| Endpoint {
        address: "10.0.0.1".parse().unwrap(),
        port: 1,
        state: *state,
        locality: Locality::default(),
        weight: 1,
        second: None,
    };
    let ports = ports.map(|states| {
        let endpoints = states.iter().map(endpoint).collect();
        let (name, cluster) = (Some("web".to_owned()), "shop/cart/80".to_owned());
        vec![PortSummary { number: 80, name, cluster, endpoints }]
    });
    ServiceSummary { namespace: "shop".to_owned(), name: name.to_owned(), ports, rejected: 3 }
}

/// What the pipeline tells of a Service.
fn explanation(name: &str) -> Value {
    let rejected = json!({
        "severity": "error", "reason": "InvalidAnnotation", "kind": "Service", "namespace": "shop", "name": name,
        "field": "f", "message": "no",
    });
    json!({"namespace": "shop", "name": name, "ports": [], "slices": [], "rejected": [rejected]})
}

#[tokio::test]
async fn the_services_that_take_part_are_listed_whatever_their_number() {
    let mut running = start().await;
    let (ready, draining) = (EndpointState::Ready, EndpointState::Draining);
    running.answer(vec![
        summary("a", Some(&[ready, draining, ready])),
        summary("b", None),
        summary("c", None),
        summary("d", Some(&[])),
        summary("e", None),
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
async fn a_service_is_explained_with_what_clients_refuse_of_it() {
    let mut running = start().await;
    running.answer(vec![]);
    assert_eq!(running.json("/api/v1/services/shop/cart").await, explanation("cart"));
    let mut refused = explanation("pay");
    refused["rejected"].as_array_mut().unwrap().push(json!({
        "severity": "error", "reason": "RejectedByClient", "kind": "Service", "namespace": "shop", "name": "pay",
        "field": "metadata.annotations[chancery.dev/lb-policy]",
        "message": "clients refuse cluster shop/pay/80, which comes of it: no",
        "meanwhile": "1 client keeps what it had: envoy-1",
    }));
    assert_eq!(running.json("/api/v1/services/shop/pay").await, refused);
}

#[tokio::test]
async fn a_service_that_does_not_exist_is_told_with_the_nearest() {
    let mut running = start().await;
    running.answer(["a", "b", "card", "cart", "d"].map(|name| summary(name, None)).into());
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
