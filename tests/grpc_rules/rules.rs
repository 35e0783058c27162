//! Everything for which any of the four gRPC libraries refuses a resource, or takes it for something else.

use std::collections::BTreeSet;
use std::net::IpAddr;

use data_plane_api::cluster::{
    Cluster, ClusterDiscoveryType, DiscoveryType, LbConfig, LbPolicy, LoadBalancingPolicy, OutlierDetection,
    load_balancing_policy, ring_hash_lb_config,
};
use data_plane_api::core::{
    Address, ConfigSource, HealthStatus, SelfConfigSource, TypedExtensionConfig, address, config_source, socket_address,
};
use data_plane_api::endpoint::{Endpoint, LbEndpoint, LocalityLbEndpoints, cluster_load_assignment, lb_endpoint};
use data_plane_api::http_connection_manager::{RouteSpecifier, http_filter};
use data_plane_api::load_balancing::{LeastRequest, RingHash, RoundRobin, WrrLocality};
use data_plane_api::route::{Action, RetryPolicy, Route, RouteAction, retry_policy, route_action, route_match};
use prost::Name;
use prost_types::Duration;

use crate::served::{Served, unpack};

/// A condition for a resource to be taken by all libraries.
pub struct Rule {
    /// What must be so.
    pub about: &'static str,
    /// Whether it is so.
    pub holds: fn(&Served) -> bool,
    /// A way to break it.
    pub breaks: fn(&mut Served),
}

/// The rules that are broken.
pub fn broken(served: &Served) -> Vec<&'static str> {
    RULES.iter().filter(|rule| !(rule.holds)(served)).map(|rule| rule.about).collect()
}

/// The sizes of a ring end here.
const MAX_RING_SIZE: u64 = 8_388_608;

/// The filter that ends every chain.
const ROUTER: &str = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";

