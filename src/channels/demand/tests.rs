use futures::FutureExt;

use super::*;
use crate::xds::ResourceType::{Cluster, Listener};

fn names(names: &[&str]) -> Vec<Name> {
    names.iter().map(|name| Name::from(*name)).collect()
}

/// What changed: `+name` or `-name`; rendered at once.
fn taken(wanted: &DemandReader) -> Vec<String> {
    let (wishes, step) = wanted.take();
    wanted.mark_rendered(step);
    let sign = |wish: &DemandChange| if wish.in_demand { '+' } else { '-' };
    wishes.iter().map(|wish| format!("{}{}", sign(wish), wish.name)).collect()
}

#[test]
fn a_name_is_wanted_while_any_stream_wants_it() {
    let (wants, wanted) = demand_channel();
    let (mut one, mut other) = (wants.stream(), wants.stream());
    one.set(Listener, &names(&["a", "b"])).unwrap();
    other.set(Listener, &names(&["b", "c"])).unwrap();
    assert_eq!(taken(&wanted), ["+a", "+b", "+c"]);
    one.set(Listener, &names(&["a"])).unwrap();
    assert_eq!(taken(&wanted), [""; 0]);
    drop(other);
    assert_eq!(taken(&wanted), ["-b", "-c"]);
    one.set(Cluster, &names(&["a"])).unwrap();
    assert_eq!(taken(&wanted), ["+a"]);
    drop(one);
    assert_eq!(taken(&wanted), ["-a", "-a"]);
    assert!(wanted.shared.state().counts.is_empty());
}

#[test]
fn what_came_and_went_is_told_as_it_is_now() {
    let (wants, wanted) = demand_channel();
    let mut stream = wants.stream();
    stream.set(Listener, &names(&["a"])).unwrap();
    stream.set(Listener, &names(&["b"])).unwrap();
    stream.set(Listener, &names(&["a"])).unwrap();
    assert_eq!(taken(&wanted), ["+a", "-b"]);
}

fn is_settled(wishes: &mut StreamDemand) -> bool {
    wishes.rendered().now_or_never().is_some()
}

#[tokio::test]
async fn a_stream_waits_until_its_wishes_are_settled() {
    let (wants, wanted) = demand_channel();
    let (mut one, mut other) = (wants.stream(), wants.stream());
    assert!(is_settled(&mut one));
    assert_eq!(one.set(Listener, &names(&["a"])), Ok(true));
    assert_eq!(one.set(Listener, &names(&["a"])), Ok(false));
    assert!(!is_settled(&mut one) && is_settled(&mut other));
    wanted.changed().await;
    let (_, step) = wanted.take();
    // What another one wants already may not be there yet, either.
    assert_eq!(other.set(Listener, &names(&["a"])), Ok(true));
    assert!(!is_settled(&mut other));
    wanted.mark_rendered(step);
    assert!(is_settled(&mut one) && is_settled(&mut other));
}

#[tokio::test]
async fn nobody_waits_for_a_pipeline_that_is_gone() {
    let (wants, wanted) = demand_channel();
    let mut stream = wants.stream();
    drop(wanted);
    stream.set(Listener, &names(&["a"])).unwrap();
    stream.rendered().await;
}

#[test]
fn the_names_of_a_stream_are_bounded() {
    let (wants, wanted) = demand_channel();
    let mut stream = wants.stream();
    let all: Vec<Name> = (0..=MAX_NAMES).map(|n| format!("{n:09}").into()).collect();
    assert_eq!(stream.set(Listener, &all), Err(TooManyNames));
    assert_eq!(taken(&wanted), [""; 0]);
    assert_eq!(stream.set(Listener, &all[1..]), Ok(true));
    assert_eq!(taken(&wanted).len(), MAX_NAMES);
}
