//! The moves of the game.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use chancery::protocol::{Request, Response, Session, SubscriptionUpdate, Variant};
use chancery::xds::{ResourceType, Snapshot};

use super::book::Book;
use super::resources::{located, place, resource};
use super::step::{Change, Nonce, Step};
use super::view::View;

/// How many responses may follow each other at the end, when the client takes everything. Each type comes in at most
/// three parts, and few things are due twice.
const MAX_RESPONSES_AT_THE_END: usize = 100;

/// What a client says that NACKs a response.
const COMPLAINT: &str = "no";

/// Whether one stream carries all types, or each has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streams {
    Aggregated,
    Separate,
}

/// A client and its server.
pub struct Game {
    variant: Variant,
    streams: Streams,
    /// As the client sees it.
    snapshot: Arc<Snapshot>,
    /// As the server has it.
    located: Arc<Snapshot>,
    /// By their types: one, or as many as there are types.
    sessions: Vec<Stream>,
    views: [View; ResourceType::COUNT],
    books: [Book; ResourceType::COUNT],
    /// What is on its way to the client.
    inbox: VecDeque<Response>,
    nonces: BTreeSet<String>,
    /// How many streams there were.
    count: u64,
}

struct Stream {
    session: Session,
    types: Vec<ResourceType>,
    /// Whether its time was up at any time, so that no order is promised any more.
    was_overdue: bool,
}

impl Game {
    pub fn new(variant: Variant, streams: Streams) -> Self {
        let all = ResourceType::ALL.to_vec();
        let types = match streams {
            Streams::Aggregated => vec![all],
            Streams::Separate => all.into_iter().map(|of| vec![of]).collect(),
        };
        let mut game = Self {
            variant,
            streams,
            snapshot: Arc::default(),
            located: Arc::default(),
            sessions: Vec::new(),
            views: ResourceType::ALL.map(|_| View::default()),
            books: ResourceType::ALL.map(|of| Book::new(variant, of)),
            inbox: VecDeque::new(),
            nonces: BTreeSet::new(),
            count: 0,
        };
        game.sessions = types.into_iter().map(|types| game.stream(types)).collect();
        game
    }

    fn stream(&mut self, types: Vec<ResourceType>) -> Stream {
        self.count += 1;
        let snapshot = Arc::clone(&self.located);
        let session = match types.as_slice() {
            [only] => Session::only(*only, self.variant, self.count, snapshot),
            _ => Session::new(self.variant, self.count, snapshot),
        };
        Stream { session: session.at(place()), types, was_overdue: false }
    }

    /// The number of the stream that carries a type.
    fn carrier(&self, of: ResourceType) -> usize {
        self.sessions.iter().position(|stream| stream.types.contains(&of)).unwrap()
    }

    /// Makes a move, and watches what the server makes of it.
    pub fn play(&mut self, step: &Step) {
        match step {
            Step::Publish(changes) => self.publish(changes),
            Step::Ask { of, subscribe, unsubscribe, nonce } => self.ask(*of, subscribe, unsubscribe, *nonce),
            Step::Receive { accept } => self.receive(*accept),
            Step::Answer { of } => self.answer(*of),
            Step::Expire { of } => self.expire(self.carrier(*of)),
            Step::Reconnect { of, stale } => self.reconnect(*of, *stale),
        }
        self.watch();
    }

    /// Goes on, without a change, until the client has answered everything and all waits are over, and compares what it
    /// holds with the snapshot.
    pub fn end(mut self) {
        for of in ResourceType::ALL {
            if self.views[of.index()].ever_asked && !self.views[of.index()].asked {
                self.play(&Step::Ask { of, subscribe: vec![], unsubscribe: vec![], nonce: Nonce::Usual });
            }
        }
        let mut responses = 0;
        loop {
            while !self.inbox.is_empty() {
                responses += 1;
                assert!(responses <= MAX_RESPONSES_AT_THE_END, "the server doesn't stop sending");
                self.play(&Step::Receive { accept: true });
            }
            for of in ResourceType::ALL {
                self.play(&Step::Answer { of });
            }
            if !self.inbox.is_empty() {
                continue;
            }
            let Some(waiting) = self.sessions.iter().position(|stream| stream.session.is_waiting()) else { break };
            self.expire(waiting);
            self.watch();
        }
        for of in ResourceType::ALL {
            assert!(!self.books[of.index()].is_unanswered(), "{of}: the client answered everything");
            if self.views[of.index()].asked {
                self.views[of.index()].check_end(self.variant, of, &self.snapshot);
            }
        }
    }

