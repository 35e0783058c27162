//! The label sets of metrics. Every value is one of a few words of our own.

use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;

/// By kind of resource: `cds`, `eds`, `lds`, `rds`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ByType {
    pub(super) r#type: &'static str,
}

/// By kind of resource and family of client: `envoy`, `grpc`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ByTypeClient {
    pub(super) r#type: &'static str,
    pub(super) client: &'static str,
}

/// By family of client and variant of the protocol: `sotw`, `delta`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ByClientVariant {
    pub(super) client: &'static str,
    pub(super) variant: &'static str,
}

/// By source (`kubernetes`, `manifests`) and kind of object: `Service`, …
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct BySourceKind {
    pub(super) source: &'static str,
    pub(super) kind: &'static str,
}

/// By kind of object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ByKind {
    pub(super) kind: &'static str,
}

/// By kind of mistake: `InvalidAnnotation`, …
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ByReason {
    pub(super) reason: &'static str,
}

/// By reason of an Event and what became of it: `created`, …
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ByReasonOutcome {
    pub(super) reason: &'static str,
    pub(super) outcome: &'static str,
}

/// By cluster, as clients know it: `<namespace>/<service>/<port>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ByCluster {
    pub(super) cluster: Arc<str>,
}

/// By cluster and how requests to it ended: `success`, `error`, `dropped`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ByClusterOutcome {
    pub(super) cluster: Arc<str>,
    pub(super) outcome: &'static str,
}

/// By family of client.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ByClient {
    pub(super) client: &'static str,
}
