//! A load report, as far as it is read.

use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, message, skip_field, string, uint64};
use prost::{DecodeError, Message};

use crate::identity::Node;
use crate::telemetry::Load;
use crate::xds::{in_field, only_read};

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
    /// The sums over `upstream_locality_stats`, and `total_dropped_requests`. The sums are built while they are read, so
    /// that it costs nothing how many localities there are.
    pub(super) load: Load,
}

/// What is read of an `UpstreamLocalityStats`.
#[derive(Clone, PartialEq, Eq, Message)]
#[expect(clippy::struct_field_names, reason = "an error that says a field says it as clients know it")]
struct UpstreamLocalityStats {
    #[prost(uint64, tag = "2")]
    total_successful_requests: u64,
    #[prost(uint64, tag = "4")]
    total_error_requests: u64,
    #[prost(uint64, tag = "8")]
    total_issued_requests: u64,
}

impl Message for LoadStatsRequest {
    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        let (field, read) = match tag {
            1 => ("node", message::merge(wire_type, self.node.get_or_insert_default(), buffer, context)),
            2 => {
                let mut stats = ClusterStats::default();
                let read = message::merge(wire_type, &mut stats, buffer, context);
                if !stats.cluster_name.is_empty() {
                    self.cluster_stats.push(stats);
                }
                ("cluster_stats", read)
            }
            _ => return skip_field(wire_type, tag, buffer, context),
        };
        in_field(read, "LoadStatsRequest", field)
    }

    only_read!();
}

impl Message for ClusterStats {
    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        let (field, read) = match tag {
            1 => ("cluster_name", string::merge(wire_type, &mut self.cluster_name, buffer, context)),
            2 => {
                let mut locality = UpstreamLocalityStats::default();
                let read = message::merge(wire_type, &mut locality, buffer, context);
                let UpstreamLocalityStats { total_successful_requests, total_error_requests, total_issued_requests } =
                    locality;
                self.load.issued = self.load.issued.saturating_add(total_issued_requests);
                self.load.succeeded = self.load.succeeded.saturating_add(total_successful_requests);
                self.load.failed = self.load.failed.saturating_add(total_error_requests);
                ("upstream_locality_stats", read)
            }
            3 => ("total_dropped_requests", uint64::merge(wire_type, &mut self.load.dropped, buffer, context)),
            _ => return skip_field(wire_type, tag, buffer, context),
        };
        in_field(read, "ClusterStats", field)
    }

    only_read!();
}
