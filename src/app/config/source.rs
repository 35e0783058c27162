//! Resolves which source is configured.

use std::path::PathBuf;

use super::{ConfigError, Layer, SourceKind};

/// Where Services and endpoints come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceConfig {
    /// The API server of a Kubernetes cluster.
    Kubernetes(KubernetesConfig),
    /// A directory of manifests.
    Manifests {
        /// The directory.
        directory: PathBuf,
    },
}

/// How to reach the API server and what to watch there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KubernetesConfig {
    /// The kubeconfig file; without one, the service account in a pod, else what `kubectl` would use.
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig; without one, its current context.
    pub context: Option<String>,
    /// The namespaces to watch; empty for all.
    pub namespaces: Vec<String>,
}

/// The source of one layer, if it has one.
enum Choice {
    Kubernetes,
    /// The directory may come from a weaker layer.
    Manifests(Option<PathBuf>),
}

/// Resolves the source. The strongest layer that has one decides; a layer that contradicts itself is
/// refused, and so are settings of a source that isn't the one.
pub(super) fn resolve(command_line: &Layer, file: &Layer, file_name: &str) -> Result<SourceConfig, ConfigError> {
    let command_line_origin = Origin::CommandLine;
    let file_origin = Origin::File(file_name);
    let strong = choice(command_line, &command_line_origin)?;
    // Only then is the file asked: one that contradicts itself must not stop a command line that overrides it.
    let Some(strong) = strong else {
        return match choice(file, &file_origin)? {
            None | Some(Choice::Kubernetes) => Ok(kubernetes(command_line, file)),
            Some(Choice::Manifests(directory)) => {
                refuse_kubernetes_settings(command_line, &command_line_origin)?;
                refuse_kubernetes_settings(file, &file_origin)?;
                manifests(directory)
            }
        };
    };
    match strong {
        Choice::Kubernetes => Ok(kubernetes(command_line, file)),
        Choice::Manifests(directory) => {
            refuse_kubernetes_settings(command_line, &command_line_origin)?;
            manifests(directory.or_else(|| file.manifests.clone()))
        }
    }
}

fn choice(layer: &Layer, origin: &Origin<'_>) -> Result<Option<Choice>, ConfigError> {
    match (layer.source, &layer.manifests) {
        (None, None) => Ok(None),
        (Some(SourceKind::Kubernetes), None) => Ok(Some(Choice::Kubernetes)),
        (None | Some(SourceKind::Manifests), directory) => Ok(Some(Choice::Manifests(directory.clone()))),
        (Some(SourceKind::Kubernetes), Some(_)) => Err(ConfigError::Contradiction(format!(
            "{} contradicts {}, which means the manifests source: leave one out",
            origin.setting("source", Some("kubernetes")),
            origin.setting("manifests", None),
        ))),
        (Some(SourceKind::Etcd), _) => Err(ConfigError::NotYet {
            what: origin.setting("source", Some("etcd")),
            instead: "use kubernetes or manifests".to_owned(),
        }),
    }
}

fn kubernetes(strong: &Layer, weak: &Layer) -> SourceConfig {
    SourceConfig::Kubernetes(KubernetesConfig {
        kubeconfig: strong.kubeconfig.clone().or_else(|| weak.kubeconfig.clone()),
        context: strong.context.clone().or_else(|| weak.context.clone()),
        namespaces: strong.namespace.clone().or_else(|| weak.namespace.clone()).unwrap_or_default(),
    })
}

fn manifests(directory: Option<PathBuf>) -> Result<SourceConfig, ConfigError> {
    directory.map(|directory| SourceConfig::Manifests { directory }).ok_or_else(|| {
        ConfigError::Contradiction("--source manifests needs a directory: add --manifests DIR".to_owned())
    })
}

fn refuse_kubernetes_settings(layer: &Layer, origin: &Origin<'_>) -> Result<(), ConfigError> {
    let set = [
        ("kubeconfig", layer.kubeconfig.is_some()),
        ("context", layer.context.is_some()),
        ("namespace", layer.namespace.is_some()),
    ];
    match set.into_iter().find(|(_, is_set)| *is_set) {
        None => Ok(()),
        Some((name, _)) => Err(ConfigError::Contradiction(format!(
            "{} means nothing to the manifests source: leave it out",
            origin.setting(name, None)
        ))),
    }
}

/// The layer that a setting is in, so that an error can name it in the user's own spelling.
enum Origin<'a> {
    CommandLine,
    File(&'a str),
}

impl Origin<'_> {
    fn setting(&self, name: &str, value: Option<&str>) -> String {
        match (self, value) {
            (Self::CommandLine, None) => format!("--{name}"),
            (Self::CommandLine, Some(value)) => format!("--{name} {value}"),
            (Self::File(file), None) => format!("{file}: {name}"),
            (Self::File(file), Some(value)) => format!("{file}: {name}: {value}"),
        }
    }
}