    fn publish(&mut self, changes: &[Change]) {
        let (mut snapshot, mut offered) = ((*self.snapshot).clone(), (*self.located).clone());
        for change in changes {
            match change {
                Change::Put { of, name, content, others, references } => {
                    let resource = resource(*of, name, *content, references.clone());
                    let located = others.map_or_else(|| Arc::clone(&resource), |others| located(&resource, others));
                    snapshot.get_mut(*of).insert(resource);
                    offered.get_mut(*of).insert(located);
                }
                Change::Remove { of, name } => {
                    snapshot.get_mut(*of).remove(name);
                    offered.get_mut(*of).remove(name);
                }
            }
        }
        (self.snapshot, self.located) = (Arc::new(snapshot), Arc::new(offered));
        for stream in &mut self.sessions {
            stream.session.on_snapshot(Arc::clone(&self.located));
        }
    }

    fn ask(&mut self, of: ResourceType, subscribe: &[&str], unsubscribe: &[&str], nonce: Nonce) {
        let view = &mut self.views[of.index()];
        let (nonce, error) = match nonce {
            Nonce::Usual => match view.unsaid.take() {
                Some((nonce, accepted)) => {
                    view.latest.clone_from(&nonce);
                    view.answered.push(nonce.clone());
                    (nonce, (!accepted).then_some(COMPLAINT))
                }
                None if self.variant == Variant::Sotw => (view.latest.clone(), None),
                None => (String::new(), None),
            },
            Nonce::Stale => (view.answered.first().cloned().unwrap_or_default(), Some(COMPLAINT)),
            Nonce::Foreign => ("f00.7".to_owned(), None),
            Nonce::None => (String::new(), None),
        };
        let strings = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        self.request(of, nonce, error, strings(subscribe), &strings(unsubscribe));
    }

    fn request(
        &mut self,
        of: ResourceType,
        nonce: String,
        error: Option<&str>,
        mut subscribe: Vec<String>,
        unsubscribe: &[String],
    ) {
        let (view, book) = (&mut self.views[of.index()], &mut self.books[of.index()]);
        let first = !std::mem::replace(&mut view.asked, true);
        let holds = !view.held.is_empty();
        view.ever_asked = true;
        let answered = book.on_answer(&nonce, error);
        let update = match self.variant {
            Variant::Sotw => {
                let mut list = view.subscription.list();
                list.extend(subscribe);
                list.retain(|name| !unsubscribe.contains(name));
                let changes = view.subscription.replace(of, first, &list);
                view.keep_subscribed();
                book.on_changes(first, holds, &changes, &view.subscription);
                if nonce.is_empty() && !first {
                    view.forget_all();
                    book.on_forgotten(&view.subscription);
                }
                // In another order than ours, and one of them twice: it says nothing.
                let names = list.iter().rev().chain(list.first()).collect();
                // Only who holds nothing may be left waiting for what isn't there.
                SubscriptionUpdate::Replace { names, has_version: holds }
            }
            Variant::Delta => {
                let mut initial_versions = BTreeMap::new();
                if first {
                    subscribe.extend(view.subscription.list());
                    initial_versions.clone_from(&view.held);
                    book.on_claims(&initial_versions);
                }
                let changes = view.subscription.update(of, first, &subscribe, unsubscribe);
                // What comes again isn't relied on until then.
                let again = changes.added.iter().filter(|name| !initial_versions.contains_key(*name));
                for name in again.chain(&changes.dropped) {
                    view.forget(name);
                }
                view.keep_subscribed();
                book.on_changes(first, holds, &changes, &view.subscription);
                let (subscribe, unsubscribe) = (subscribe.iter().collect(), unsubscribe.iter().collect());
                SubscriptionUpdate::Change { subscribe, unsubscribe, initial_versions }
            }
        };
        let request = Request { resource_type: of, nonce, error: error.map(str::to_owned), update };
        let carrier = self.carrier(of);
        let answer = self.sessions[carrier].session.on_request(request);
        Book::check_answer(answer.as_ref(), answered.as_ref(), error);
    }

    fn receive(&mut self, accept: bool) {
        let Some(response) = self.inbox.pop_front() else { return };
        let of = response.resource_type;
        let view = &mut self.views[of.index()];
        view.unsaid = Some((response.nonce.clone(), accept));
        if !accept {
            view.nack(self.variant, &response);
            return;
        }
        let warming = view.apply(self.variant, &response);
        // Of other streams the server knows nothing.
        if let (Some(of), Streams::Aggregated) = (follower(of), self.streams) {
            for name in &warming {
                self.views[of.index()].forget(name);
            }
        }
    }

    fn answer(&mut self, of: ResourceType) {
        if self.views[of.index()].unsaid.is_some() {
            self.ask(of, &[], &[], Nonce::Usual);
        }
    }

