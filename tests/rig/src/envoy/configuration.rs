//! What an Envoy is configured with, and what it should be configured with, in one form.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chancery::xds::{Resource, ResourceType, Snapshot, resource_to_json};
use data_plane_api::core::address::Address;
use data_plane_api::core::{HealthStatus, SocketAddress, socket_address::PortSpecifier};
use data_plane_api::endpoint::lb_endpoint::HostIdentifier;
use data_plane_api::endpoint::{ClusterLoadAssignment, LbEndpoint};
use data_plane_api::json;
use prost::{Message, Name};
use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep};

use super::Proxy;

/// What an Envoy leaves out of its configuration without a word, because it is older than the field: the version, the
/// type, where the field is, and its name.
const UNKNOWN: [(&str, ResourceType, &str, &str); 3] = [
    ("1.36", ResourceType::Listener, "", "tcp_keepalive"),
    (
        "1.36",
        ResourceType::Cluster,
        "/typed_extension_protocol_options/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        "retry_policy",
    ),
    (
        "1.36",
        ResourceType::Cluster,
        "/typed_extension_protocol_options/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        "hash_policy",
    ),
];

/// How long a change may take. Less than the 15 s after which Envoy stops waiting for an assignment that never came.
const PROMPTLY: Duration = Duration::from_secs(10);