/// The rules in the order of the types.
pub const RULES: &[Rule] = &[
    // Listeners.
    Rule {
        about: "LDS: HTTP filters have names, each another, and end in the router, the only one there is",
        holds: |served| {
            served.managers().all(|manager| {
                let names: BTreeSet<_> = manager.http_filters.iter().map(|filter| &filter.name).collect();
                let is_router = |config: &http_filter::ConfigType| {
                    matches!(config, http_filter::ConfigType::TypedConfig(any) if any.type_url == ROUTER)
                };
                names.len() == 1
                    && manager.http_filters.len() == 1
                    && names.iter().all(|name| !name.is_empty())
                    && manager.http_filters.iter().all(|filter| filter.config_type.as_ref().is_some_and(is_router))
            })
        },
        breaks: |served| served.listeners[0].1[0].http_filters.clear(),
    },
    Rule {
        about: "LDS: the address of the caller isn't taken from elsewhere",
        holds: |served| {
            served
                .managers()
                .all(|manager| manager.xff_num_trusted_hops == 0 && manager.original_ip_detection_extensions.is_empty())
        },
        breaks: |served| served.listeners[0].1[0].xff_num_trusted_hops = 1,
    },
    Rule {
        about: "LDS: routes are inline or come over the same stream",
        holds: |served| {
            served.managers().all(|manager| match &manager.route_specifier {
                Some(RouteSpecifier::Rds(rds)) => {
                    is_ads(rds.config_source.as_ref()) && !rds.route_config_name.is_empty()
                }
                Some(RouteSpecifier::RouteConfig(_)) => true,
                _ => false,
            })
        },
        breaks: |served| served.listeners[0].1[0].route_specifier = None,
    },
    Rule {
        about: "LDS: a listener is for a client or for a server",
        holds: |served| {
            served.listeners.iter().all(|(one, managers)| {
                let is_client = one.address.is_none() && one.filter_chains.is_empty();
                managers.len() == 1 && one.api_listener.is_some() == is_client
            })
        },
        breaks: |served| served.listeners[0].0.address = Some(Address::default()),
    },
    Rule {
        about: "LDS: a server's listener has chains of one filter, routes that take every call, and nothing else",
        holds: |served| {
            served.listeners.iter().filter(|(one, _)| one.api_listener.is_none()).all(|(one, _)| {
                one.listener_filters.is_empty()
                    && one.use_original_dst.is_none()
                    && one.default_filter_chain.is_none()
                    && one
                        .filter_chains
                        .iter()
                        .all(|chain| chain.filters.len() == 1 && chain.filter_chain_match.is_none())
            })
        },
        breaks: |served| served.listeners.last_mut().unwrap().0.use_original_dst = Some(false),
    },
    // Route configurations.
    Rule {
        about: "RDS: there is a virtual host for every authority, and no * elsewhere than at an end",
        holds: |served| {
            served.all_routes().iter().all(|routes| {
                let domains = || routes.virtual_hosts.iter().flat_map(|host| &host.domains);
                let is_fine = |domain: &String| !domain.trim_start_matches('*').trim_end_matches('*').contains('*');
                domains().any(|domain| domain == "*") && domains().all(is_fine)
            })
        },
        breaks: |served| served.routes[0].virtual_hosts[0].domains = vec!["a*b".to_owned()],
    },
    Rule {
        about: "RDS: paths are matched by prefix, in their case, and nothing else is",
        holds: |served| {
            served.single_routes().iter().all(|route| {
                route.r#match.as_ref().is_some_and(|route| {
                    route.case_sensitive == Some(true)
                        && matches!(&route.path_specifier, Some(route_match::PathSpecifier::Prefix(prefix)) if prefix.is_empty() || prefix == "/")
                        && route.query_parameters.is_empty()
                        && route.headers.is_empty()
                })
            })
        },
        breaks: |served| route(served).r#match.as_mut().unwrap().case_sensitive = None,
    },
    Rule {
        about: "RDS: a call goes to a cluster, or is taken by the server",
        holds: |served| {
            served.single_routes().iter().all(|route| match &route.action {
                Some(Action::NonForwardingAction(_)) => true,
                Some(Action::Route(action)) => {
                    matches!(&action.cluster_specifier, Some(route_action::ClusterSpecifier::Cluster(name)) if !name.is_empty())
                }
                _ => false,
            })
        },
        breaks: |served| route(served).action = None,
    },
    Rule {
        about: "RDS: nobody refers to a plugin, nor has settings of filters of its own",
        holds: |served| {
            served.all_routes().iter().all(|routes| {
                let hosts = || routes.virtual_hosts.iter();
                routes.cluster_specifier_plugins.is_empty()
                    && hosts().all(|host| host.typed_per_filter_config.is_empty())
                    && hosts().flat_map(|host| &host.routes).all(|route| route.typed_per_filter_config.is_empty())
            })
        },
        breaks: |served| {
            let any = prost_types::Any::default();
            route(served).typed_per_filter_config.insert("envoy.filters.http.fault".to_owned(), any);
        },
    },
    Rule {
        about: "RDS: a retry policy names codes of gRPC's, tries at least once and at most as often as gRPC does",
        holds: |served| {
            let codes = ["cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable"];
            served.retries().iter().all(|retry| {
                retry.retry_on.split(',').all(|word| codes.contains(&word))
                    && retry.num_retries.is_some_and(|retries| (1..=4).contains(&retries))
            })
        },
        breaks: |served| {
            action(served).retry_policy = Some(RetryPolicy {
                retry_on: "unavailable".to_owned(),
                num_retries: Some(0),
                ..RetryPolicy::default()
            });
        },
    },
    Rule {
        about: "RDS: pauses between tries are above zero, and none is above the longest",
        holds: |served| {
            served.retries().iter().filter_map(|retry| retry.retry_back_off.as_ref()).all(|pause| {
                let nanos = |duration: &Option<Duration>| duration.as_ref().map_or(0, nanos);
                nanos(&pause.base_interval) > 0 && nanos(&pause.max_interval) >= nanos(&pause.base_interval)
            })
        },
        breaks: |served| {
            action(served).retry_policy = Some(RetryPolicy {
                retry_back_off: Some(retry_policy::RetryBackOff::default()),
                ..RetryPolicy::default()
            });
        },
    },
    // Clusters.
    Rule {
        about: "CDS: endpoints come by EDS over the same stream, under a name",
        holds: |served| {
            served.clusters.iter().all(|cluster| {
                let eds = ClusterDiscoveryType::Type(DiscoveryType::Eds.into());
                cluster.cluster_discovery_type == Some(eds)
                    && cluster
                        .eds_cluster_config
                        .as_ref()
                        .is_some_and(|eds| is_ads(eds.eds_config.as_ref()) && !eds.service_name.is_empty())
            })
        },
        breaks: |served| served.clusters[0].cluster_discovery_type = None,
    },
    Rule {
        about: "CDS: the old enum says nothing, or that there is a ring and no list of policies",
        holds: |served| {
            served.clusters.iter().all(|cluster| match cluster.lb_policy() {
                LbPolicy::RoundRobin => cluster.lb_config.is_none() && cluster.load_balancing_policy.is_some(),
                LbPolicy::RingHash => cluster.load_balancing_policy.is_none(),
                _ => false,
            })
        },
        breaks: |served| served.clusters[0].set_lb_policy(LbPolicy::LeastRequest),
    },
    Rule {
        about: "CDS: the last policy of the list is one that all have, as is the last one in it",
        holds: |served| {
            served.clusters.iter().filter_map(|cluster| cluster.load_balancing_policy.as_ref()).all(|list| {
                let last = configs(Some(list)).pop();
                last.filter(|any| any.type_url == WrrLocality::type_url()).is_some_and(|any| {
                    let children = configs(unpack::<WrrLocality>(&any).endpoint_picking_policy.as_ref());
                    children.last().is_some_and(|any| any.type_url == RoundRobin::type_url())
                })
            })
        },
        breaks: |served| served.clusters[0].load_balancing_policy = Some(LoadBalancingPolicy::default()),
    },
    Rule {
        about: "CDS: a ring isn't in a list, where grpc-js can't read its sizes",
        holds: |served| of_type::<RingHash>(&served.clusters).is_empty(),
        breaks: |served| prefer(&mut served.clusters[0], &RingHash::default()),
    },
    Rule {
        about: "CDS: a ring is hashed by XX_HASH, and its sizes are possible",
        holds: |served| {
            served.clusters.iter().all(|cluster| match &cluster.lb_config {
                Some(LbConfig::RingHashLbConfig(ring)) => {
                    let (min, max) =
                        (ring.minimum_ring_size.unwrap_or(1024), ring.maximum_ring_size.unwrap_or(MAX_RING_SIZE));
                    ring.hash_function() == ring_hash_lb_config::HashFunction::XxHash
                        && min <= max
                        && max <= MAX_RING_SIZE
                }
                _ => cluster.lb_policy() != LbPolicy::RingHash,
            })
        },
        breaks: |served| served.clusters[0].set_lb_policy(LbPolicy::RingHash),
    },
    Rule {
        about: "CDS: least request chooses among two or more",
        holds: |served| {
            of_type::<LeastRequest>(&served.clusters)
                .iter()
                .all(|least| least.choice_count.is_none_or(|count| count >= 2))
        },
        breaks: |served| {
            prefer(&mut served.clusters[0], &LeastRequest { choice_count: Some(1), ..LeastRequest::default() });
        },
    },
    Rule {
        about: "CDS: nothing is said of TLS, and load is reported to this server or not at all",
        holds: |served| {
            served.clusters.iter().all(|cluster| {
                cluster.transport_socket.is_none()
                    && cluster.transport_socket_matches.is_empty()
                    && cluster.lrs_server.as_ref().is_none_or(is_itself)
            })
        },
        breaks: |served| served.clusters[0].lrs_server = Some(ConfigSource::default()),
    },
    Rule {
        about: "CDS: shares are percentages, and times aren't negative",
        holds: |served| {
            served.clusters.iter().filter_map(|cluster| cluster.outlier_detection.as_ref()).all(|outlier| {
                let shares = [
                    outlier.max_ejection_percent,
                    outlier.enforcing_success_rate,
                    outlier.enforcing_failure_percentage,
                    outlier.failure_percentage_threshold,
                ];
                let times = [&outlier.interval, &outlier.base_ejection_time, &outlier.max_ejection_time];
                shares.iter().flatten().all(|share| *share <= 100)
                    && times.into_iter().flatten().all(|time| nanos(time) >= 0)
            })
        },
        breaks: |served| {
            served.clusters[0].outlier_detection =
                Some(OutlierDetection { max_ejection_percent: Some(101), ..OutlierDetection::default() });
        },
    },
    // Assignments.
    Rule {
        about: "EDS: each locality is there, once, and has a weight",
        holds: |served| {
            served.assignments.iter().all(|assignment| {
                let localities: BTreeSet<_> = assignment
                    .endpoints
                    .iter()
                    .filter_map(|part| part.locality.as_ref())
                    .map(|one| (&one.region, &one.zone, &one.sub_zone))
                    .collect();
                localities.len() == assignment.endpoints.len()
                    && assignment
                        .endpoints
                        .iter()
                        .all(|part| part.load_balancing_weight.is_some_and(|weight| weight > 0))
            })
        },
        breaks: |served| part(served).locality = None,
    },
    Rule {
        about: "EDS: priorities begin at 0 and have no gaps, and the weights of each add up to 32 bits",
        holds: |served| {
            served.assignments.iter().all(|assignment| {
                let priorities: BTreeSet<u32> = assignment.endpoints.iter().map(|part| part.priority).collect();
                let sum = |priority: &u32| -> u64 {
                    let parts = assignment.endpoints.iter().filter(|part| part.priority == *priority);
                    parts.filter_map(|part| part.load_balancing_weight).map(u64::from).sum()
                };
                (0..).zip(&priorities).all(|(expected, priority)| expected == *priority)
                    && priorities.iter().all(|priority| u32::try_from(sum(priority)).is_ok())
            })
        },
        breaks: |served| all_parts(served).for_each(|part| part.priority += 1),
    },
    Rule {
        about: "EDS: every address is an IP address with a port, and comes once",
        holds: |served| {
            served.assignments.iter().all(|assignment| {
                let endpoints = assignment.endpoints.iter().flat_map(|part| &part.lb_endpoints);
                // Also the additional ones (gRFC A61).
                let addresses: Vec<_> = endpoints.flat_map(addresses_of).collect();
                let different: BTreeSet<_> = addresses.iter().flatten().collect();
                different.len() == addresses.len()
            })
        },
        breaks: |served| {
            let part = part(served);
            let again = part.lb_endpoints[0].clone();
            part.lb_endpoints.push(again);
        },
    },
    Rule {
        about: "EDS: every endpoint is healthy and has a weight",
        holds: |served| {
            let parts = served.assignments.iter().flat_map(|assignment| &assignment.endpoints);
            parts.flat_map(|part| &part.lb_endpoints).all(|one| {
                one.load_balancing_weight.is_some_and(|weight| weight > 0)
                    && one.health_status() == HealthStatus::Healthy
            })
        },
        breaks: |served| part(served).lb_endpoints[0].load_balancing_weight = Some(0),
    },
    Rule {
        about: "EDS: nothing is dropped",
        holds: |served| served.assignments.iter().all(|assignment| assignment.policy.is_none()),
        breaks: |served| served.assignments[0].policy = Some(cluster_load_assignment::Policy::default()),
    },
    // What refers to what.
    Rule {
        about: "whatever a resource refers to is there",
        holds: |served| {
            let routes: BTreeSet<&str> = served.routes.iter().map(|one| &*one.name).collect();
            let clusters: BTreeSet<&str> = served.clusters.iter().map(|one| &*one.name).collect();
            let assignments: BTreeSet<&str> = served.assignments.iter().map(|one| &*one.cluster_name).collect();
            served.managers().all(|manager| match &manager.route_specifier {
                Some(RouteSpecifier::Rds(rds)) => routes.contains(&*rds.route_config_name),
                _ => true,
            }) && served.actions().iter().all(|action| match &action.cluster_specifier {
                Some(route_action::ClusterSpecifier::Cluster(name)) => clusters.contains(&**name),
                _ => false,
            }) && served.clusters.iter().all(|cluster| {
                cluster.eds_cluster_config.as_ref().is_some_and(|eds| assignments.contains(&*eds.service_name))
            })
        },
        breaks: |served| served.clusters.clear(),
    },
];

