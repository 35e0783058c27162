//! Opens the source that the configuration names.

use anyhow::anyhow;

use super::config::{Config, KubernetesConfig, SourceConfig};
use crate::events::{EventSender, EventWriter, event_channel};
use crate::source::Source;
use crate::source::kubernetes::{self, KubernetesSource};
use crate::source::manifests::ManifestsSource;
use crate::source::objects::Conversion;

/// A source, and the channel of the Events on its objects, if they can have any.
pub(super) type Opened = (Box<dyn Source>, Option<(EventSender, EventWriter)>);

/// Opens the source. That a cluster can't be reached now is no error: the source keeps trying.
pub(super) async fn open(config: &Config) -> anyhow::Result<Opened> {
    let conversion = Conversion { allow_loopback_endpoints: config.allow_loopback_endpoints, compat: config.compat };
    match config.source.clone() {
        SourceConfig::Kubernetes(KubernetesConfig { kubeconfig, context, namespaces }) => {
            let options = kubernetes::Options { kubeconfig, context, namespaces, conversion };
            // Their messages name the cause already.
            let source = KubernetesSource::connect(options).await.map_err(|error| anyhow!("{error}"))?;
            let events = event_channel(source.client());
            Ok((Box::new(source), Some(events)))
        }
        SourceConfig::Manifests { directory } => {
            let source = ManifestsSource::open(directory, conversion);
            Ok((Box::new(source.map_err(|error| anyhow!("{error}"))?), None))
        }
    }
}
