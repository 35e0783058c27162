//! One watch as a loop: list, then watch from there, and list again when anything is in doubt.
//!
//! ```text
//!      ┌────────────── Wait ◀── failure: after a while ──┐
//!      ▼                                                 │
//!    Begin ──▶ Page ──▶ … ──▶ Open ──▶ Watching ─────────┤
//!      ▲                       ▲  its time is up │       │
//!      │                       └─────────────────┤       │
//!      └── it ends too soon, is expired or silent ┘
//! ```
//!
//! kube has such a loop, too. It doesn't say that a watch ended, that a bookmark came, or which revision a list has; and it
//! resumes whatever isn't an ERROR event with 410. Those are what faults of API servers show in.

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

use super::shared::{Call, Ear, Shared};
use super::standing::Standing;
use super::trouble::Trouble;
use crate::model::{Converted, Event, Kind};
use crate::source::objects::object_ref;

/// How much later than it should the end of a watch may come before its connection counts as dead.
const GRACE: Duration = Duration::from_secs(1);

/// A watch that lasted so long is in order, even if it heard nothing.
const PROOF: Duration = Duration::from_secs(1);

/// How long a watch lasts after one that was silent, in seconds.
const SUSPICIOUS_SECONDS: u32 = 2;

/// What a watch says.
#[derive(Debug)]
pub(super) enum Said {
    /// It lists (again).
    Listing,
    /// It hears of every change from now on.
    Following,
    /// It has failed, and is tried again.
    Failed(Trouble),
    /// Of its objects. An `Init` promises nothing: each attempt to list begins with one.
    Event(Event),
}

/// What to list and to watch.
#[derive(Debug, Clone)]
pub(super) struct Selection {
    /// Of which kind.
    pub(super) kind: Kind,
    /// A label selector.
    pub(super) labels: Option<String>,
    /// A field selector.
    pub(super) fields: Option<String>,
    /// How many objects a page of a list has.
    pub(super) page: u32,
    /// How long the API server keeps a watch open.
    pub(super) seconds: u32,
    /// Whether there is service without these objects.
    pub(super) optional: bool,
}

/// What a watch says, for as long as it is polled.
pub(super) fn follow<K, L>(
    api: Api<K>,
    selection: Selection,
    shared: Arc<Shared>,
    convert: L,
) -> BoxStream<'static, Said>
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
    L: Fn(K) -> Converted + Send + 'static,
{
    let follower = Follower {
        api,
        standing: Standing::new(selection.optional),
        selection,
        ear: shared.ear(),
        shared,
        convert,
        due: VecDeque::new(),
        held: Held::default(),
        doubted: None,
        step: Step::Begin,
    };
    stream::unfold(follower, async |mut follower| Some((follower.next().await, follower))).boxed()
}

struct Follower<K, L> {
    api: Api<K>,
    selection: Selection,
    shared: Arc<Shared>,
    ear: Ear,
    convert: L,
    /// What to say next.
    due: VecDeque<Said>,
    standing: Standing,
    held: Held,
    /// What was held when a watch was silent for too long; kept until the next list shows whether it missed anything.
    doubted: Option<Held>,
    step: Step<K>,
}

/// What is known.
#[derive(Debug, Clone, Default)]
struct Held {
    /// As the API server wrote it.
    revision: String,
    /// As a number, if it is one.
    number: Option<u64>,
    /// How many objects there are.
    objects: usize,
}

/// What to do next.
enum Step<K> {
    /// Begin a list.
    Begin,
    /// Begin one then, or when somebody calls.
    Wait(Instant),
    /// Ask for a page of a list.
    Page { listing: Listing, token: Option<String> },
    /// Open a watch.
    Open,
    /// Hear what it says.
    Watching(Open<K>),
}

/// A list that is coming in.
struct Listing {
    began: Instant,
    pages: u32,
    objects: usize,
    newest: Option<u64>,
}

/// A watch that is open.
struct Open<K> {
    events: BoxStream<'static, kube::Result<WatchEvent<K>>>,
    opened: Instant,
    seconds: u32,
    /// Whether anything came.
    heard: bool,
    /// Whether it is known to be in order.
    proven: bool,
}

