//! Writes Events to the API server, one after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;
use kube::api::{Patch, PatchParams, PostParams};
use kube::core::Status;
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::sleep;
use tracing::{debug, warn};

use super::QueuedEvent;
use super::warning::{InvolvedObject, Warning};
use crate::model::{Key, Kind};
use crate::source::kubernetes::{TokenBucket, first_line, root_cause};

/// How fast Events are written: one every interval, after a burst of so many.
const RATE: (Duration, u32) = (Duration::from_millis(100), 30);

/// The same for the Events of one object. Some of them quote clients, who could send new texts all the time.
const OBJECT_RATE: (Duration, u32) = (Duration::from_mins(1), 25);

/// How often writing an Event is tried: for about two minutes.
const ATTEMPTS: usize = 10;

/// How often it is tried while it is forbidden: an API server that has just started knows no rules of RBAC yet.
const FORBIDDEN_ATTEMPTS: usize = 4;

/// The first wait before a retry, and the longest.
const BACKOFF: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(30)];

/// The rules of RBAC that writing Events needs.
const EVENTS_RULE: &str = "apiGroups: [\"\"], resources: [events], verbs: [create, patch]";
const SERVICES_RULE: &str = "apiGroups: [\"\"], resources: [services], verbs: [get]";
const NAMESPACES_RULE: &str = "apiGroups: [\"\"], resources: [namespaces], verbs: [get]";

/// The outcome of writing an Event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventOutcome {
    /// It was written.
    Created,
    /// It was there, and was counted once more.
    Repeated,
    /// It was there, and was counted already for this version of the object.
    Known,
    /// The object that it would be about is gone.
    Gone,
    /// It could not be written.
    Failed,
    /// Too many were waiting, or there were too many about one object.
    Dropped,
}

impl EventOutcome {
    /// Every outcome.
    pub const ALL: [Self; 6] = [Self::Created, Self::Repeated, Self::Known, Self::Gone, Self::Failed, Self::Dropped];

    /// The word for it in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Repeated => "repeated",
            Self::Known => "known",
            Self::Gone => "gone",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }
}

/// Writes Events, one after the other.
pub struct EventWriter {
    client: Client,
    queue: broadcast::Receiver<Arc<QueuedEvent>>,
    bucket: TokenBucket,
    /// The buckets of objects that had Events lately.
    object_buckets: BTreeMap<(Kind, Key), TokenBucket>,
    /// The rules that turned out to be missing, until any Event was written again.
    missing: BTreeSet<&'static str>,
    /// The rules that were logged as missing. Some may be there in one namespace and not in another.
    reported: BTreeSet<&'static str>,
}

impl EventWriter {
    /// Writes what is queued.
    pub(super) fn new(client: Client, queue: broadcast::Receiver<Arc<QueuedEvent>>) -> Self {
        let (interval, burst) = RATE;
        Self {
            client,
            queue,
            bucket: TokenBucket::new(interval, burst, Instant::now()),
            object_buckets: BTreeMap::new(),
            missing: BTreeSet::new(),
            reported: BTreeSet::new(),
        }
    }

