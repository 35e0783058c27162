//! Whether the API server answers, and how far its history goes; asked while nothing happens.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::stream::{self, BoxStream, StreamExt};
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::discovery::v1 as discovery;
use kube::Api;
use kube::api::ListParams;
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use super::follow::number;
use super::merge::Heard;
use super::shared::{Call, Shared};
use crate::model::Kind;

/// How often to ask.
const INTERVAL: Duration = Duration::from_secs(3);

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(3);

/// What came of a probe.
#[derive(Debug)]
pub(super) enum Probed {
    /// It answers.
    Well,
    /// It answers, and is older than it was.
    WentBack {
        /// The revision that was known.
        from: u64,
        /// Its revision.
        to: u64,
    },
    /// It doesn't answer, or not as it should.
    Failed(kube::Error),
}

/// No answer came in time.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {} s", TIMEOUT.as_secs())]
struct NoAnswer;

struct Probe {
    services: Api<core::Service>,
    slices: Api<discovery::EndpointSlice>,
    shared: Arc<Shared>,
    ticks: Interval,
    failed: bool,
}

/// What comes of a probe every few seconds.
///
/// A page of one Service or EndpointSlice is asked for, which we may read if we may serve anything: it says the revision of
/// the whole API, comes from etcd and not from a cache, and fails if that is lost. Of the two it is the kind of which we know
/// the greater revision, for that tells soonest that revisions have gone back. (Each is compared with its own: the two may be
/// in different etcds.)
pub(super) fn stream(
    services: Api<core::Service>,
    slices: Api<discovery::EndpointSlice>,
    shared: Arc<Shared>,
) -> BoxStream<'static, Heard> {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let probe = Probe { services, slices, shared, ticks, failed: false };
    stream::unfold(probe, async |mut probe| Some((Heard::Probe(probe.next().await), probe))).boxed()
}

impl Probe {
    async fn next(&mut self) -> Probed {
        self.ticks.tick().await;
        self.shared.spend(1, Instant::now());
        let [services, slices] = [Kind::Service, Kind::EndpointSlice].map(|kind| (self.shared.revision(kind), kind));
        let (known, kind) = services.max(slices);
        let answer = timeout(TIMEOUT, self.ask(kind)).await;
        let revision = match answer.unwrap_or_else(|_| Err(kube::Error::Service(NoAnswer.into()))) {
            Ok(revision) => revision.and_then(|revision| number(&revision)),
            // Not for us to ask, or too busy to say: either way it answers. A watch says what is wrong.
            Err(kube::Error::Api(status)) if matches!(status.code, 403 | 404 | 429) => None,
            Err(error) => {
                self.failed = true;
                return Probed::Failed(error);
            }
        };
        if std::mem::take(&mut self.failed) {
            // Connections that were open meanwhile may be dead.
            self.shared.call(Call::Renew);
        }
        match (known.min(self.shared.revision(kind)), revision) {
            (Some(from), Some(to)) if to < from => {
                self.shared.went_back();
                self.shared.call(Call::Relist);
                Probed::WentBack { from, to }
            }
            _ => Probed::Well,
        }
    }

    async fn ask(&self, kind: Kind) -> kube::Result<Option<String>> {
        let one = ListParams::default().limit(1);
        let metadata = match kind {
            Kind::EndpointSlice => self.slices.list(&one).await?.metadata,
            _ => self.services.list(&one).await?.metadata,
        };
        Ok(metadata.resource_version)
    }
}