    fn expire(&mut self, stream: usize) {
        let stream = &mut self.sessions[stream];
        if stream.session.is_waiting() {
            stream.was_overdue = true;
            while stream.session.is_waiting() {
                stream.session.on_tick();
            }
        }
    }

    fn reconnect(&mut self, of: ResourceType, stale: Option<&str>) {
        let carrier = self.carrier(of);
        let types = self.sessions[carrier].types.clone();
        self.inbox.retain(|response| !types.contains(&response.resource_type));
        for of in &types {
            self.views[of.index()].reconnect();
            self.books[of.index()] = Book::new(self.variant, *of);
        }
        if let Some(held) = stale.and_then(|name| self.views[of.index()].held.get_mut(name)) {
            *held = format!("{:032x}", 7);
        }
        self.sessions[carrier] = self.stream(types);
    }

    /// Lets the sessions send what is due, and looks at it.
    fn watch(&mut self) {
        for carrier in 0..self.sessions.len() {
            let mut last = None;
            while let Some(response) = self.sessions[carrier].session.poll() {
                let of = response.resource_type;
                // What brings nothing new removes something, and that comes in reverse: a cluster goes after the last route
                // that named it.
                let is_old = self.books[of.index()].brings_nothing(&response);
                assert!(is_old || last.is_none_or(|last| last < of), "{of} after {last:?}");
                last = last.max(Some(of));
                self.take(carrier, response);
            }
            let waits = self.sessions[carrier].session.is_waiting();
            for of in self.sessions[carrier].types.clone() {
                if self.views[of.index()].asked {
                    self.books[of.index()].check_silence(&self.views[of.index()].subscription, &self.snapshot, waits);
                }
            }
        }
    }

    fn take(&mut self, carrier: usize, response: Response) {
        let of = response.resource_type;
        assert!(self.sessions[carrier].types.contains(&of) && self.views[of.index()].asked, "{of}: nobody asked");
        assert!(!response.nonce.is_empty() && self.nonces.insert(response.nonce.clone()), "{:?} again", response.nonce);
        if !self.sessions[carrier].was_overdue && self.streams == Streams::Aggregated {
            self.check_order(&response);
        }
        let subscription = &self.views[of.index()].subscription;
        let brought = self.books[of.index()].on_response(&response, subscription, &self.snapshot);
        if let (Some(of), Streams::Aggregated) = (follower(of), self.streams) {
            let view = &self.views[of.index()];
            self.books[of.index()].on_parents(brought, view.asked.then_some(&view.subscription));
        }
        self.inbox.push_back(response);
    }

    /// Make before break, as long as the client has had no reason to be left behind.
    fn check_order(&self, response: &Response) {
        use ResourceType::{Cluster, Endpoint, Route};
        let [clusters, endpoints, routes] = [Cluster, Endpoint, Route].map(|of| &self.views[of.index()]);
        let book = &self.books[Route.index()];
        match response.resource_type {
            Route if clusters.asked => {
                // What the client brought with it, it may have been using all the time.
                for route in response.resources.iter().filter(|route| !book.is_claimed(route.name())) {
                    let before = book.acked(route.name());
                    let is_new = |name: &str| before.is_none_or(|before| before.iter().all(|old| old != name));
                    let new = route.references().iter().filter(|name| is_new(name));
                    for cluster in new.filter_map(|name| self.snapshot.get(Cluster).get(name)) {
                        let name = cluster.name();
                        assert!(clusters.held.contains_key(&**name), "the client has no cluster {name} for its routes");
                        let assignments = cluster.references().iter().filter(|_| endpoints.asked);
                        for assignment in assignments {
                            let has = endpoints.held.contains_key(&**assignment);
                            assert!(has, "the client has no assignment {assignment} for its routes");
                        }
                    }
                }
            }
            Cluster if routes.asked => {
                for gone in self.books[Cluster.index()].removed_from_client(response, &clusters.subscription) {
                    let current =
                        self.snapshot.get(Route).iter().filter(|route| routes.subscription.matches(route.name()));
                    for route in current.filter(|route| book.is_in_use(route.name())) {
                        let acked = book.acked(route.name()).into_iter().flatten();
                        assert!(acked.into_iter().all(|name| name != gone), "{gone} goes before {route:?}");
                    }
                }
            }
            _ => {}
        }
    }
}

/// The type that Envoy waits for before it uses a resource of this type.
fn follower(of: ResourceType) -> Option<ResourceType> {
    match of {
        ResourceType::Cluster => Some(ResourceType::Endpoint),
        ResourceType::Listener => Some(ResourceType::Route),
        _ => None,
    }
}