impl<K, L> Follower<K, L>
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
    L: Fn(K) -> Converted + Send + 'static,
{
    async fn next(&mut self) -> Said {
        loop {
            if let Some(said) = self.due.pop_front() {
                return said;
            }
            match std::mem::replace(&mut self.step, Step::Begin) {
                Step::Begin => self.begin(),
                Step::Wait(until) => self.wait(until).await,
                Step::Page { listing, token } => self.page(listing, token).await,
                Step::Open => self.open().await,
                Step::Watching(open) => self.hear(open).await,
            }
        }
    }

    fn begin(&mut self) {
        // Whoever called before this gets what he wants.
        if self.ear.catch_up() == Some(Call::Relist) {
            self.held.number = None;
        }
        self.due.push_back(Said::Listing);
        self.due.push_back(Said::Event(Event::Init(self.selection.kind)));
        let listing = Listing { began: Instant::now(), pages: 0, objects: 0, newest: None };
        self.step = Step::Page { listing, token: None };
    }

    async fn wait(&mut self, until: Instant) {
        tokio::select! {
            () = sleep_until(until.into()) => {}
            call = self.ear.at_least(Call::Retry) => self.relist(call),
        }
    }

    async fn page(&mut self, mut listing: Listing, token: Option<String>) {
        listing.pages += 1;
        let parameters = self.selection.list(token);
        let (patience, asked) = (self.standing.patience(), Instant::now());
        let answer = tokio::select! {
            answer = timeout(patience, self.api.list(&parameters)) => answer,
            call = self.ear.at_least(Call::Renew) => return self.relist(call),
        };
        match answer {
            Ok(Ok(list)) => self.take(listing, list, asked.elapsed()),
            Ok(Err(error)) => self.list_failed(&listing, Trouble::List(error)),
            Err(_) => self.list_failed(&listing, Trouble::Unanswered("list", patience)),
        }
    }

    /// Takes a page of a list, which came after so long.
    fn take(&mut self, mut listing: Listing, list: ObjectList<K>, took: Duration) {
        if self.standing.listed(took) {
            self.rally();
        }
        let ObjectList { types: _, metadata, items } = list;
        listing.objects += items.len();
        for object in items {
            listing.newest = listing.newest.max(revision_of(&object).1);
            self.due.push_back(Said::Event(Event::InitApply((self.convert)(object))));
        }
        let some = |text: Option<String>| text.filter(|text| !text.is_empty());
        match (some(metadata.continue_), some(metadata.resource_version)) {
            (Some(token), _) => self.step = Step::Page { listing, token: Some(token) },
            (None, Some(revision)) => self.complete(&listing, revision),
            (None, None) => self.list_failed(&listing, Trouble::NoRevision),
        }
    }

    /// The list is complete.
    fn complete(&mut self, listing: &Listing, revision: String) {
        let Listing { began: _, pages: _, objects, newest } = *listing;
        let number = number(&revision);
        if let (Some(from), Some(to)) = (self.held.number, number)
            && to < from
        {
            self.due.push_back(Said::Failed(Trouble::WentBack { from, to }));
            self.went_back();
        }
        if let Some(Held { revision: _, number, objects: before }) = self.doubted.take()
            && (newest > number || objects != before)
            && self.standing.failed(&Trouble::Silent, Instant::now()).is_some()
        {
            self.due.push_back(Said::Failed(Trouble::Silent));
        }
        let first = self.held.revision.is_empty();
        self.held = Held { revision, number, objects };
        self.reached();
        self.due.push_back(Said::Event(Event::InitDone(self.selection.kind)));
        if self.standing.is_good() {
            self.due.push_back(Said::Following);
        }
        if first {
            // A watch that may not list has service wait for this, and then for itself.
            self.rally();
        } else {
            self.shared.spend(1, Instant::now());
        }
        self.step = Step::Open;
    }

    fn list_failed(&mut self, listing: &Listing, trouble: Trouble) {
        let Listing { began, pages, .. } = listing;
        self.shared.spend(pages.saturating_sub(1), Instant::now());
        // A list that is hard on the API server is tried less often.
        self.failed(trouble, began.elapsed() * 2);
    }

    async fn open(&mut self) {
        let seconds = if self.standing.is_suspicious() { SUSPICIOUS_SECONDS } else { self.selection.seconds };
        let parameters = self.selection.watch(seconds);
        let patience = self.standing.patience();
        tokio::select! {
            answer = timeout(patience, self.api.watch(&parameters, &self.held.revision)) => match answer {
                Ok(Ok(events)) => {
                    let (events, opened) = (events.boxed(), Instant::now());
                    self.step = Step::Watching(Open { events, opened, seconds, heard: false, proven: false });
                }
                Ok(Err(error)) => self.failed(Trouble::Watch(error), Duration::ZERO),
                Err(_) => self.failed(Trouble::Unanswered("watch", patience), Duration::ZERO),
            },
            call = self.ear.at_least(Call::Renew) => self.called(call),
        }
    }

    async fn hear(&mut self, mut open: Open<K>) {
        let end = open.opened + Duration::from_secs(open.seconds.into()) + GRACE;
        let unproven = !open.proven && !self.standing.is_suspicious();
        tokio::select! {
            biased;
            event = open.events.next() => match event {
                Some(Ok(event)) => self.heard(open, event),
                Some(Err(error)) => self.failed(Trouble::Watch(error), Duration::ZERO),
                None => self.ended(&open),
            },
            call = self.ear.at_least(Call::Renew) => self.called(call),
            () = sleep_until((open.opened + PROOF).into()), if unproven => {
                self.prove();
                self.step = Step::Watching(Open { proven: true, ..open });
            }
            () = sleep_until(end.into()) => self.overdue(),
        }
    }

    fn heard(&mut self, open: Open<K>, event: WatchEvent<K>) {
        let kind = self.selection.kind;
        let (revision, event) = match event {
            WatchEvent::Error(status) => return self.failed(Trouble::Said(status), Duration::ZERO),
            WatchEvent::Bookmark(Bookmark { types: _, metadata }) => {
                ((metadata.resource_version.clone(), number(&metadata.resource_version)), None)
            }
            WatchEvent::Deleted(object) => {
                self.held.objects = self.held.objects.saturating_sub(1);
                let (text, number) = revision_of(&object);
                // Some say here how old the object was.
                let revision = if number < self.held.number { None } else { Some((text, number)) };
                let revision = revision.unwrap_or_else(|| (self.held.revision.clone(), self.held.number));
                (revision, Some(Event::Delete(object_ref(kind, object.meta()))))
            }
            WatchEvent::Added(object) => {
                self.held.objects += 1;
                (revision_of(&object), Some(Event::Apply((self.convert)(object))))
            }
            WatchEvent::Modified(object) => (revision_of(&object), Some(Event::Apply((self.convert)(object)))),
        };
        let (revision, number) = revision;
        if let (Some(from), Some(to)) = (self.held.number, number)
            && to < from
        {
            self.went_back();
            return self.failed(Trouble::WentBack { from, to }, Duration::ZERO);
        }
        if !revision.is_empty() {
            self.held = Held { revision, number, objects: self.held.objects };
        }
        self.reached();
        self.due.extend(event.map(Said::Event));
        if !open.proven {
            self.prove();
        }
        self.step = Step::Watching(Open { heard: true, proven: true, ..open });
    }

    /// A watch has ended.
    fn ended(&mut self, open: &Open<K>) {
        let (now, lasted) = (Instant::now(), open.opened.elapsed());
        if !open.heard && lasted < PROOF {
            return self.failed(Trouble::Ended, Duration::ZERO);
        }
        self.prove();
        let turn = self.shared.turn(now);
        // One that ends too soon may have a reason that makes it wrong to resume it: perhaps this is another API server.
        let punctual = lasted + GRACE >= Duration::from_secs(open.seconds.into());
        self.step = if punctual { Step::Open } else { Step::Wait(now + turn) };
    }

    /// The end of a watch hasn't come. Whether that was all that didn't come, a list shows.
    fn overdue(&mut self) {
        if self.standing.is_suspicious() {
            return self.failed(Trouble::Silent, Duration::ZERO);
        }
        self.doubted = Some(self.held.clone());
        self.shared.spend(1, Instant::now());
        self.step = Step::Begin;
    }

    fn failed(&mut self, trouble: Trouble, least: Duration) {
        let now = Instant::now();
        let turn = self.shared.turn(now);
        if let Some(wait) = self.standing.failed(&trouble, now) {
            self.due.push_back(Said::Failed(trouble));
            self.step = Step::Wait(now + wait.max(least).max(turn));
        } else {
            self.step = Step::Begin;
        }
    }

    /// A watch is in order.
    fn prove(&mut self) {
        if self.standing.proven() {
            self.due.push_back(Said::Following);
            self.rally();
        }
    }

    /// Whoever waits after a failure may try now.
    fn rally(&mut self) {
        self.ear.call(&self.shared, Call::Retry);
    }

    /// Nobody's revision holds any longer.
    fn went_back(&mut self) {
        self.held.number = None;
        self.shared.went_back();
        self.ear.call(&self.shared, Call::Relist);
    }

    fn called(&mut self, call: Call) {
        match call {
            Call::Relist => {
                self.held.number = None;
                self.step = Step::Wait(Instant::now() + self.shared.turn(Instant::now()));
            }
            Call::Renew | Call::Retry => {
                self.shared.spend(1, Instant::now());
                self.step = Step::Open;
            }
        }
    }

    /// Begins a list because of this call.
    fn relist(&mut self, call: Call) {
        if call == Call::Relist {
            self.held.number = None;
        }
        self.shared.spend(1, Instant::now());
        self.step = Step::Begin;
    }

    fn reached(&self) {
        if let Some(revision) = self.held.number {
            self.shared.reached(self.selection.kind, revision);
        }
    }
}

impl Selection {
    fn list(&self, token: Option<String>) -> ListParams {
        ListParams {
            label_selector: self.labels.clone(),
            field_selector: self.fields.clone(),
            limit: Some(self.page),
            continue_token: token,
            ..ListParams::default()
        }
    }

    fn watch(&self, seconds: u32) -> WatchParams {
        WatchParams {
            label_selector: self.labels.clone(),
            field_selector: self.fields.clone(),
            timeout: Some(seconds),
            bookmarks: true,
            send_initial_events: false,
        }
    }
}

/// An object's revision, as it is written and as a number.
fn revision_of(object: &impl Resource) -> (String, Option<u64>) {
    let text = object.meta().resource_version.clone().unwrap_or_default();
    let number = number(&text);
    (text, number)
}

/// A revision as a number: those of one API server can be compared.
pub(super) fn number(revision: &str) -> Option<u64> {
    revision.parse().ok()
}
