//! `LoadStatsRequest`, decoded as far as it is used.

use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, message, string, uint64};
use prost::{DecodeError, Message};

use crate::identity::Node;
use crate::telemetry::Load;
use crate::xds::{merge_optional, partial_message};

/// What is read of a `LoadStatsRequest` (envoy/service/load_stats/v3/lrs.proto).
#[derive(Debug, Default)]
pub(super) struct LoadStatsRequest {
    /// `node`.
    pub(super) node: Option<Node>,
    /// `cluster_stats`, those with a name.
    pub(super) cluster_stats: Vec<ClusterStats>,
}

/// What is read of a `ClusterStats` (envoy/config/endpoint/v3/load_report.proto).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ClusterStats {
    /// `cluster_name`.
    pub(super) cluster_name: String,
    /// The sums over `upstream_locality_stats`, and `total_dropped_requests`. The sums are built while they are decoded, so
    /// that localities cost no memory.
    pub(super) load: Load,
}

/// What is read of an `UpstreamLocalityStats`.
#[derive(Clone, PartialEq, Eq, Message)]
#[expect(clippy::struct_field_names, reason = "an error names a field as clients know it")]
struct UpstreamLocalityStats {
    #[prost(uint64, tag = "2")]
    total_successful_requests: u64,
    #[prost(uint64, tag = "4")]
    total_error_requests: u64,
    #[prost(uint64, tag = "8")]
    total_issued_requests: u64,
}

partial_message! {
    LoadStatsRequest {
        1 => node: merge_optional,
        2 => cluster_stats: merge_named,
    }
}

partial_message! {
    ClusterStats {
        1 => cluster_name: string::merge,
        2 => upstream_locality_stats in load: merge_locality,
        3 => total_dropped_requests in load: merge_dropped,
    }
}

/// Keeps the stats of a cluster that has a name.
fn merge_named(
    wire_type: WireType,
    all: &mut Vec<ClusterStats>,
    buffer: &mut impl Buf,
    context: DecodeContext,
) -> Result<(), DecodeError> {
    let mut stats = ClusterStats::default();
    message::merge(wire_type, &mut stats, buffer, context)?;
    if !stats.cluster_name.is_empty() {
        all.push(stats);
    }
    Ok(())
}

/// Adds the stats of a locality.
fn merge_locality(
    wire_type: WireType,
    load: &mut Load,
    buffer: &mut impl Buf,
    context: DecodeContext,
) -> Result<(), DecodeError> {
    let mut locality = UpstreamLocalityStats::default();
    message::merge(wire_type, &mut locality, buffer, context)?;
    let UpstreamLocalityStats { total_successful_requests, total_error_requests, total_issued_requests } = locality;
    load.issued = load.issued.saturating_add(total_issued_requests);
    load.succeeded = load.succeeded.saturating_add(total_successful_requests);
    load.failed = load.failed.saturating_add(total_error_requests);
    Ok(())
}

fn merge_dropped(
    wire_type: WireType,
    load: &mut Load,
    buffer: &mut impl Buf,
    context: DecodeContext,
) -> Result<(), DecodeError> {
    uint64::merge(wire_type, &mut load.dropped, buffer, context)
}
