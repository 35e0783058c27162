//! What a client costs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use allocation_counter::AllocationInfo;
use chancery::protocol::{Session, Variant};
use chancery::xds::{Place, Resource, ResourceType};

use super::client::{Client, change, name, snapshot};
use super::{assert_flat, counted};

const VARIANTS: [Variant; 2] = [Variant::Sotw, Variant::Delta];

/// What it costs to bring so many clients, which ask for so many names of so many Services, one changed assignment, and
/// to take their answers.
fn cost_of_a_change(
    variant: Variant,
    clients: usize,
    names: usize,
    services: usize,
) -> (AllocationInfo, AllocationInfo) {
    let mut snapshot = snapshot(services);
    let mut clients: Vec<Client> = (0..clients).map(|_| Client::new(variant, &snapshot, names)).collect();
    let changed = change(&mut snapshot, 7, 1);
    let snapshot = Arc::new(snapshot);
    let mut responses = Vec::with_capacity(clients.len());
    let (push, ()) =
        counted(|| responses.extend(clients.iter_mut().map(|client| client.push(Arc::clone(&snapshot)).unwrap())));
    for response in &responses {
        assert!(Arc::ptr_eq(&response.resources[0], &changed), "encoded once, for all");
        assert_eq!((response.resources.len(), response.removed.len()), (1, 0));
    }
    let answers: Vec<_> = clients.iter().zip(&responses).map(|(client, response)| client.answer(response)).collect();
    let (ack, ()) = counted(|| clients.iter_mut().zip(answers).for_each(|(client, answer)| client.ack(answer)));
    (push, ack)
}

#[test]
fn a_change_costs_the_same_however_many_names_a_client_asks_for() {
    for variant in VARIANTS {
        let (few_push, few_ack) = cost_of_a_change(variant, 1, 10, 1000);
        for names in [100, 1000] {
            let (push, ack) = cost_of_a_change(variant, 1, names, 1000);
            assert_eq!(
                (push.count_total, push.bytes_total),
                (few_push.count_total, few_push.bytes_total),
                "{variant:?}"
            );
            // What the client repeats in the state of the world is read, in one go.
            assert_eq!(ack.count_total, few_ack.count_total, "{variant:?}");
        }
    }
}

#[test]
fn a_change_costs_each_client_the_same_however_many_there_are() {
    for variant in VARIANTS {
        let (one_push, one_ack) = cost_of_a_change(variant, 1, 100, 1000);
        let (push, ack) = cost_of_a_change(variant, 50, 100, 1000);
        assert_flat("allocations of a push", 50 * one_push.count_total, push.count_total, 0);
        assert_flat("bytes of a push", 50 * one_push.bytes_total, push.bytes_total, 1);
        assert_flat("allocations of an ACK", 50 * one_ack.count_total, ack.count_total, 0);
    }
}

#[test]
fn a_change_costs_the_same_however_many_other_services_there_are() {
    for variant in VARIANTS {
        let (few, _) = cost_of_a_change(variant, 1, 10, 100);
        let (many, _) = cost_of_a_change(variant, 1, 10, 3000);
        // The trees are one level higher.
        assert!(many.count_total <= few.count_total + 2, "{few:?}, then {many:?}");
        assert!(many.bytes_total <= few.bytes_total + 256, "{few:?}, then {many:?}");
    }
}

/// A stream waits for whoever looks at how far it is.
#[test]
fn to_look_at_a_client_costs_the_same_however_much_it_holds() {
    for variant in VARIANTS {
        let cost = |services| {
            let client = Client::new(variant, &snapshot(services), services);
            let (info, status) = counted(|| client.status());
            assert_eq!(status.resources().count(), services);
            (info.count_total, info.bytes_total)
        };
        assert_eq!(cost(10), cost(3000), "{variant:?}");
    }
}

#[test]
fn what_is_not_located_costs_nothing_to_look_at() {
    let resource = Arc::clone(snapshot(1).get(ResourceType::Endpoint).get(&name(0)).unwrap());
    let place = place("a");
    let (info, seen) = counted(|| resource.at(&place));
    assert!(Arc::ptr_eq(&seen, &resource));
    assert_eq!(info.count_total, 0);
}

