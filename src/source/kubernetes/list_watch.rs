//! Lists and watches one kind: the loop that client-go calls ListAndWatch.
//!
//! ```text
//!       ┌───────────── Backoff ◀── error: after a while ───┐
//!       ▼                                                  │
//!   StartList ──▶ ListPage ──▶ … ──▶ StartWatch ──▶ Watching
//!       ▲                                ▲   timed out │   │
//!       │                                └─────────────┘   │
//!       └──── it ended too soon, expired, or stalled ──────┘
//! ```
//!
//! kube's `watcher` is such a loop, too. It doesn't say that a watch ended, that a bookmark came, or which resource version a
//! list has; and it resumes whatever isn't an ERROR event with 410. Those are what faults of API servers show in.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::stream::{self, BoxStream, StreamExt};
use kube::api::{ListParams, WatchParams};
use kube::core::watch::Bookmark;
use kube::core::{ObjectList, WatchEvent};
use kube::{Api, Resource};
use serde::de::DeserializeOwned;
use tokio::time::{sleep_until, timeout};

use super::error::{Verb, WatchError};
use super::retry::RetryState;
use super::shared::{Shared, Signal, SignalReceiver};
use crate::model::{Converted, Event, Kind};
use crate::source::objects::object_ref;

/// How much later than its timeout the end of a watch may come before its connection counts as dead.
const GRACE: Duration = Duration::from_secs(1);

/// A watch that stayed open for so long works, even if it brought no event.
const PROOF: Duration = Duration::from_secs(1);

/// The timeout of a watch after one that stalled, in seconds.
const TIMEOUT_AFTER_STALL: u32 = 2;

/// What the loop reports.
#[derive(Debug)]
pub(super) enum WatchOutput {
    /// It lists (again).
    Listing,
    /// It delivers every change from now on.
    Synced,
    /// It has failed, and is tried again.
    Failed(WatchError),
    /// An event of its objects. An `Init` promises nothing: each attempt to list begins with one.
    Event(Event),
}

/// What to list and to watch, and how.
#[derive(Debug, Clone)]
pub(super) struct WatchConfig {
    /// The kind of the objects.
    pub(super) kind: Kind,
    /// A label selector.
    pub(super) labels: Option<String>,
    /// A field selector.
    pub(super) fields: Option<String>,
    /// How many objects a page of a list has.
    pub(super) page_size: u32,
    /// How long the API server keeps a watch open.
    pub(super) timeout_seconds: u32,
    /// Whether Services are served without these objects.
    pub(super) optional: bool,
}

/// Lists and watches for as long as it is polled.
pub(super) fn list_and_watch<K, C>(
    api: Api<K>,
    config: WatchConfig,
    shared: Arc<Shared>,
    convert: C,
) -> BoxStream<'static, WatchOutput>
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
    C: Fn(K) -> Converted + Send + 'static,
{
    let list_watch = ListWatch {
        api,
        retry: RetryState::new(config.optional),
        config,
        signals: shared.subscribe(),
        shared,
        convert,
        outputs: VecDeque::new(),
        position: Position::default(),
        stalled_at: None,
        step: Step::StartList,
    };
    stream::unfold(list_watch, async |mut list_watch| Some((list_watch.next().await, list_watch))).boxed()
}

struct ListWatch<K, C> {
    api: Api<K>,
    config: WatchConfig,
    shared: Arc<Shared>,
    signals: SignalReceiver,
    convert: C,
    /// What to return before the next step.
    outputs: VecDeque<WatchOutput>,
    retry: RetryState,
    position: Position,
    /// The position at which a watch was silent for too long, until the next list shows whether it missed anything.
    stalled_at: Option<Position>,
    step: Step<K>,
}

/// Up to where the objects are known.
#[derive(Debug, Clone, Default)]
struct Position {
    /// The resource version, as the API server wrote it.
    resource_version: String,
    /// The same as a number, if it is one.
    version: Option<u64>,
    /// How many objects there are.
    objects: usize,
}

/// What to do next.
enum Step<K> {
    /// Start a list.
    StartList,
    /// Start one at this time, or at a signal.
    Backoff(Instant),
    /// Request a page of a list.
    ListPage { list: PartialList, token: Option<String> },
    /// Start a watch from the current position.
    StartWatch,
    /// Receive its events.
    Watching(OpenWatch<K>),
}

