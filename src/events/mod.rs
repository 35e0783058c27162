//! Events on objects: how the owner of a Service or a Namespace is told what is wrong with it.
//!
//! ```text
//! everything that can't be used ──▶ EventSender ── what is new ──▶ queue ──▶ EventWriter ──▶ API server
//!                                                         (drops the oldest)  paced, tries again
//! ```
//!
//! An Event is made with the rights to create and to patch, and no others. Its name is made of what it says
//! ([`Warning::name`]), so it is one object whoever writes it; and whoever finds it there [counts it
//! again](Warning::again) only if the object was changed since. Server-side apply would need no second request, but it
//! can't count, and `kubectl describe` shows of an Event that wasn't counted again the first time only.

mod warning;

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

use self::warning::{Subject, Warning};
use crate::model::{Key, Kind, Rejected};
use crate::source::kubernetes::{TokenBucket, first_line, root_cause};

/// How many may wait to be written: seven minutes' worth.
const QUEUE: usize = 4096;

/// How fast they are written: so many at once after a rest, then one every so often.
const PACE: (Duration, u32) = (Duration::from_millis(100), 30);

/// The same for one object. Some of what is told are the words of clients, who could find new ones all the time.
const PACE_OF_OBJECT: (Duration, u32) = (Duration::from_mins(1), 25);

/// How often it is tried to write one: for about two minutes.
const ATTEMPTS: usize = 10;

/// How often it is tried before a denial is believed: an API server that has just started knows no rules yet.
const DENIALS: usize = 4;

/// The first wait before another attempt, and the longest.
const WAITS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(30)];

/// The rules of RBAC that writing Events needs.
const EVENTS_RULE: &str = "apiGroups: [\"\"], resources: [events], verbs: [create, patch]";
const SERVICES_RULE: &str = "apiGroups: [\"\"], resources: [services], verbs: [get]";
const NAMESPACES_RULE: &str = "apiGroups: [\"\"], resources: [namespaces], verbs: [get]";

/// What became of an Event that was to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventOutcome {
    /// It was written.
    Created,
    /// It was there, and was counted once more.
    Repeated,
    /// It was there, and somebody had counted this mistake already.
    Known,
    /// The object that it would be about is gone.
    Gone,
    /// It could not be written.
    Failed,
    /// Too many were waiting, or there were too many about one object.
    Dropped,
}

impl EventOutcome {
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

/// Is told everything that can't be used, and has the owners told what is new in it.
#[derive(Debug)]
pub struct EventSender {
    told: BTreeSet<Warning>,
    queue: broadcast::Sender<Arc<Pending>>,
}

/// Writes Events, one after the other.
pub struct EventWriter {
    client: Client,
    queue: broadcast::Receiver<Arc<Pending>>,
    pace: TokenBucket,
    /// Those of objects that were written of lately.
    paces: BTreeMap<(Kind, Key), TokenBucket>,
    /// The rules that turned out to be missing, and by which nothing was written since.
    missing: BTreeSet<&'static str>,
    /// The rules of which it was said that they are missing. Some may be there in one namespace and not in another.
    said: BTreeSet<&'static str>,
}

#[derive(Debug)]
struct Pending {
    warning: Warning,
    meanwhile: String,
}

/// The two halves.
pub fn event_channel(client: Client) -> (EventSender, EventWriter) {
    // Of those that wait, a broadcast channel drops the oldest when it is full; and nobody ever waits to send.
    let (sender, receiver) = broadcast::channel(QUEUE);
    let sender = EventSender { told: BTreeSet::new(), queue: sender };
    let (interval, burst) = PACE;
    let writer = EventWriter {
        client,
        queue: receiver,
        pace: TokenBucket::new(interval, burst, Instant::now()),
        paces: BTreeMap::new(),
        missing: BTreeSet::new(),
        said: BTreeSet::new(),
    };
    (sender, writer)
}

impl EventSender {
    /// Takes in everything that can't be used now. What is in it that wasn't in it the last time will be told; what was in
    /// it stays told. Never waits.
    pub fn tell<'a>(&mut self, rejected: impl IntoIterator<Item = &'a Rejected>) {
        let mut now = BTreeSet::new();
        for rejected in rejected {
            let Some(warning) = Warning::of(rejected) else { continue };
            if !self.told.contains(&warning) && !now.contains(&warning) {
                let meanwhile = rejected.meanwhile.clone();
                // It fails when the writer is gone, at the end.
                let _ = self.queue.send(Arc::new(Pending { warning: warning.clone(), meanwhile }));
            }
            now.insert(warning);
        }
        self.told = now;
    }
}