    /// Writes what the [`EventSender`](super::EventSender) sends, until that is dropped. Calls `on_outcome` with the reason and
    /// the outcome of each Event; of those that the queue dropped the reason isn't known any more, and is empty.
    pub async fn run(mut self, on_outcome: impl Fn(&'static str, EventOutcome)) {
        loop {
            match self.queue.recv().await {
                Ok(event) => {
                    let Warning { kind, key, reason, message: _ } = &event.warning;
                    let outcome = if self.admits(*kind, key, Instant::now()) {
                        sleep(self.bucket.take(Instant::now())).await;
                        self.write(&event).await
                    } else {
                        debug!(%kind, %key, %reason, "Too many Events about one object");
                        EventOutcome::Dropped
                    };
                    on_outcome(reason.as_str(), outcome);
                }
                Err(RecvError::Lagged(count)) => {
                    warn!(count, "Too many Events are queued; dropped the oldest");
                    (0..count).for_each(|_| on_outcome("", EventOutcome::Dropped));
                }
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// Whether another Event about this object is within its rate.
    fn admits(&mut self, kind: Kind, key: &Key, now: Instant) -> bool {
        self.object_buckets.retain(|_, bucket| !bucket.is_full(now));
        let (interval, burst) = OBJECT_RATE;
        let bucket = self.object_buckets.entry((kind, key.clone()));
        bucket.or_insert_with(|| TokenBucket::new(interval, burst, now)).try_take(now)
    }

    /// Writes an Event, with retries.
    async fn write(&mut self, event: &QueuedEvent) -> EventOutcome {
        let Warning { kind, key, reason, message: _ } = &event.warning;
        let [mut wait, longest] = BACKOFF;
        for attempt in 1..=ATTEMPTS {
            let error = match self.try_write(event).await {
                Ok(outcome) => {
                    self.missing.clear();
                    debug!(%kind, %key, %reason, outcome = outcome.as_str(), "Wrote an Event");
                    return outcome;
                }
                Err(error) => error,
            };
            match error {
                WriteError::Forbidden { rule, error }
                    if attempt >= FORBIDDEN_ATTEMPTS || self.missing.contains(rule) =>
                {
                    self.missing.insert(rule);
                    if self.reported.insert(rule) {
                        warn!(%error, rule, "Can't write Events: an RBAC rule is missing");
                    }
                    return EventOutcome::Failed;
                }
                WriteError::Permanent(error) => {
                    warn!(%kind, %key, %reason, %error, "Can't write an Event");
                    return EventOutcome::Failed;
                }
                WriteError::Transient(error) if attempt == ATTEMPTS => {
                    warn!(%kind, %key, %reason, %error, attempt, "Gave up writing an Event");
                }
                WriteError::Transient(error) | WriteError::Forbidden { rule: _, error } => {
                    debug!(%kind, %key, %reason, %error, attempt, "Can't write an Event yet; retrying");
                    sleep(wait.mul_f64(fastrand::f64().mul_add(0.5, 0.5))).await;
                    wait = (wait * 2).min(longest);
                }
            }
        }
        EventOutcome::Failed
    }

    /// Writes an Event once.
    async fn try_write(&self, QueuedEvent { warning, meanwhile }: &QueuedEvent) -> Result<EventOutcome, WriteError> {
        let Some(object) = self.involved_object(warning).await? else { return Ok(EventOutcome::Gone) };
        let events = Api::<core::Event>::namespaced(self.client.clone(), warning.namespace());
        let now = Time(Timestamp::now());
        match events.create(&PostParams::default(), &warning.event(meanwhile, &object, &now)).await {
            Ok(_) => return Ok(EventOutcome::Created),
            Err(kube::Error::Api(status)) if status.is_already_exists() => {}
            Err(error) => return Err(WriteError::new(&error, EVENTS_RULE)),
        }
        let name = warning.name(&object);
        let patch = |patch| {
            let (events, name) = (&events, &name);
            async move { events.patch(name, &PatchParams::default(), &Patch::Merge(patch)).await }
        };
        // To read it would take another right. A patch of nothing changes nothing, and is answered with what there is.
        let known = patch(json!({})).await.map_err(|error| WriteError::new(&error, EVENTS_RULE))?;
        let Some(change) = warning.repeat_patch(&known, meanwhile, &object, &now) else {
            return Ok(EventOutcome::Known);
        };
        match patch(change).await {
            Ok(_) => Ok(EventOutcome::Repeated),
            // Another replica was faster.
            Err(kube::Error::Api(status)) if status.code == 409 => Ok(EventOutcome::Known),
            Err(error) => Err(WriteError::new(&error, EVENTS_RULE)),
        }
    }

    /// The object that a warning is about, if it is still there.
    async fn involved_object(&self, Warning { kind, key, .. }: &Warning) -> Result<Option<InvolvedObject>, WriteError> {
        let client = self.client.clone();
        if *kind == Kind::Namespace {
            involved_object(&Api::<core::Namespace>::all(client), &key.name, NAMESPACES_RULE).await
        } else {
            involved_object(&Api::<core::Service>::namespaced(client, &key.namespace), &key.name, SERVICES_RULE).await
        }
    }
}

/// Reads what an Event needs to know of its object, when it is needed: nobody else needs the uid.
async fn involved_object<K>(api: &Api<K>, name: &str, rule: &'static str) -> Result<Option<InvolvedObject>, WriteError>
where
    K: Resource + Clone + DeserializeOwned + fmt::Debug,
{
    let found = api.get_metadata_opt(name).await.map_err(|error| WriteError::new(&error, rule))?;
    Ok(found.map(|object| InvolvedObject {
        uid: object.metadata.uid.unwrap_or_default(),
        resource_version: object.metadata.resource_version.unwrap_or_default(),
    }))
}

/// Why an Event couldn't be written.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    /// This rule of RBAC is missing.
    #[error("{error}")]
    Forbidden {
        /// The rule.
        rule: &'static str,
        /// What the API server answered.
        error: String,
    },
    /// The API server would refuse it again.
    #[error("{0}")]
    Permanent(String),
    /// A retry may succeed.
    #[error("{0}")]
    Transient(String),
}

impl WriteError {
    fn new(error: &kube::Error, rule: &'static str) -> Self {
        let kube::Error::Api(status) = error else { return Self::Transient(root_cause(error)) };
        let error = first_line(&status.message);
        match status.code {
            // So the API server refuses whatever is new in a namespace that is going away.
            403 if is_terminating(status) => Self::Permanent(error),
            403 => Self::Forbidden { rule, error },
            400 | 405 | 413 | 415 | 422 => Self::Permanent(error),
            // Among them 404: an Event has its time and may go between two requests.
            _ => Self::Transient(error),
        }
    }
}

fn is_terminating(status: &Status) -> bool {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    causes.into_iter().any(|cause| cause.reason == "NamespaceTerminating")
}

impl fmt::Debug for EventWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventWriter")
            .field("bucket", &self.bucket)
            .field("missing", &self.missing)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::event_channel;
    use super::*;

    #[test]
    fn a_write_is_retried_only_if_that_may_help() {
        let error = |code, cause: &str| {
            let mut status = Status { code, message: "no".to_owned(), ..Status::default() };
            if !cause.is_empty() {
                let cause = serde_json::json!({ "causes": [{ "reason": cause }] });
                status.details = Some(serde_json::from_value(cause).unwrap());
            }
            match WriteError::new(&kube::Error::Api(status.boxed()), EVENTS_RULE) {
                WriteError::Forbidden { rule, .. } => rule,
                WriteError::Permanent(_) => "permanent",
                WriteError::Transient(_) => "transient",
            }
        };
        assert_eq!(error(403, ""), EVENTS_RULE);
        assert_eq!(error(403, "NamespaceTerminating"), "permanent");
        assert_eq!(error(422, ""), "permanent");
        for code in [404, 409, 429, 500, 503] {
            assert_eq!(error(code, ""), "transient", "{code}");
        }
    }

    #[tokio::test]
    async fn too_many_about_one_object_are_dropped_and_others_are_not() {
        let config = kube::Config::new("http://127.0.0.1:9".parse().unwrap());
        let (_sender, mut writer) = event_channel(Client::try_from(config).unwrap());
        let now = Instant::now();
        let mut admitted = |name, at| writer.admits(Kind::Service, &Key::new("shop", name), at);
        assert_eq!((0..100).filter(|_| admitted("cart", now)).count(), 25);
        assert!(admitted("pay", now));
        assert!(admitted("cart", now + Duration::from_mins(1)));
        assert!(!admitted("cart", now + Duration::from_mins(1)));
        assert!(admitted("pay", now + Duration::from_hours(1)));
        assert_eq!(writer.object_buckets.len(), 1);
    }
}