fn is_ads(source: Option<&ConfigSource>) -> bool {
    use config_source::ConfigSourceSpecifier::{Ads, Self_};
    let of = source.and_then(|source| source.config_source_specifier.as_ref());
    matches!(of, Some(Ads(_) | Self_(SelfConfigSource { .. })))
}

/// Whether it is the server that this comes from.
fn is_itself(source: &ConfigSource) -> bool {
    matches!(source.config_source_specifier, Some(config_source::ConfigSourceSpecifier::Self_(SelfConfigSource { .. })))
}

fn nanos(duration: &Duration) -> i128 {
    i128::from(duration.seconds) * 1_000_000_000 + i128::from(duration.nanos)
}

/// The configurations of a list of policies.
fn configs(list: Option<&LoadBalancingPolicy>) -> Vec<prost_types::Any> {
    let policies = list.into_iter().flat_map(|list| &list.policies);
    policies.filter_map(|policy| policy.typed_extension_config.as_ref()?.typed_config.clone()).collect()
}

/// The policies of this type, of all clusters.
fn of_type<M: prost::Message + Default + Name>(clusters: &[Cluster]) -> Vec<M> {
    let all = clusters.iter().flat_map(|cluster| configs(cluster.load_balancing_policy.as_ref()));
    all.filter(|any| any.type_url == M::type_url()).map(|any| unpack(&any)).collect()
}

