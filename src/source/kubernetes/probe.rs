//! Probes the API server every few seconds: whether it answers, and whether its resource version went back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::stream::{self, BoxStream, StreamExt};
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::discovery::v1 as discovery;
use kube::Api;
use kube::api::ListParams;
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use super::list_watch::parse_version;
use super::merge::SourceInput;
use super::shared::{Shared, Signal};
use crate::model::Kind;

/// How often to probe.
const INTERVAL: Duration = Duration::from_secs(3);

/// How long a response may take.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The result of a probe.
#[derive(Debug)]
pub(super) enum ProbeResult {
    /// The API server answers.
    Healthy,
    /// It answers, and has lost a part of its history.
    VersionWentBack {
        /// The resource version up to which objects are known.
        from: u64,
        /// The resource version now.
        to: u64,
    },
    /// It doesn't answer, or with an error.
    Failed(kube::Error),
}

/// No response came in time.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {} s", TIMEOUT.as_secs())]
struct TimeoutError;

struct Probe {
    services: Api<core::Service>,
    slices: Api<discovery::EndpointSlice>,
    shared: Arc<Shared>,
    ticks: Interval,
    failed: bool,
}

/// Probes every few seconds, for as long as it is polled.
///
/// A probe lists one Service or EndpointSlice, which we may read if we may serve anything: the list has the resource version of
/// the whole API, comes from etcd and not from a cache, and fails if that is lost. Of the two kinds it is the one whose known
/// version is greater, because that shows soonest that versions went back. (Each is compared with its own: the two may be in
/// different etcds.)
pub(super) fn stream(
    services: Api<core::Service>,
    slices: Api<discovery::EndpointSlice>,
    shared: Arc<Shared>,
) -> BoxStream<'static, SourceInput> {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let probe = Probe { services, slices, shared, ticks, failed: false };
    stream::unfold(probe, async |mut probe| Some((SourceInput::Probe(probe.next().await), probe))).boxed()
}

impl Probe {
    async fn next(&mut self) -> ProbeResult {
        self.ticks.tick().await;
        self.shared.charge(1, Instant::now());
        let [services, slices] =
            [Kind::Service, Kind::EndpointSlice].map(|kind| (self.shared.newest_version(kind), kind));
        let (known, kind) = services.max(slices);
        let response = timeout(TIMEOUT, self.list_one(kind)).await;
        let version = match response.unwrap_or_else(|_| Err(kube::Error::Service(TimeoutError.into()))) {
            Ok(resource_version) => resource_version.and_then(|version| parse_version(&version)),
            // Forbidden to us, or too busy: either way it answers. A watch reports what is wrong.
            Err(kube::Error::Api(status)) if matches!(status.code, 403 | 404 | 429) => None,
            Err(error) => {
                self.failed = true;
                return ProbeResult::Failed(error);
            }
        };
        if std::mem::take(&mut self.failed) {
            // Connections that were open meanwhile may be dead.
            self.shared.send(Signal::Reconnect);
        }
        match (known.min(self.shared.newest_version(kind)), version) {
            (Some(from), Some(to)) if to < from => {
                self.shared.forget_versions();
                self.shared.send(Signal::Relist);
                ProbeResult::VersionWentBack { from, to }
            }
            _ => ProbeResult::Healthy,
        }
    }

    /// The resource version of a list of one object.
    async fn list_one(&self, kind: Kind) -> kube::Result<Option<String>> {
        let one = ListParams::default().limit(1);
        let metadata = match kind {
            Kind::EndpointSlice => self.slices.list(&one).await?.metadata,
            _ => self.services.list(&one).await?.metadata,
        };
        Ok(metadata.resource_version)
    }
}
