//! Opens the source that the settings name.

use anyhow::anyhow;

use super::config::{Config, KubernetesConfig, SourceConfig};
use crate::source::Source;
use crate::source::kubernetes::{self, KubernetesSource};
use crate::source::lower::Lowering;
use crate::source::manifests::ManifestsSource;

/// Opens the source. That a cluster can't be reached now is no error: the source keeps trying.
pub(super) async fn open(config: &Config) -> anyhow::Result<Box<dyn Source>> {
    let lowering = Lowering { allow_loopback_endpoints: config.allow_loopback_endpoints, compat: config.compat };
    match config.source.clone() {
        SourceConfig::Kubernetes(KubernetesConfig { kubeconfig, context, namespaces }) => {
            let options = kubernetes::Options { kubeconfig, context, namespaces, lowering };
            let source = KubernetesSource::connect(options).await;
            // Their messages name the cause already.
            Ok(Box::new(source.map_err(|error| anyhow!("{error}"))?))
        }
        SourceConfig::Manifests { directory } => {
            let source = ManifestsSource::open(directory, lowering);
            Ok(Box::new(source.map_err(|error| anyhow!("{error}"))?))
        }
    }
}
