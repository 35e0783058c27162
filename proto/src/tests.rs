//! What the rest of Chancery relies on: one encoding per message, true type URLs, JSON that shows everything.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{collections::BTreeMap, fs};

use prost::Message;
use prost_reflect::{FieldDescriptor, ReflectMessage};
use prost_types::{Any, Struct, Value, value::Kind};
use serde_json::json;

use crate::{
    any,
    bootstrap::Bootstrap,
    cluster::{Cluster, ClusterDiscoveryType, DiscoveryType, EdsClusterConfig},
    core::{
        AggregatedConfigSource, ConfigSource, Http2ProtocolOptions, Metadata, Node, TypedExtensionConfig,
        config_source::ConfigSourceSpecifier,
    },
    descriptor_pool,
    discovery::{DeltaDiscoveryRequest, ResourceError, ResourceLocator, ResourceName},
    echo::EchoRequest,
    endpoint::{ClusterLoadAssignment, Endpoint},
    json::{self, Error},
    listener::Listener,
    route::{Route, RouteConfiguration, VirtualHost, weighted_cluster::ClusterWeight},
    status::RpcStatus,
    tls::Secret,
    upstreams_http::{
        ExplicitHttpConfig, HttpProtocolOptions, UpstreamProtocolOptions, explicit_http_config::ProtocolConfig,
    },
};

const ENTRIES: usize = 50;
const ENCODINGS: usize = 100;

/// Builds the message a hundred times, each time from the same entries in another order; all must encode alike.
fn assert_one_encoding<M: Message>(build: impl Fn(&[usize]) -> M) {
    let mut order: Vec<usize> = (0..ENTRIES).collect();
    let expected = build(&order).encode_to_vec();
    for round in 0..ENCODINGS {
        order.rotate_left(7);
        if round % 2 == 0 {
            order.reverse();
        }
        assert_eq!(build(&order).encode_to_vec(), expected, "round {round}");
    }
}

fn map<V>(order: &[usize], value: impl Fn(usize) -> V) -> BTreeMap<String, V> {
    let mut map = BTreeMap::new();
    for &entry in order {
        map.insert(format!("example.key-{entry}"), value(entry));
    }
    map
}

fn structure(order: &[usize]) -> Struct {
    let text = |entry: usize| Value { kind: Some(Kind::StringValue(format!("value {entry}"))) };
    Struct { fields: map(order, text) }
}

fn locator(order: &[usize]) -> ResourceLocator {
    ResourceLocator { dynamic_parameters: map(order, |entry| entry.to_string()), ..ResourceLocator::default() }
}

fn anys(order: &[usize]) -> BTreeMap<String, Any> {
    map(order, |_| any(&locator(order)))
}

fn metadata(order: &[usize]) -> Metadata {
    Metadata { filter_metadata: map(order, |_| structure(order)), typed_filter_metadata: anys(order) }
}

#[test]
fn core_maps_have_one_encoding() {
    assert_one_encoding(structure);
    assert_one_encoding(metadata);
    assert_one_encoding(|order| Node { metadata: Some(structure(order)), ..Node::default() });
}

#[test]
fn cluster_maps_have_one_encoding() {
    assert_one_encoding(|order| Cluster {
        typed_extension_protocol_options: anys(order),
        metadata: Some(metadata(order)),
        ..Cluster::default()
    });
}

#[test]
fn endpoint_maps_have_one_encoding() {
    assert_one_encoding(|order| ClusterLoadAssignment {
        named_endpoints: map(order, |entry| Endpoint { hostname: format!("pod-{entry}"), ..Endpoint::default() }),
        ..ClusterLoadAssignment::default()
    });
}

#[test]
fn route_maps_have_one_encoding() {
    assert_one_encoding(|order| ClusterWeight { typed_per_filter_config: anys(order), ..ClusterWeight::default() });
    assert_one_encoding(|order| RouteConfiguration {
        typed_per_filter_config: anys(order),
        virtual_hosts: vec![VirtualHost {
            typed_per_filter_config: anys(order),
            routes: vec![Route { typed_per_filter_config: anys(order), ..Route::default() }],
            ..VirtualHost::default()
        }],
        ..RouteConfiguration::default()
    });
}

#[test]
fn listener_and_bootstrap_maps_have_one_encoding() {
    assert_one_encoding(|order| Listener { metadata: Some(metadata(order)), ..Listener::default() });
    assert_one_encoding(|order| Bootstrap {
        certificate_provider_instances: map(order, |_| TypedExtensionConfig::default()),
        ..Bootstrap::default()
    });
}

#[test]
fn discovery_maps_have_one_encoding() {
    assert_one_encoding(|order| DeltaDiscoveryRequest {
        initial_resource_versions: map(order, |entry| entry.to_string()),
        ..DeltaDiscoveryRequest::default()
    });
    assert_one_encoding(locator);
}

