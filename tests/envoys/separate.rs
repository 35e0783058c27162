//! A snapshot for Envoys that know no ADS.
//!
//! What Chancery renders says that assignments and route configurations come from ADS. Envoy has no source that means
//! "as this came". So an Envoy whose assignments and route configurations come on streams of their own is one whose owner
//! wrote the clusters and listeners; here the test is that owner, and changes where they point, and nothing else.

use std::sync::Arc;

use chancery::xds::{Resource, ResourceType, Snapshot};
use data_plane_api::any;
use data_plane_api::cluster::Cluster;
use data_plane_api::core::ConfigSource;
use data_plane_api::http_connection_manager::{HttpConnectionManager, RouteSpecifier};
use data_plane_api::listener::{Listener, filter};
use prost::{Message, Name};
use test_support::envoys::Variant;

use super::configuration::decode;

/// The snapshot, with every assignment and route configuration coming from where this variant gets everything.
pub fn snapshot(snapshot: &Snapshot, variant: Variant) -> Snapshot {
    let mut changed = snapshot.clone();
    if !variant.is_separate() {
        return changed;
    }
    for resource in snapshot.get(ResourceType::Cluster).iter() {
        let mut cluster: Cluster = decode(resource);
        if let Some(eds) = &mut cluster.eds_cluster_config {
            redirect(&mut eds.eds_config, variant);
        }
        put(&mut changed, ResourceType::Cluster, resource, &cluster);
    }
    for resource in snapshot.get(ResourceType::Listener).iter() {
        let mut listener: Listener = decode(resource);
        for filter in listener.filter_chains.iter_mut().flat_map(|chain| &mut chain.filters) {
            let Some(filter::ConfigType::TypedConfig(config)) = &mut filter.config_type else { panic!("{filter:?}") };
            let mut manager = HttpConnectionManager::decode(config.value.as_slice()).unwrap();
            let Some(RouteSpecifier::Rds(rds)) = &mut manager.route_specifier else { panic!("{manager:?}") };
            redirect(&mut rds.config_source, variant);
            *config = any(&manager);
        }
        put(&mut changed, ResourceType::Listener, resource, &listener);
    }
    changed
}

fn redirect(source: &mut Option<ConfigSource>, variant: Variant) {
    let source = source.as_mut().unwrap();
    source.config_source_specifier = variant.source().config_source_specifier;
}

fn put(snapshot: &mut Snapshot, resource_type: ResourceType, old: &Resource, content: &impl Name) {
    let new = Resource::encode(old.name().clone(), content, old.references().to_vec());
    assert_ne!(*old, new, "{} referred to nothing", old.name());
    snapshot.get_mut(resource_type).insert(Arc::new(new));
}