/// A list of which pages are missing.
struct PartialList {
    started: Instant,
    pages: u32,
    objects: usize,
    newest: Option<u64>,
}

/// A watch that is open.
struct OpenWatch<K> {
    events: BoxStream<'static, kube::Result<WatchEvent<K>>>,
    opened: Instant,
    timeout_seconds: u32,
    /// Whether it brought any event.
    has_events: bool,
    /// Whether it is known to work.
    is_proven: bool,
}

impl<K, C> ListWatch<K, C>
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
    C: Fn(K) -> Converted + Send + 'static,
{
    async fn next(&mut self) -> WatchOutput {
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return output;
            }
            match std::mem::replace(&mut self.step, Step::StartList) {
                Step::StartList => self.start_list(),
                Step::Backoff(until) => self.back_off(until).await,
                Step::ListPage { list, token } => self.list_page(list, token).await,
                Step::StartWatch => self.start_watch().await,
                Step::Watching(watch) => self.watch(watch).await,
            }
        }
    }

    fn start_list(&mut self) {
        // A signal from before this needs nothing else.
        if self.signals.take_pending() == Some(Signal::Relist) {
            self.position.version = None;
        }
        self.outputs.push_back(WatchOutput::Listing);
        self.outputs.push_back(WatchOutput::Event(Event::Init(self.config.kind)));
        let list = PartialList { started: Instant::now(), pages: 0, objects: 0, newest: None };
        self.step = Step::ListPage { list, token: None };
    }

    async fn back_off(&mut self, until: Instant) {
        tokio::select! {
            () = sleep_until(until.into()) => {}
            signal = self.signals.at_least(Signal::Retry) => self.relist(signal),
        }
    }

    async fn list_page(&mut self, mut list: PartialList, token: Option<String>) {
        list.pages += 1;
        let parameters = self.config.list_params(token);
        let (request_timeout, requested) = (self.retry.request_timeout(), Instant::now());
        let response = tokio::select! {
            response = timeout(request_timeout, self.api.list(&parameters)) => response,
            signal = self.signals.at_least(Signal::Reconnect) => return self.relist(signal),
        };
        match response {
            Ok(Ok(page)) => self.add_page(list, page, requested.elapsed()),
            Ok(Err(error)) => self.list_failed(&list, WatchError::List(error)),
            Err(_) => self.list_failed(&list, WatchError::Timeout { verb: Verb::List, after: request_timeout }),
        }
    }

    /// Adds a page to a list; the API server took so long for it.
    fn add_page(&mut self, mut list: PartialList, page: ObjectList<K>, took: Duration) {
        if self.retry.page_listed(took) {
            self.wake_others();
        }
        let ObjectList { types: _, metadata, items } = page;
        list.objects += items.len();
        for object in items {
            list.newest = list.newest.max(version_of(&object).1);
            self.outputs.push_back(WatchOutput::Event(Event::InitApply((self.convert)(object))));
        }
        let some = |text: Option<String>| text.filter(|text| !text.is_empty());
        match (some(metadata.continue_), some(metadata.resource_version)) {
            (Some(token), _) => self.step = Step::ListPage { list, token: Some(token) },
            (None, Some(resource_version)) => self.list_complete(&list, resource_version),
            (None, None) => self.list_failed(&list, WatchError::NoResourceVersion),
        }
    }

    fn list_complete(&mut self, list: &PartialList, resource_version: String) {
        let PartialList { started: _, pages: _, objects, newest } = *list;
        let version = parse_version(&resource_version);
        if let (Some(from), Some(to)) = (self.position.version, version)
            && to < from
        {
            self.outputs.push_back(WatchOutput::Failed(WatchError::VersionWentBack { from, to }));
            self.version_went_back();
        }
        if let Some(Position { resource_version: _, version, objects: before }) = self.stalled_at.take()
            && (newest > version || objects != before)
            && self.retry.failed(&WatchError::Stalled, Instant::now()).is_some()
        {
            self.outputs.push_back(WatchOutput::Failed(WatchError::Stalled));
        }
        let is_first = self.position.resource_version.is_empty();
        self.position = Position { resource_version, version, objects };
        self.publish_version();
        self.outputs.push_back(WatchOutput::Event(Event::InitDone(self.config.kind)));
        if self.retry.is_healthy() {
            self.outputs.push_back(WatchOutput::Synced);
        }
        if is_first {
            // A watch that is denied its list has service wait for this, and then for itself.
            self.wake_others();
        } else {
            self.shared.charge(1, Instant::now());
        }
        self.step = Step::StartWatch;
    }

    fn list_failed(&mut self, list: &PartialList, error: WatchError) {
        let PartialList { started, pages, .. } = list;
        self.shared.charge(pages.saturating_sub(1), Instant::now());
        // A list that is hard on the API server is tried less often.
        self.failed(error, started.elapsed() * 2);
    }

    async fn start_watch(&mut self) {
        let timeout_seconds = if self.retry.is_stalled() { TIMEOUT_AFTER_STALL } else { self.config.timeout_seconds };
        let parameters = self.config.watch_params(timeout_seconds);
        let request_timeout = self.retry.request_timeout();
        tokio::select! {
            response = timeout(request_timeout, self.api.watch(&parameters, &self.position.resource_version)) => {
                match response {
                    Ok(Ok(events)) => {
                        self.step = Step::Watching(OpenWatch {
                            events: events.boxed(),
                            opened: Instant::now(),
                            timeout_seconds,
                            has_events: false,
                            is_proven: false,
                        });
                    }
                    Ok(Err(error)) => self.failed(WatchError::Watch(error), Duration::ZERO),
                    Err(_) => self.failed(WatchError::Timeout { verb: Verb::Watch, after: request_timeout }, Duration::ZERO),
                }
            }
            signal = self.signals.at_least(Signal::Reconnect) => self.restart_watch(signal),
        }
    }

    async fn watch(&mut self, mut watch: OpenWatch<K>) {
        let end = watch.opened + Duration::from_secs(watch.timeout_seconds.into()) + GRACE;
        let unproven = !watch.is_proven && !self.retry.is_stalled();
        tokio::select! {
            biased;
            event = watch.events.next() => match event {
                Some(Ok(event)) => self.received(watch, event),
                Some(Err(error)) => self.failed(WatchError::Watch(error), Duration::ZERO),
                None => self.watch_ended(&watch),
            },
            signal = self.signals.at_least(Signal::Reconnect) => self.restart_watch(signal),
            () = sleep_until((watch.opened + PROOF).into()), if unproven => {
                self.succeeded();
                self.step = Step::Watching(OpenWatch { is_proven: true, ..watch });
            }
            () = sleep_until(end.into()) => self.watch_overdue(),
        }
    }

    fn received(&mut self, watch: OpenWatch<K>, event: WatchEvent<K>) {
        let kind = self.config.kind;
        let (version, event) = match event {
            WatchEvent::Error(status) => return self.failed(WatchError::ErrorEvent(status), Duration::ZERO),
            WatchEvent::Bookmark(Bookmark { types: _, metadata }) => {
                ((metadata.resource_version.clone(), parse_version(&metadata.resource_version)), None)
            }
            WatchEvent::Deleted(object) => {
                self.position.objects = self.position.objects.saturating_sub(1);
                let (text, number) = version_of(&object);
                // Some API servers write the last version of the object here, not that of its deletion.
                let version = if number < self.position.version { None } else { Some((text, number)) };
                let version =
                    version.unwrap_or_else(|| (self.position.resource_version.clone(), self.position.version));
                (version, Some(Event::Delete(object_ref(kind, object.meta()))))
            }
            WatchEvent::Added(object) => {
                self.position.objects += 1;
                (version_of(&object), Some(Event::Apply((self.convert)(object))))
            }
            WatchEvent::Modified(object) => (version_of(&object), Some(Event::Apply((self.convert)(object)))),
        };
        let (resource_version, version) = version;
        if let (Some(from), Some(to)) = (self.position.version, version)
            && to < from
        {
            self.version_went_back();
            return self.failed(WatchError::VersionWentBack { from, to }, Duration::ZERO);
        }
        if !resource_version.is_empty() {
            self.position = Position { resource_version, version, objects: self.position.objects };
        }
        self.publish_version();
        self.outputs.extend(event.map(WatchOutput::Event));
        if !watch.is_proven {
            self.succeeded();
        }
        self.step = Step::Watching(OpenWatch { has_events: true, is_proven: true, ..watch });
    }

    fn watch_ended(&mut self, watch: &OpenWatch<K>) {
        let (now, lasted) = (Instant::now(), watch.opened.elapsed());
        if !watch.has_events && lasted < PROOF {
            return self.failed(WatchError::EndedAtOnce, Duration::ZERO);
        }
        self.succeeded();
        let wait = self.shared.reserve(now);
        // One that ends too soon may have a reason that makes it wrong to resume it: perhaps this is another API server.
        let timed_out = lasted + GRACE >= Duration::from_secs(watch.timeout_seconds.into());
        self.step = if timed_out { Step::StartWatch } else { Step::Backoff(now + wait) };
    }

    /// The end of a watch hasn't come. Whether events are missing as well, a list shows.
    fn watch_overdue(&mut self) {
        if self.retry.is_stalled() {
            return self.failed(WatchError::Stalled, Duration::ZERO);
        }
        self.stalled_at = Some(self.position.clone());
        self.shared.charge(1, Instant::now());
        self.step = Step::StartList;
    }

    /// Backs off after an error, at least for so long.
    fn failed(&mut self, error: WatchError, least: Duration) {
        let now = Instant::now();
        let wait = self.shared.reserve(now);
        if let Some(backoff) = self.retry.failed(&error, now) {
            self.outputs.push_back(WatchOutput::Failed(error));
            self.step = Step::Backoff(now + backoff.max(least).max(wait));
        } else {
            self.step = Step::StartList;
        }
    }

    /// A watch is known to work.
    fn succeeded(&mut self) {
        if self.retry.succeeded() {
            self.outputs.push_back(WatchOutput::Synced);
            self.wake_others();
        }
    }

    /// Has the others retry that back off after an error.
    fn wake_others(&mut self) {
        self.signals.send(&self.shared, Signal::Retry);
    }

    /// No resource version that was seen before counts any longer, of whatever watch.
    fn version_went_back(&mut self) {
        self.position.version = None;
        self.shared.forget_versions();
        self.signals.send(&self.shared, Signal::Relist);
    }

    /// Starts the watch again because of this signal.
    fn restart_watch(&mut self, signal: Signal) {
        match signal {
            Signal::Relist => {
                self.position.version = None;
                self.step = Step::Backoff(Instant::now() + self.shared.reserve(Instant::now()));
            }
            Signal::Reconnect | Signal::Retry => {
                self.shared.charge(1, Instant::now());
                self.step = Step::StartWatch;
            }
        }
    }

    /// Starts a list because of this signal.
    fn relist(&mut self, signal: Signal) {
        if signal == Signal::Relist {
            self.position.version = None;
        }
        self.shared.charge(1, Instant::now());
        self.step = Step::StartList;
    }

    /// Tells the probe up to which version the objects are known.
    fn publish_version(&self) {
        if let Some(version) = self.position.version {
            self.shared.reached_version(self.config.kind, version);
        }
    }
}

impl WatchConfig {
    fn list_params(&self, token: Option<String>) -> ListParams {
        ListParams {
            label_selector: self.labels.clone(),
            field_selector: self.fields.clone(),
            limit: Some(self.page_size),
            continue_token: token,
            ..ListParams::default()
        }
    }

    fn watch_params(&self, timeout_seconds: u32) -> WatchParams {
        WatchParams {
            label_selector: self.labels.clone(),
            field_selector: self.fields.clone(),
            timeout: Some(timeout_seconds),
            bookmarks: true,
            send_initial_events: false,
        }
    }
}

/// The resource version of an object, as it is written and as a number.
fn version_of(object: &impl Resource) -> (String, Option<u64>) {
    let text = object.meta().resource_version.clone().unwrap_or_default();
    let number = parse_version(&text);
    (text, number)
}

/// A resource version as a number: those of one API server can be compared.
pub(super) fn parse_version(resource_version: &str) -> Option<u64> {
    resource_version.parse().ok()
}