impl EventWriter {
    /// Writes what the [`EventSender`] has for it, until that is gone. Says of each Event, with the word for its reason, what
    /// became of it; the reason of those that were dropped by the queue isn't known any more, and is empty.
    pub async fn run(mut self, became: impl Fn(&'static str, EventOutcome)) {
        loop {
            match self.queue.recv().await {
                Ok(pending) => {
                    let Warning { kind, key, reason, message: _ } = &pending.warning;
                    let outcome = if self.admits(*kind, key, Instant::now()) {
                        sleep(self.pace.take(Instant::now())).await;
                        self.write(&pending).await
                    } else {
                        debug!(%kind, %key, %reason, "Too many Events about one object");
                        EventOutcome::Dropped
                    };
                    became(reason.as_str(), outcome);
                }
                Err(RecvError::Lagged(count)) => {
                    warn!(count, "Too many Events wait to be written; dropped the oldest");
                    (0..count).for_each(|_| became("", EventOutcome::Dropped));
                }
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// Whether another Event about this object isn't too many.
    fn admits(&mut self, kind: Kind, key: &Key, now: Instant) -> bool {
        self.paces.retain(|_, pace| !pace.is_rested(now));
        let (interval, burst) = PACE_OF_OBJECT;
        self.paces.entry((kind, key.clone())).or_insert_with(|| TokenBucket::new(interval, burst, now)).try_take(now)
    }

    async fn write(&mut self, pending: &Pending) -> EventOutcome {
        let Warning { kind, key, reason, message: _ } = &pending.warning;
        let [mut wait, longest] = WAITS;
        for attempt in 1..=ATTEMPTS {
            let error = match self.attempt(pending).await {
                Ok(outcome) => {
                    self.missing.clear();
                    debug!(%kind, %key, %reason, outcome = outcome.as_str(), "Told the owner of an object");
                    return outcome;
                }
                Err(error) => error,
            };
            match error {
                WriteError::Denied { rule, error } if attempt >= DENIALS || self.missing.contains(rule) => {
                    self.missing.insert(rule);
                    if self.said.insert(rule) {
                        warn!(%error, rule, "Not allowed to tell owners of objects what is wrong; a rule of RBAC is missing");
                    }
                    return EventOutcome::Failed;
                }
                WriteError::ForGood(error) => {
                    warn!(%kind, %key, %reason, %error, "Can't tell the owner of an object what is wrong");
                    return EventOutcome::Failed;
                }
                WriteError::ForNow(error) if attempt == ATTEMPTS => {
                    warn!(%kind, %key, %reason, %error, attempt, "Gave up telling the owner of an object what is wrong");
                }
                WriteError::ForNow(error) | WriteError::Denied { rule: _, error } => {
                    debug!(%kind, %key, %reason, %error, attempt, "Can't tell the owner of an object yet");
                    sleep(wait.mul_f64(fastrand::f64().mul_add(0.5, 0.5))).await;
                    wait = (wait * 2).min(longest);
                }
            }
        }
        EventOutcome::Failed
    }

    async fn attempt(&self, Pending { warning, meanwhile }: &Pending) -> Result<EventOutcome, WriteError> {
        let Some(subject) = self.subject(warning).await? else { return Ok(EventOutcome::Gone) };
        let events = Api::<core::Event>::namespaced(self.client.clone(), warning.namespace());
        let now = Time(Timestamp::now());
        match events.create(&PostParams::default(), &warning.event(meanwhile, &subject, &now)).await {
            Ok(_) => return Ok(EventOutcome::Created),
            Err(kube::Error::Api(status)) if status.is_already_exists() => {}
            Err(error) => return Err(WriteError::new(&error, EVENTS_RULE)),
        }
        let name = warning.name(&subject);
        let patch = |patch| {
            let (events, name) = (&events, &name);
            async move { events.patch(name, &PatchParams::default(), &Patch::Merge(patch)).await }
        };
        // To read it would take another right. A patch of nothing changes nothing, and is answered with what there is.
        let known = patch(json!({})).await.map_err(|error| WriteError::new(&error, EVENTS_RULE))?;
        let Some(change) = warning.again(&known, meanwhile, &subject, &now) else { return Ok(EventOutcome::Known) };
        match patch(change).await {
            Ok(_) => Ok(EventOutcome::Repeated),
            // Another replica was faster.
            Err(kube::Error::Api(status)) if status.code == 409 => Ok(EventOutcome::Known),
            Err(error) => Err(WriteError::new(&error, EVENTS_RULE)),
        }
    }

    /// The object that a warning is about, if it is still there.
    async fn subject(&self, Warning { kind, key, .. }: &Warning) -> Result<Option<Subject>, WriteError> {
        let client = self.client.clone();
        if *kind == Kind::Namespace {
            subject(&Api::<core::Namespace>::all(client), &key.name, NAMESPACES_RULE).await
        } else {
            subject(&Api::<core::Service>::namespaced(client, &key.namespace), &key.name, SERVICES_RULE).await
        }
    }
}

/// What the API server says of an object. Asked for when it is needed, because nobody else needs to know its uid.
async fn subject<K>(api: &Api<K>, name: &str, rule: &'static str) -> Result<Option<Subject>, WriteError>
where
    K: Resource + Clone + DeserializeOwned + fmt::Debug,
{
    let found = api.get_metadata_opt(name).await.map_err(|error| WriteError::new(&error, rule))?;
    Ok(found.map(|object| Subject {
        uid: object.metadata.uid.unwrap_or_default(),
        resource_version: object.metadata.resource_version.unwrap_or_default(),
    }))
}

/// Why an Event isn't written.
#[derive(Debug)]
enum WriteError {
    /// We lack a right.
    Denied { rule: &'static str, error: String },
    /// It would be refused again.
    ForGood(String),
    /// Another attempt may succeed.
    ForNow(String),
}

impl WriteError {
    fn new(error: &kube::Error, rule: &'static str) -> Self {
        let kube::Error::Api(status) = error else { return Self::ForNow(root_cause(error)) };
        let error = first_line(&status.message);
        match status.code {
            // So the API server refuses whatever is new in a namespace that is going away.
            403 if is_terminating(status) => Self::ForGood(error),
            403 => Self::Denied { rule, error },
            400 | 405 | 413 | 415 | 422 => Self::ForGood(error),
            // Among them 404: an Event has its time and may go between two requests.
            _ => Self::ForNow(error),
        }
    }
}

fn is_terminating(status: &Status) -> bool {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    causes.into_iter().any(|cause| cause.reason == "NamespaceTerminating")
}

impl fmt::Debug for EventWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventWriter").field("pace", &self.pace).field("missing", &self.missing).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