/// Puts a policy before those that the cluster has.
fn prefer<M: Name>(cluster: &mut Cluster, policy: &M) {
    let config = TypedExtensionConfig { name: "first".to_owned(), typed_config: Some(data_plane_api::any(policy)) };
    let policy = load_balancing_policy::Policy { typed_extension_config: Some(config) };
    cluster.load_balancing_policy.as_mut().unwrap().policies.insert(0, policy);
}

/// The first route of all.
fn route(served: &mut Served) -> &mut Route {
    &mut served.routes[0].virtual_hosts[0].routes[0]
}

/// What it does.
fn action(served: &mut Served) -> &mut RouteAction {
    match &mut route(served).action {
        Some(Action::Route(action)) => action,
        other => panic!("{other:?}"),
    }
}

/// A locality that has endpoints.
fn part(served: &mut Served) -> &mut LocalityLbEndpoints {
    all_parts(served).next().unwrap()
}

/// All that have.
fn all_parts(served: &mut Served) -> impl Iterator<Item = &mut LocalityLbEndpoints> {
    served.assignments.iter_mut().flat_map(|assignment| &mut assignment.endpoints)
}

/// Its address and its additional ones; `None` for one that no library takes.
fn addresses_of(endpoint: &LbEndpoint) -> Vec<Option<(IpAddr, u32)>> {
    let Some(lb_endpoint::HostIdentifier::Endpoint(Endpoint { address, additional_addresses, .. })) =
        &endpoint.host_identifier
    else {
        return vec![None];
    };
    let additional = additional_addresses.iter().map(|one| one.address.as_ref());
    [address.as_ref()].into_iter().chain(additional).map(socket_of).collect()
}

fn socket_of(address: Option<&Address>) -> Option<(IpAddr, u32)> {
    let Some(address::Address::SocketAddress(socket)) = address?.address.as_ref() else { return None };
    let Some(socket_address::PortSpecifier::PortValue(port)) = socket.port_specifier else { return None };
    socket.address.parse().ok().filter(|_| (1..=65_535).contains(&port)).map(|address| (address, port))
}