/// With the tests above: no message at all has a map that could encode in two ways.
#[test]
fn every_map_is_ordered() {
    let sources: String = fs::read_dir(env!("OUT_DIR"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    assert!(!sources.contains("HashMap"), "a map encodes in random order");

    let in_protos = descriptor_pool()
        .all_messages()
        .filter(|message| message.package_name() != "google.protobuf")
        .flat_map(|message| message.fields().collect::<Vec<_>>())
        .filter(FieldDescriptor::is_map)
        .count();
    let in_rust = sources.matches("#[prost(btree_map").count();
    assert!(in_protos > 0);
    assert_eq!(in_rust, in_protos);
}

#[test]
fn type_urls_are_those_of_xds() {
    let urls = [
        (any(&Cluster::default()), "envoy.config.cluster.v3.Cluster"),
        (any(&ClusterLoadAssignment::default()), "envoy.config.endpoint.v3.ClusterLoadAssignment"),
        (any(&Listener::default()), "envoy.config.listener.v3.Listener"),
        (any(&RouteConfiguration::default()), "envoy.config.route.v3.RouteConfiguration"),
        (any(&Secret::default()), "envoy.extensions.transport_sockets.tls.v3.Secret"),
        (any(&ClusterWeight::default()), "envoy.config.route.v3.WeightedCluster.ClusterWeight"),
        (any(&EchoRequest::default()), "chancery.echo.v1.EchoRequest"),
    ];
    for (any, name) in urls {
        assert_eq!(any.type_url, format!("type.googleapis.com/{name}"));
        assert!(descriptor_pool().get_message_by_name(name).is_some(), "{name}");
    }
}

fn http2_cluster() -> Cluster {
    let options = HttpProtocolOptions {
        upstream_protocol_options: Some(UpstreamProtocolOptions::ExplicitHttpConfig(ExplicitHttpConfig {
            protocol_config: Some(ProtocolConfig::Http2ProtocolOptions(Http2ProtocolOptions {
                max_concurrent_streams: Some(100),
                ..Http2ProtocolOptions::default()
            })),
        })),
        ..HttpProtocolOptions::default()
    };
    Cluster {
        name: "shop/cart/50051".into(),
        cluster_discovery_type: Some(ClusterDiscoveryType::Type(DiscoveryType::Eds.into())),
        eds_cluster_config: Some(EdsClusterConfig {
            eds_config: Some(ConfigSource {
                config_source_specifier: Some(ConfigSourceSpecifier::Ads(AggregatedConfigSource {})),
                ..ConfigSource::default()
            }),
            service_name: "shop/cart/50051".into(),
        }),
        connect_timeout: Some(prost_types::Duration { seconds: 1, nanos: 500_000_000 }),
        typed_extension_protocol_options: BTreeMap::from([(
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions".into(),
            any(&options),
        )]),
        ..Cluster::default()
    }
}

#[test]
fn json_shows_what_is_inside_an_any_and_reads_it_back() {
    let cluster = http2_cluster();
    let value = json::of(&cluster).unwrap();
    assert_eq!(
        value,
        json!({
            "name": "shop/cart/50051",
            "type": "EDS",
            "eds_cluster_config": {"eds_config": {"ads": {}}, "service_name": "shop/cart/50051"},
            "connect_timeout": "1.500s",
            "typed_extension_protocol_options": {
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                    "explicit_http_config": {"http2_protocol_options": {"max_concurrent_streams": 100}},
                },
            },
        })
    );
    let packed = any(&cluster);
    assert_eq!(json::to_json(&packed.type_url, &packed.value).unwrap(), value);

    assert_eq!(json::read::<Cluster>(&value).unwrap(), cluster);
    let dynamic = json::from_json(&packed.type_url, &value).unwrap();
    assert_eq!(dynamic.descriptor().full_name(), "envoy.config.cluster.v3.Cluster");
    assert_eq!(dynamic.encode_to_vec(), packed.value);
}

/// Fails, too, when some dependency turns on `serde_json`'s `preserve_order`.
#[test]
fn json_is_sorted() {
    let order: Vec<usize> = (0..ENTRIES).collect();
    let message = locator(&order);
    let expected = json::of(&message).unwrap().to_string();
    for _ in 0..ENCODINGS {
        assert_eq!(json::of(&message).unwrap().to_string(), expected);
    }
}

#[test]
fn json_says_what_is_wrong() {
    let error = json::to_json("type.googleapis.com/no.such.Message", &[]).unwrap_err();
    assert!(matches!(&error, Error::UnknownType(name) if name == "no.such.Message"));
    assert_eq!(error.to_string(), "unknown message type \"no.such.Message\"");

    let error = json::to_json("envoy.config.cluster.v3.Cluster", &[0xff]).unwrap_err();
    assert!(matches!(error, Error::Bytes { .. }));

    let error = json::read::<Cluster>(&json!({"nmae": "x"})).unwrap_err();
    assert!(matches!(error, Error::Read { .. }));

    let opaque = ResourceError {
        resource_name: Some(ResourceName::default()),
        error_detail: Some(RpcStatus {
            details: vec![Any { type_url: "type.googleapis.com/no.such.Message".into(), value: vec![] }],
            ..RpcStatus::default()
        }),
    };
    assert!(matches!(json::of(&opaque), Err(Error::Write { .. })));
}
