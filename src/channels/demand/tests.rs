use futures::FutureExt;

use super::*;
use crate::xds::ResourceType::{Cluster, Listener};

fn names(names: &[&str]) -> Vec<Name> {
    names.iter().map(|name| Name::from(*name)).collect()
}

/// What changed: `+name` or `-name`; rendered at once.
fn taken(reader: &DemandReader) -> Vec<String> {
    let (changes, step) = reader.take();
    reader.mark_rendered(step);
    let sign = |change: &DemandChange| if change.in_demand { '+' } else { '-' };
    changes.iter().map(|change| format!("{}{}", sign(change), change.name)).collect()
}

#[test]
fn a_name_is_in_demand_while_any_stream_demands_it() {
    let (demand, reader) = demand_channel();
    let (mut one, mut other) = (demand.stream(), demand.stream());
    one.set(Listener, &names(&["a", "b"])).unwrap();
    other.set(Listener, &names(&["b", "c"])).unwrap();
    assert_eq!(taken(&reader), ["+a", "+b", "+c"]);
    one.set(Listener, &names(&["a"])).unwrap();
    assert_eq!(taken(&reader), [""; 0]);
    drop(other);
    assert_eq!(taken(&reader), ["-b", "-c"]);
    one.set(Cluster, &names(&["a"])).unwrap();
    assert_eq!(taken(&reader), ["+a"]);
    drop(one);
    assert_eq!(taken(&reader), ["-a", "-a"]);
    assert!(reader.shared.state().counts.is_empty());
}

#[test]
fn a_change_and_its_reverse_are_told_as_it_is_now() {
    let (demand, reader) = demand_channel();
    let mut stream = demand.stream();
    stream.set(Listener, &names(&["a"])).unwrap();
    stream.set(Listener, &names(&["b"])).unwrap();
    stream.set(Listener, &names(&["a"])).unwrap();
    assert_eq!(taken(&reader), ["+a", "-b"]);
}

fn is_rendered(stream: &mut StreamDemand) -> bool {
    stream.rendered().now_or_never().is_some()
}

#[tokio::test]
async fn a_stream_waits_until_its_demand_is_rendered() {
    let (demand, reader) = demand_channel();
    let (mut one, mut other) = (demand.stream(), demand.stream());
    assert!(is_rendered(&mut one));
    assert_eq!(one.set(Listener, &names(&["a"])), Ok(true));
    assert_eq!(one.set(Listener, &names(&["a"])), Ok(false));
    assert!(!is_rendered(&mut one) && is_rendered(&mut other));
    reader.changed().await;
    let (_, step) = reader.take();
    // What another stream already demands may not be rendered yet, either.
    assert_eq!(other.set(Listener, &names(&["a"])), Ok(true));
    assert!(!is_rendered(&mut other));
    reader.mark_rendered(step);
    assert!(is_rendered(&mut one) && is_rendered(&mut other));
}

#[tokio::test]
async fn no_stream_waits_for_a_pipeline_that_is_gone() {
    let (demand, reader) = demand_channel();
    let mut stream = demand.stream();
    drop(reader);
    stream.set(Listener, &names(&["a"])).unwrap();
    stream.rendered().await;
}

#[test]
fn the_names_of_a_stream_are_bounded() {
    let (demand, reader) = demand_channel();
    let mut stream = demand.stream();
    let all: Vec<Name> = (0..=MAX_NAMES).map(|n| format!("{n:09}").into()).collect();
    assert_eq!(stream.set(Listener, &all), Err(TooManyNamesError));
    assert_eq!(taken(&reader), [""; 0]);
    assert_eq!(stream.set(Listener, &all[1..]), Ok(true));
    assert_eq!(taken(&reader).len(), MAX_NAMES);
}