/// Active resources by type and name. There is more than one of a name only if an Envoy has different ones: it should not.
#[derive(Debug, Default, PartialEq)]
pub struct Configuration(BTreeMap<(&'static str, String), Vec<Value>>);

/// What may be of clusters that are gone from the manifests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// They are gone.
    Now,
    /// They may linger, with their endpoints. On streams of their own they do for 5 s, because nobody knows how far an
    /// Envoy is with its routes.
    Later,
}

/// One host as Envoy keeps it.
struct Host {
    address: String,
    health: HealthStatus,
    rest: Value,
}

impl Configuration {
    /// What an Envoy of this version that holds this snapshot is configured with.
    pub fn of_snapshot(snapshot: &Snapshot, version: &str) -> Self {
        let mut configuration = Self::default();
        for resource_type in ResourceType::ALL {
            for resource in snapshot.get(resource_type).iter() {
                if resource_type == ResourceType::Endpoint {
                    let assignment = decode(resource);
                    configuration.add_assignment(&assignment);
                    let health = hosts(&assignment).map(|host| (host.address, host.health.as_str_name().into()));
                    configuration.add("health", resource.name(), object(health));
                } else {
                    let mut content = resource_to_json(resource).unwrap();
                    for (_, _, at, field) in
                        UNKNOWN.iter().filter(|entry| (entry.0, entry.1) == (version, resource_type))
                    {
                        if let Some(Value::Object(fields)) = content.pointer_mut(at) {
                            fields.remove(*field);
                        }
                    }
                    configuration.add(resource_type.as_str(), resource.name(), content);
                }
            }
        }
        configuration
    }

    /// What an Envoy says that it is configured with: what is active, of what came by xDS, and the endpoints of all
    /// clusters that have them by EDS. `dump` is its `/config_dump?include_eds`, `clusters` its `/clusters`.
    pub fn of_envoy(dump: &Value, clusters: &Value) -> Self {
        let mut configuration = Self::default();
        for assignment in dumped(dump, "dynamic_endpoint_configs", "/endpoint_config")
            .chain(dumped(dump, "static_endpoint_configs", "/endpoint_config"))
            .map(|content| json::read::<ClusterLoadAssignment>(&content).unwrap())
        {
            // Others are the owner's, such as the one of the control plane.
            if assignment.cluster_name.contains('/') {
                configuration.add_assignment(&assignment);
            }
        }
        for (resource_type, section, at) in [
            (ResourceType::Cluster, "dynamic_active_clusters", "/cluster"),
            (ResourceType::Listener, "dynamic_listeners", "/active_state/listener"),
            (ResourceType::Route, "dynamic_route_configs", "/route_config"),
        ] {
            for content in dumped(dump, section, at) {
                // There and back again, so that it is written as we write it.
                let bytes = json::from_json(resource_type.type_url(), &content).unwrap().encode_to_vec();
                let content = json::to_json(resource_type.type_url(), &bytes).unwrap();
                let name = content["name"].as_str().unwrap().to_owned();
                configuration.add(resource_type.as_str(), &name, content);
            }
        }
        for status in clusters["cluster_statuses"].as_array().into_iter().flatten() {
            let Some(name) = status["eds_service_name"].as_str() else { continue };
            let health = status["host_statuses"].as_array().into_iter().flatten().map(|host| {
                let address: SocketAddress = json::read(&host["address"]["socket_address"]).unwrap();
                (text(&address), host["health_status"]["eds_health_status"].clone())
            });
            configuration.add("health", name, object(health));
        }
        configuration
    }

    /// Without the health: a dump mixes what it was told and what it found out. `/clusters` knows them apart.
    fn add_assignment(&mut self, assignment: &ClusterLoadAssignment) {
        let hosts = hosts(assignment).map(|host| (host.address, host.rest));
        self.add(ResourceType::Endpoint.as_str(), &assignment.cluster_name, object(hosts));
    }

    fn add(&mut self, kind: &'static str, name: &str, content: Value) {
        let contents = self.0.entry((kind, name.to_owned())).or_default();
        if !contents.contains(&content) {
            contents.push(content);
        }
    }

    /// Forgets the clusters that aren't in `goal`, and their endpoints.
    fn forget_lingering(&mut self, goal: &Self) {
        let routes_and_listeners = [ResourceType::Listener, ResourceType::Route].map(ResourceType::as_str);
        self.0.retain(|key, _| goal.0.contains_key(key) || routes_and_listeners.contains(&key.0));
    }

    /// How this one differs from the one that it should be.
    fn difference(&self, goal: &Self) -> String {
        let keys: BTreeSet<_> = self.0.keys().chain(goal.0.keys()).collect();
        let differing = keys.into_iter().filter(|key| self.0.get(key) != goal.0.get(key));
        let show =
            |side: &Self, key| side.0.get(key).map_or("nothing".to_owned(), |contents| json!(contents).to_string());
        let lines = differing.map(|key| {
            format!("{} {}\n  is        {}\n  should be {}", key.0, key.1, show(self, key), show(goal, key))
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Returns when this Envoy is configured with exactly this, and nothing of it warms any more. It never rejected anything,
/// and was never told to use what is deprecated there.
pub async fn until_configured(proxy: &Proxy, what: &str, goal: &Configuration, gone: Gone) {
    let deadline = Instant::now() + PROMPTLY;
    loop {
        let (dump, clusters) = (proxy.envoy.config_dump().await.unwrap(), proxy.envoy.clusters().await.unwrap());
        let mut configuration = Configuration::of_envoy(&dump, &clusters);
        if gone == Gone::Later {
            configuration.forget_lingering(goal);
        }
        let stats = proxy.envoy.stats().await.unwrap();
        assert_eq!(stats.rejected_updates(), 0, "{what}: Envoy rejected something: {}", errors(&dump));
        assert_eq!(stats.get("runtime.deprecated_feature_use"), 0, "{what}: Envoy was told to use what is deprecated");
        let warming = ["cluster_manager.warming_clusters", "listener_manager.total_listeners_warming"];
        let warming: u64 = warming.iter().map(|name| stats.get(name)).sum();
        if configuration == *goal && warming == 0 {
            return;
        }
        let difference = configuration.difference(goal);
        assert!(Instant::now() < deadline, "{what}: {warming} warming, different after {PROMPTLY:?}:\n{difference}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Whether an Envoy of this version may get fields that it doesn't know.
pub fn may_have_unknown_fields(version: &str) -> bool {
    UNKNOWN.iter().any(|entry| entry.0 == version)
}

/// The items of one section of a dump.
fn dumped(dump: &Value, section: &str, at: &str) -> impl Iterator<Item = Value> {
    let parts = dump["configs"].as_array().unwrap().iter();
    parts.filter_map(move |part| part[section].as_array()).flatten().filter_map(move |item| item.pointer(at)).map(
        |content| {
            let mut content = content.clone();
            content.as_object_mut().unwrap().remove("@type");
            content
        },
    )
}

/// Why Envoy refused what it refused.
fn errors(dump: &Value) -> String {
    let parts = dump["configs"].as_array().into_iter().flatten().filter_map(Value::as_object);
    let items = parts.flat_map(Map::values).filter_map(Value::as_array).flatten();
    items.filter_map(|item| item.get("error_state")).map(Value::to_string).collect::<Vec<_>>().join("\n")
}

/// The message in a resource.
pub fn decode<M: Name + Default>(resource: &Resource) -> M {
    let any = prost_types::Any::decode(resource.any().clone()).unwrap();
    assert_eq!(any.type_url, M::type_url());
    M::decode(any.value.as_slice()).unwrap()
}

fn hosts(assignment: &ClusterLoadAssignment) -> impl Iterator<Item = Host> {
    let one = |host: &LbEndpoint, rest: Value| {
        let Some(HostIdentifier::Endpoint(endpoint)) = &host.host_identifier else { panic!("{host:?}") };
        let address = endpoint.address.as_ref().and_then(|address| address.address.as_ref());
        let Some(Address::SocketAddress(address)) = address else { panic!("{endpoint:?}") };
        Host { address: text(address), health: host.health_status(), rest }
    };
    assignment.endpoints.iter().flat_map(move |group| {
        group.lb_endpoints.iter().map(move |host| {
            let locality = group.locality.clone().unwrap_or_default();
            let weight = host.load_balancing_weight.unwrap_or(1);
            one(host, json!([locality.region, locality.zone, locality.sub_zone, group.priority, weight]))
        })
    })
}

fn text(address: &SocketAddress) -> String {
    let Some(PortSpecifier::PortValue(port)) = address.port_specifier else { panic!("{address:?}") };
    format!("{} port {port}", address.address)
}

/// An object whose keys are there once.
fn object(pairs: impl Iterator<Item = (String, Value)>) -> Value {
    let mut object = Map::new();
    for (key, value) in pairs {
        assert!(!object.contains_key(&key), "{key} twice");
        object.insert(key, value);
    }
    object.into()
}
