//! Envoys that know no ADS.
//!
//! What Chancery renders says that assignments and route configurations come from ADS. Envoy has no source that means
//! "as this came". So an Envoy whose assignments and route configurations come on streams of their own is one whose owner
//! wrote the clusters and listeners; here the test is that owner, and changes where they point, and nothing else.

use std::sync::Arc;

use chancery::xds::{Resource, ResourceType, Snapshot};
use data_plane_api::any;
use data_plane_api::cluster::Cluster;
use data_plane_api::http_connection_manager::{HttpConnectionManager, RouteSpecifier};
use data_plane_api::listener::{Listener, filter};
use prost::{Message, Name};
use rig::envoy::Variant;

use rig::envoy::configuration::decode;

/// The snapshot, with every assignment and route configuration coming from where this variant gets everything.
pub fn snapshot(snapshot: &Snapshot, variant: Variant) -> Snapshot {
    let mut changed = snapshot.clone();
    for resource in snapshot.get(ResourceType::Cluster).iter() {
        let mut cluster: Cluster = decode(resource);
        redirect_assignment(&mut cluster, variant);
        put(&mut changed, ResourceType::Cluster, resource, &cluster);
    }
    for resource in snapshot.get(ResourceType::Listener).iter() {
        let mut listener: Listener = decode(resource);
        with_manager(&mut listener, |manager| redirect_routes(manager, variant));
        put(&mut changed, ResourceType::Listener, resource, &listener);
    }
    changed
}

/// Makes the assignment of a cluster come from where this variant gets everything.
pub fn redirect_assignment(cluster: &mut Cluster, variant: Variant) {
    let source = cluster.eds_cluster_config.as_mut().and_then(|eds| eds.eds_config.as_mut());
    source.unwrap().config_source_specifier = variant.source().config_source_specifier;
}

/// Makes the routes come from where this variant gets everything.
pub fn redirect_routes(manager: &mut HttpConnectionManager, variant: Variant) {
    let Some(RouteSpecifier::Rds(rds)) = &mut manager.route_specifier else { panic!("{manager:?}") };
    rds.config_source.as_mut().unwrap().config_source_specifier = variant.source().config_source_specifier;
}

/// Changes the HTTP connection manager of a listener.
pub fn with_manager(listener: &mut Listener, change: impl FnOnce(&mut HttpConnectionManager)) {
    let filter = &mut listener.filter_chains[0].filters[0];
    let Some(filter::ConfigType::TypedConfig(config)) = &mut filter.config_type else { panic!("{filter:?}") };
    assert_eq!(config.type_url, HttpConnectionManager::type_url());
    let mut manager = HttpConnectionManager::decode(config.value.as_slice()).unwrap();
    change(&mut manager);
    *config = any(&manager);
}

fn put(snapshot: &mut Snapshot, resource_type: ResourceType, old: &Resource, content: &impl Name) {
    let new = Resource::encode(old.name().clone(), content, old.references().to_vec());
    snapshot.get_mut(resource_type).insert(Arc::new(new));
}
