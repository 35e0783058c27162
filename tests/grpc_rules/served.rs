//! What is served, decoded.

use chancery::xds::{Place, Resource, ResourceType, Snapshot};
use data_plane_api::cluster::Cluster;
use data_plane_api::endpoint::ClusterLoadAssignment;
use data_plane_api::http_connection_manager::{HttpConnectionManager, RouteSpecifier};
use data_plane_api::listener::{Listener, filter};
use data_plane_api::route::{Action, RetryPolicy, Route, RouteAction, RouteConfiguration};
use prost::{Message, Name};
use prost_types::Any;

/// Everything that a client at one place can be sent.
#[derive(Debug, Clone, Default)]
pub struct Served {
    /// Listeners, each with the HTTP connection managers in it.
    pub listeners: Vec<(Listener, Vec<HttpConnectionManager>)>,
    pub routes: Vec<RouteConfiguration>,
    pub clusters: Vec<Cluster>,
    pub assignments: Vec<ClusterLoadAssignment>,
}

impl Served {
    /// What is in this snapshot for a client at this place.
    pub fn of(snapshot: &Snapshot, place: &Place) -> Self {
        let listeners: Vec<Listener> = all(snapshot, ResourceType::Listener, place);
        Self {
            listeners: listeners.into_iter().map(with_managers).collect(),
            routes: all(snapshot, ResourceType::Route, place),
            clusters: all(snapshot, ResourceType::Cluster, place),
            assignments: all(snapshot, ResourceType::Endpoint, place),
        }
    }

    /// The route configurations, those in listeners too.
    pub fn all_routes(&self) -> Vec<&RouteConfiguration> {
        let inline = self.managers().filter_map(|manager| match &manager.route_specifier {
            Some(RouteSpecifier::RouteConfig(routes)) => Some(routes),
            _ => None,
        });
        self.routes.iter().chain(inline).collect()
    }

    /// The HTTP connection managers.
    pub fn managers(&self) -> impl Iterator<Item = &HttpConnectionManager> {
        self.listeners.iter().flat_map(|(_, managers)| managers)
    }

    /// The single routes.
    pub fn single_routes(&self) -> Vec<&Route> {
        let hosts = self.all_routes().into_iter().flat_map(|routes| &routes.virtual_hosts);
        hosts.flat_map(|host| &host.routes).collect()
    }

    /// What they do, if they lead to clusters.
    pub fn actions(&self) -> Vec<&RouteAction> {
        let routes = self.single_routes().into_iter();
        routes
            .filter_map(|route| match &route.action {
                Some(Action::Route(action)) => Some(action),
                _ => None,
            })
            .collect()
    }

    /// The retry policies.
    pub fn retries(&self) -> Vec<&RetryPolicy> {
        self.actions().into_iter().filter_map(|action| action.retry_policy.as_ref()).collect()
    }
}

fn all<M: Message + Default + Name>(snapshot: &Snapshot, resource_type: ResourceType, place: &Place) -> Vec<M> {
    let resources = snapshot.get(resource_type).iter();
    resources.map(|resource| content(&resource.at(place))).collect()
}

fn content<M: Message + Default + Name>(resource: &Resource) -> M {
    unpack(&Any::decode(resource.any().clone()).unwrap())
}

/// The message in an `Any`, which must be of this type.
pub fn unpack<M: Message + Default + Name>(any: &Any) -> M {
    assert_eq!(any.type_url, M::type_url());
    M::decode(&*any.value).unwrap()
}

fn with_managers(listener: Listener) -> (Listener, Vec<HttpConnectionManager>) {
    let api = listener.api_listener.iter().filter_map(|api| api.api_listener.as_ref());
    let filters = listener.filter_chains.iter().flat_map(|chain| &chain.filters);
    let configs = filters.filter_map(|filter| match &filter.config_type {
        Some(filter::ConfigType::TypedConfig(config)) => Some(config),
        _ => None,
    });
    let managers = api.chain(configs).map(unpack).collect();
    (listener, managers)
}
