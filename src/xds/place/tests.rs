use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

fn resource(content: &str) -> Resource {
    Resource::from_value("a".into(), String::new(), content.into(), [])
}

fn place(zone: &str, node: &str) -> Place {
    Place { zone: zone.into(), node: node.into() }
}

/// A resource whose content is the place that it is seen from, and how often it was rendered.
fn located(places: &[Place]) -> (Arc<Resource>, Arc<AtomicUsize>) {
    let rendered = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&rendered);
    let render = move |place: &Place| {
        counter.fetch_add(1, Ordering::Relaxed);
        resource(&format!("{}/{}", place.zone, place.node))
    };
    (Arc::new(resource("elsewhere").located("x", places.to_vec(), render)), rendered)
}

#[test]
fn what_is_not_located_is_itself_everywhere() {
    let resource = Arc::new(resource("1"));
    assert!(Arc::ptr_eq(&resource, &resource.at(&place("a", "n"))));
}

#[test]
fn a_node_counts_before_a_zone_and_other_places_are_one() {
    let (located, _) = located(&[place("a", "n1"), place("a", ""), place("b", "n1"), place("b", "")]);
    let at = |zone, node| {
        let place = place(zone, node);
        let version = located.version_at(&place);
        assert_eq!(version, located.at(&place).version());
        version
    };
    let of = |content| resource(content).version();
    assert_eq!(at("a", "n1"), of("a/n1"));
    assert_eq!((at("b", "n1"), at("", "n1")), (of("a/n1"), of("a/n1")), "the node says which zone it is");
    assert_eq!((at("a", ""), at("a", "n9"), at("b", "n9")), (of("a/"), of("a/"), of("b/")));
    assert_eq!((at("", ""), at("c", "n9")), (of("elsewhere"), of("elsewhere")));
}

#[test]
fn whatever_clients_say_there_are_as_many_views_as_places() {
    let (located, rendered) = located(&[place("a", "n1"), place("a", "")]);
    assert_eq!(rendered.load(Ordering::Relaxed), 0, "before anybody asks");
    let mut views = Vec::new();
    for number in 0..1000 {
        for zone in ["a", "b", ""] {
            views.push(located.at(&place(zone, &format!("n{number}"))));
            views.push(located.at(&place(&format!("{zone}{number}"), "")));
        }
    }
    assert_eq!(rendered.load(Ordering::Relaxed), 2);
    views.sort_by_key(Arc::as_ptr);
    views.dedup_by(|a, b| Arc::ptr_eq(a, b));
    assert_eq!(views.len(), 3);
}

#[test]
fn the_view_of_a_zone_is_kept_and_that_of_a_node_while_it_is_used() {
    let (located, rendered) = located(&[place("a", "n1"), place("a", "")]);
    let times = |place: &Place| {
        rendered.store(0, Ordering::Relaxed);
        let (first, second) = (located.at(place), located.at(place));
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(located.version_at(place), first.version());
        drop((first, second));
        drop(located.at(place));
        located.version_at(place);
        rendered.load(Ordering::Relaxed)
    };
    assert_eq!(times(&place("a", "")), 1);
    assert_eq!(times(&place("a", "n1")), 2);
    assert_eq!(located.version_at(&place("a", "n1")), located.at(&place("", "n1")).version());
}

#[test]
fn the_version_of_a_located_resource_follows_from_content_and_way() {
    let located =
        |content: &str, how: &str| resource(content).located(how, [place("a", "")], |_| resource("1")).version();
    assert_eq!(located("1", "x"), located("1", "x"));
    assert_ne!(located("1", "x"), located("1", "y"));
    assert_ne!(located("1", "x"), located("2", "x"));
    assert_ne!(located("1", "x"), resource("1").version());
}

#[test]
fn where_nodes_count_alone_other_nodes_are_told_apart_from_those_who_do_not_say() {
    let places = [place("a", "n1"), place("a", "")];
    let render = |place: &Place| resource(&format!("{}/{}", place.zone, place.node));
    let located = Arc::new(resource("elsewhere").located_on_nodes("x", places, resource("other"), render));
    let at = |zone, node| {
        let place = place(zone, node);
        let seen = located.at(&place);
        assert_eq!(located.version_at(&place), seen.version());
        seen.version()
    };
    let of = |content| resource(content).version();
    assert_eq!((at("a", "n1"), at("", "n1")), (of("a/n1"), of("a/n1")));
    assert_eq!((at("a", "n2"), at("", "n2")), (of("other"), of("other")));
    assert_eq!((at("a", ""), at("", ""), at("b", "")), (of("a/"), of("elsewhere"), of("elsewhere")));
}
