//! Clients of assignments, as far as the session is concerned.

use std::collections::BTreeMap;
use std::sync::Arc;

use chancery::protocol::{
    NameList, NameSets, Request, Response, Session, SubscriptionStatus, SubscriptionUpdate, Variant,
};
use chancery::server::SharedNameSets;
use chancery::xds::{Place, Resource, ResourceType, Snapshot};

thread_local! {
    /// The sets of names of all clients of a test, as of all clients of a server.
    static NAME_SETS: Arc<SharedNameSets> = Arc::default();
}

/// A client that asks for the assignments of so many Services.
pub struct Client {
    variant: Variant,
    names: Vec<String>,
    session: Session,
}

/// The name of an assignment.
pub fn name(number: usize) -> String {
    format!("shop/service-{number:05}/80")
}

/// The assignments of so many Services.
pub fn snapshot(services: usize) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for number in 0..services {
        change(&mut snapshot, number, 0);
    }
    snapshot
}

/// Gives a Service another assignment.
pub fn change(snapshot: &mut Snapshot, number: usize, content: u8) -> Arc<Resource> {
    let resource = Arc::new(Resource::from_value(name(number).into(), String::new(), vec![content; 600], []));
    snapshot.get_mut(ResourceType::Endpoint).insert(Arc::clone(&resource));
    resource
}

impl Client {
    /// One that has asked for the first Services of the snapshot, in what order it likes, and has them.
    pub fn new(variant: Variant, snapshot: &Snapshot, names: usize) -> Self {
        Self::at(Place::default(), variant, snapshot, names)
    }

    /// One that does so here.
    pub fn at(place: Place, variant: Variant, snapshot: &Snapshot, names: usize) -> Self {
        let session = session(variant, snapshot).at(place);
        let names: Vec<String> = (0..names).rev().map(name).collect();
        let mut client = Self { variant, names, session };
        let response = client.ask("", client.names.iter().collect()).unwrap();
        assert_eq!(response.resources.len(), client.names.len());
        client.ack(client.answer(&response));
        client
    }

    /// One that comes back with what it holds.
    pub fn back(snapshot: &Snapshot, names: usize) -> (Self, Response) {
        let mut session = session(Variant::Delta, snapshot);
        let names: Vec<String> = (0..names).map(name).collect();
        let version_of = |name: &String| snapshot.get(ResourceType::Endpoint).get(name).unwrap().version().to_string();
        let initial_versions = names.iter().map(|name| (name.clone(), version_of(name))).collect();
        let (subscribe, unsubscribe) = (names.iter().collect(), NameList::default());
        session.on_request(request("", SubscriptionUpdate::Change { subscribe, unsubscribe, initial_versions }));
        let response = session.poll().unwrap();
        (Self { variant: Variant::Delta, names, session }, response)
    }

    /// A new snapshot comes. Returns the one response that is due.
    pub fn push(&mut self, snapshot: Arc<Snapshot>) -> Option<Response> {
        self.session.on_snapshot(snapshot);
        self.only_response()
    }

    /// Says that it took a response.
    pub fn ack(&mut self, answer: Request) {
        self.session.on_request(answer);
        assert!(self.session.poll().is_none());
    }

    /// Its status, to be read elsewhere.
    pub fn status(&self) -> SubscriptionStatus {
        self.session.status(ResourceType::Endpoint).unwrap()
    }

    /// What it says to a response that it took: in the state of the world it repeats its names.
    pub fn answer(&self, response: &Response) -> Request {
        match self.variant {
            Variant::Sotw => request(&response.nonce, all(self.names.iter().collect())),
            Variant::Delta => request(&response.nonce, changes(NameList::default())),
        }
    }

    /// Its names, as the strings that it needs for itself. They are no cost of the session.
    pub fn forget_names(&mut self) {
        self.names = Vec::new();
    }

    fn ask(&mut self, nonce: &str, names: NameList) -> Option<Response> {
        let update = if self.variant == Variant::Sotw { all(names) } else { changes(names) };
        self.session.on_request(request(nonce, update));
        self.only_response()
    }

    fn only_response(&mut self) -> Option<Response> {
        let response = self.session.poll();
        assert!(self.session.poll().is_none());
        response
    }
}

fn session(variant: Variant, snapshot: &Snapshot) -> Session {
    let name_sets: Arc<dyn NameSets> = NAME_SETS.with(|sets| Arc::clone(sets) as _);
    Session::new(variant, 1, Arc::new(snapshot.clone())).sharing(name_sets)
}

fn all(names: NameList) -> SubscriptionUpdate {
    SubscriptionUpdate::Replace { names, has_version: false }
}

fn changes(subscribe: NameList) -> SubscriptionUpdate {
    SubscriptionUpdate::Change { subscribe, unsubscribe: NameList::default(), initial_versions: BTreeMap::new() }
}

fn request(nonce: &str, update: SubscriptionUpdate) -> Request {
    Request { resource_type: ResourceType::Endpoint, nonce: nonce.to_owned(), error: None, update }
}
