//! Makes a client of a kubeconfig or of a service account.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kube::Client;
use kube::config::{Config, InClusterError, KubeConfigOptions, Kubeconfig, KubeconfigError};

use super::error;

/// How long connecting to the API server may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection to the API server may be idle before it counts as dead, on top of the `idle` time of a watch. The API
/// server takes up to a minute for a request. (Watches don't wait for this, see [`super::list_watch`].)
const READ_TIMEOUT: Duration = Duration::from_mins(1);

/// Why the cluster can't be watched at all. A retry doesn't help.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The kubeconfig is missing, unreadable, or lacks what is needed.
    #[error("kubeconfig {path}: {}", in_kubeconfig(.source))]
    Kubeconfig {
        /// The file, or the content of `$KUBECONFIG`.
        path: String,
        /// What is wrong with it.
        source: Box<KubeconfigError>,
    },
    /// Neither in a pod, nor is there a kubeconfig.
    #[error(
        "no cluster to watch: kubeconfig {path}: {}; and no service account of a pod: {}",
        in_kubeconfig(.kubeconfig), error::root_cause(.in_cluster)
    )]
    NoCluster {
        /// The kubeconfig that was looked for.
        path: String,
        /// What is wrong with it.
        #[source]
        kubeconfig: Box<KubeconfigError>,
        /// What is missing of a pod's service account.
        in_cluster: Box<InClusterError>,
    },
    /// Certificates, keys or credentials of the configuration can't be used.
    #[error("the configuration for {server} can't be used: {}", error::root_cause(.source))]
    Unusable {
        /// The API server.
        server: String,
        /// What is wrong.
        source: Box<kube::Error>,
    },
}

/// A client, and the address of the API server it talks to. A watch may be idle for so long.
pub(super) async fn connect(
    kubeconfig: Option<PathBuf>,
    context: Option<String>,
    idle: Duration,
) -> Result<(String, Client), ConnectError> {
    let mut config = configuration(kubeconfig, context).await?;
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    config.read_timeout = Some(READ_TIMEOUT + idle);
    config.write_timeout = Some(READ_TIMEOUT);
    // Otherwise the time that a connection lay in the pool would count.
    config.reset_reader_on_write = true;
    // kube would repeat a 503 by itself for minutes, ever more slowly and without a word; our watches do it better.
    config.default_retry = false;
    let server = config.cluster_url.to_string();
    let client = Client::try_from(config)
        .map_err(|source| ConnectError::Unusable { server: server.clone(), source: source.into() })?;
    Ok((server, client))
}

async fn configuration(kubeconfig: Option<PathBuf>, context: Option<String>) -> Result<Config, ConnectError> {
    if let Some(path) = kubeconfig {
        let path = path.as_path();
        return from_file(path, context)
            .await
            .map_err(|source| ConnectError::Kubeconfig { path: path.display().to_string(), source: source.into() });
    }
    let in_cluster = if context.is_none() { Some(Config::incluster()) } else { None };
    let in_cluster = match in_cluster {
        Some(Ok(config)) => return Ok(config),
        Some(Err(error)) => Some(error),
        None => None,
    };
    let options = KubeConfigOptions { context, cluster: None, user: None };
    Config::from_kubeconfig(&options).await.map_err(|source| {
        let path = std::env::var("KUBECONFIG")
            .ok()
            .filter(|paths| !paths.is_empty())
            .unwrap_or_else(|| "~/.kube/config".to_owned());
        match in_cluster {
            // Whoever has a kubeconfig wants to read of that only.
            Some(in_cluster) if matches!(source, KubeconfigError::ReadConfig(..) | KubeconfigError::FindPath) => {
                ConnectError::NoCluster { path, kubeconfig: source.into(), in_cluster: in_cluster.into() }
            }
            _ => ConnectError::Kubeconfig { path, source: source.into() },
        }
    })
}

async fn from_file(path: &Path, context: Option<String>) -> Result<Config, KubeconfigError> {
    let kubeconfig = Kubeconfig::read_from(path)?;
    Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions { context, cluster: None, user: None }).await
}

fn in_kubeconfig(error: &KubeconfigError) -> String {
    match error {
        // Its text would name the file a second time.
        KubeconfigError::ReadConfig(error, _) => error.to_string(),
        error => error::first_line(&error.to_string()),
    }
}

#[cfg(test)]
mod tests;
