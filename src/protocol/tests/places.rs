//! Clients in two zones, one snapshot.

use std::sync::Arc;

use super::world::text;
use crate::protocol::{NameList, Request, Session, SubscriptionUpdate, SyncStatus, Variant};
use crate::xds::ResourceType::Endpoint;
use crate::xds::{Place, Resource, Snapshot};

/// A client in this zone.
struct Client {
    variant: Variant,
    session: Session,
}

fn plain(content: &str) -> Resource {
    Resource::from_value("cart".into(), String::new(), content.into(), [])
}

/// The resource `cart`, whose content is one thing in zone a, another in zone b, and a third elsewhere.
fn located(a: &'static str, b: &'static str, elsewhere: &str) -> Resource {
    let places = ["a", "b"].map(|zone| Place { zone: zone.into(), node: "".into() });
    let how = format!("{a} {b}");
    plain(elsewhere).located(&how, places, move |place| plain(if &*place.zone == "a" { a } else { b }))
}

fn snapshot(cart: Resource) -> Arc<Snapshot> {
    let mut snapshot = Snapshot::default();
    snapshot.get_mut(Endpoint).insert(Arc::new(cart));
    Arc::new(snapshot)
}

impl Client {
    /// One that asks for `cart`.
    fn new(variant: Variant, zone: &str, snapshot: &Arc<Snapshot>) -> Self {
        let mut client = Self::silent(variant, zone, snapshot);
        client.ask("", &["cart"], &[]);
        client
    }

    fn silent(variant: Variant, zone: &str, snapshot: &Arc<Snapshot>) -> Self {
        let place = Place { zone: zone.into(), node: "".into() };
        Self { variant, session: Session::new(variant, 1, Arc::clone(snapshot)).at(place) }
    }

    fn ask(&mut self, nonce: &str, names: &[&str], held: &[(&str, String)]) {
        let names: NameList = names.iter().collect();
        let initial_versions = held.iter().map(|(name, version)| ((*name).to_owned(), version.clone())).collect();
        let update = match self.variant {
            Variant::Sotw => SubscriptionUpdate::Replace { names, has_version: false },
            Variant::Delta => {
                SubscriptionUpdate::Change { subscribe: names, unsubscribe: NameList::default(), initial_versions }
            }
        };
        self.session.on_request(Request { resource_type: Endpoint, nonce: nonce.to_owned(), error: None, update });
    }

    /// What it is sent now, which it takes.
    fn receives(&mut self) -> Option<Vec<String>> {
        let response = self.session.poll()?;
        let resources = response.resources.iter().map(|resource| text(resource)).collect();
        let names: &[&str] = if self.variant == Variant::Sotw { &["cart"] } else { &[] };
        self.ask(&response.nonce, names, &[]);
        assert!(self.session.poll().is_none());
        Some(resources)
    }
}

#[test]
fn each_client_gets_what_is_for_its_zone() {
    for variant in [Variant::Sotw, Variant::Delta] {
        let snapshot = snapshot(located("1", "2", "3"));
        for (zone, content) in [("a", "cart=1"), ("b", "cart=2"), ("c", "cart=3"), ("", "cart=3")] {
            let mut client = Client::new(variant, zone, &snapshot);
            assert_eq!(client.receives(), Some(vec![content.to_owned()]), "{variant:?} in zone {zone:?}");
            assert_eq!(client.receives(), None);
        }
    }
}

#[test]
fn what_changes_for_others_is_not_sent_again() {
    let steps = [
        (located("1", "2", "3"), Some("1")),
        (located("1", "9", "3"), None),
        (located("1", "9", "8"), None),
        (plain("1"), None),
        (located("1", "2", "3"), None),
        (located("4", "2", "3"), Some("4")),
        (plain("5"), Some("5")),
        (located("6", "5", "5"), Some("6")),
    ];
    for variant in [Variant::Sotw, Variant::Delta] {
        let mut client = Client::new(variant, "a", &snapshot(steps[0].0.clone()));
        for (number, (cart, expected)) in steps.iter().enumerate() {
            client.session.on_snapshot(snapshot(cart.clone()));
            let expected = expected.map(|content| vec![format!("cart={content}")]);
            assert_eq!(client.receives(), expected, "{variant:?}, step {number}");
        }
    }
}

#[test]
fn a_client_that_comes_back_holds_what_was_for_its_zone() {
    let snapshot = snapshot(located("1", "2", "3"));
    for (zone, held, expected) in
        [("a", "1", None), ("a", "2", Some("cart=1")), ("a", "3", Some("cart=1")), ("", "3", None), ("b", "2", None)]
    {
        let mut client = Client::silent(Variant::Delta, zone, &snapshot);
        client.ask("", &["cart"], &[("cart", plain(held).version().to_string())]);
        // The first request is answered even if nothing is new.
        let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(client.receives(), Some(expected), "{held} in zone {zone:?}");
        assert_eq!(client.receives(), None);
    }
}

#[test]
fn the_version_of_what_is_sent_is_that_of_its_own_content() {
    let located = located("1", "2", "3");
    let mut client = Client::new(Variant::Delta, "b", &snapshot(located.clone()));
    let response = client.session.poll().unwrap();
    assert_eq!(response.resources[0].version(), plain("2").version());
    assert_ne!(response.version, plain("2").version());
    assert_ne!(located.version(), plain("3").version());
}

#[test]
fn the_status_is_that_of_what_the_client_sees() {
    let mut client = Client::new(Variant::Delta, "a", &snapshot(located("1", "2", "3")));
    client.receives();
    let status = |client: &Client| {
        let statuses: Vec<_> = client.session.status(Endpoint).unwrap().resources().collect();
        let [status] = &statuses[..] else { panic!("one resource") };
        (text(status.resource.as_ref().unwrap()), status.sync)
    };
    assert_eq!(status(&client), ("cart=1".to_owned(), SyncStatus::Synced));
    client.session.on_snapshot(snapshot(located("1", "9", "3")));
    assert_eq!(status(&client), ("cart=1".to_owned(), SyncStatus::Synced), "it changed for others");
    client.session.on_snapshot(snapshot(located("4", "9", "3")));
    assert_eq!(status(&client), ("cart=4".to_owned(), SyncStatus::NotSent));
}