#[test]
fn a_change_of_what_is_located_is_rendered_once_a_zone() {
    let rendered = Arc::new(AtomicUsize::new(0));
    let mut snapshot = snapshot(10);
    let mut publish = |content| {
        let counter = Arc::clone(&rendered);
        let of = |content| Resource::from_value(name(7).into(), String::new(), vec![content; 600], []);
        let located = of(content).located("x", ["a", "b", "c"].map(place), move |place| {
            counter.fetch_add(1, Ordering::Relaxed);
            of(content + place.zone.as_bytes()[0])
        });
        snapshot.get_mut(ResourceType::Endpoint).insert(Arc::new(located));
        Arc::new(snapshot.clone())
    };
    let first = publish(0);
    let in_zone = |zone: usize| Client::at(place(["a", "b"][zone % 2]), Variant::Delta, &first, 10);
    let mut clients: Vec<Client> = (0..50).map(in_zone).collect();
    let second = publish(1);
    rendered.store(0, Ordering::Relaxed);
    let responses: Vec<_> = clients.iter_mut().map(|client| client.push(Arc::clone(&second)).unwrap()).collect();
    assert_eq!(rendered.load(Ordering::Relaxed), 2, "nobody is in the third");
    for (number, response) in responses.iter().enumerate() {
        assert!(Arc::ptr_eq(&response.resources[0], &responses[number % 2].resources[0]), "shared in the zone");
    }
}

fn place(zone: &str) -> Place {
    Place { zone: zone.into(), node: "".into() }
}

#[test]
fn a_change_that_a_client_does_not_want_costs_it_next_to_nothing() {
    for variant in VARIANTS {
        let mut snapshot = snapshot(1000);
        let mut client = Client::new(variant, &snapshot, 100);
        change(&mut snapshot, 500, 1);
        let (push, response) = counted(|| client.push(Arc::new(snapshot)));
        assert!(response.is_none());
        // The snapshot itself, and where the comparison is in the two trees.
        assert!(push.count_total <= 7, "{push:?}");
    }
}

/// What so many clients keep in memory that ask for the same names and hold them.
fn memory(clients: usize, names: usize) -> u64 {
    let snapshot = snapshot(1000);
    let first = Client::new(Variant::Delta, &snapshot, names);
    let mut all = Vec::with_capacity(clients);
    let (info, ()) = counted(|| {
        all.extend((0..clients).map(|_| {
            let mut client = Client::new(Variant::Delta, &snapshot, names);
            client.forget_names();
            client
        }));
    });
    drop(first);
    u64::try_from(info.bytes_current).unwrap() + (clients * size_of::<Session>()) as u64
}

#[test]
fn names_that_clients_have_in_common_are_in_memory_once() {
    let (few, many) = (memory(50, 10), memory(50, 1000));
    assert!(many <= few + 50 * 64, "{few} B, then {many} B");
    assert!(many <= 50 * 3072, "{many} B");
}

#[test]
fn a_client_that_comes_back_shares_with_the_others() {
    let snapshot = snapshot(1000);
    let others = Client::new(Variant::Delta, &snapshot, 1000);
    let (info, client) = counted(|| {
        let (mut client, first) = Client::back(&snapshot, 1000);
        assert!(first.resources.is_empty());
        client.ack(client.answer(&first));
        client.forget_names();
        client
    });
    assert!(info.bytes_current <= 2048, "{info:?}");
    drop((client, others));
}

#[test]
fn a_first_request_makes_nothing_for_each_name_that_is_known() {
    let snapshot = snapshot(1000);
    let others = Client::new(Variant::Delta, &snapshot, 1000);
    let costs = [10, 1000].map(|names| {
        let others = Client::new(Variant::Delta, &snapshot, names);
        let (info, client) = counted(|| Client::new(Variant::Delta, &snapshot, names));
        drop((client, others));
        // Those by which the client calls them.
        info.count_total - names as u64
    });
    drop(others);
    assert!(costs[1] <= costs[0] + 64, "{costs:?}");
}
