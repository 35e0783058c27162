use std::time::Instant;

use kube::core::Status;
use kube::runtime::watcher;

use super::{Heard, Merge};
use crate::model::{Event, Key, Kind, ObjectRef};
use crate::source::Notice;
use crate::source::kubernetes::watch::Watch;

fn merge() -> Merge {
    Merge::new("https://api", Kind::ALL.map(|kind| Watch { kind, namespace: None }).into())
}

fn heard(kind: Kind, result: Result<Event, watcher::Error>) -> Heard {
    Heard::Watch { watch: Watch { kind, namespace: None }, at: Instant::now(), result }
}

fn status(code: u16) -> Box<Status> {
    Status { code, message: "why".into(), ..Status::default() }.boxed()
}

fn words(notices: &[Notice]) -> Vec<String> {
    let word = |notice: &Notice| match notice {
        Notice::Event { at: _, event: Event::Init(kind) } => format!("init {kind}"),
        Notice::Event { at: _, event: Event::InitDone(kind) } => format!("done {kind}"),
        Notice::Event { at: _, event } => format!("{event:?}"),
        Notice::InTouch => "in touch".into(),
        Notice::OutOfTouch { error } => error.clone(),
    };
    notices.iter().map(word).collect()
}

/// Everything that is said when every kind has listed nothing.
fn list_all(merge: &mut Merge) -> Vec<Notice> {
    let events = Kind::ALL.into_iter().flat_map(|kind| [(kind, Event::Init(kind)), (kind, Event::InitDone(kind))]);
    events.flat_map(|(kind, event)| merge.hear(heard(kind, Ok(event)))).collect()
}

fn answered(merge: &mut Merge) -> Vec<String> {
    words(&merge.hear(Heard::Probe { at: Instant::now(), result: Ok(()) }))
}

#[test]
fn each_kind_lists_for_itself_and_then_we_are_in_touch() {
    let mut merge = merge();
    assert!(answered(&mut merge).is_empty());
    let said = words(&list_all(&mut merge));
    let expected: Vec<_> = Kind::ALL.iter().flat_map(|kind| [format!("init {kind}"), format!("done {kind}")]).collect();
    assert_eq!(said, expected);
    assert_eq!(answered(&mut merge), ["in touch"]);
}

#[test]
fn an_event_keeps_the_time_at_which_it_was_delivered() {
    let mut merge = merge();
    list_all(&mut merge);
    let delivered = Instant::now();
    let gone = ObjectRef::service(&Key::new("shop", "cart"));
    let heard = Heard::Watch {
        watch: Watch { kind: Kind::Service, namespace: None },
        at: delivered,
        result: Ok(Event::Delete(gone.clone())),
    };
    let notices = merge.hear(heard);
    let [Notice::Event { at, event }] = notices.as_slice() else { panic!("{notices:?}") };
    assert_eq!((at, event), (&delivered, &Event::Delete(gone)));
}

#[test]
fn trouble_is_said_once_and_a_list_that_begins_ends_no_trouble() {
    let mut merge = merge();
    list_all(&mut merge);
    let failed = |code| Err(watcher::Error::InitialListFailed(kube::Error::Api(status(code))));
    assert_eq!(merge.hear(heard(Kind::Pod, Ok(Event::Init(Kind::Pod)))).len(), 0);
    assert_eq!(words(&merge.hear(heard(Kind::Pod, failed(403)))), ["not allowed to list pods: why"]);
    assert_eq!(merge.hear(heard(Kind::Pod, Ok(Event::Init(Kind::Pod)))).len(), 0);
    assert_eq!(merge.hear(heard(Kind::Pod, failed(403))).len(), 0);
    assert!(answered(&mut merge).is_empty());
    merge.hear(heard(Kind::Pod, Ok(Event::InitDone(Kind::Pod))));
    assert_eq!(answered(&mut merge), ["in touch"]);
}

#[test]
fn an_expired_watch_is_no_trouble() {
    let mut merge = merge();
    list_all(&mut merge);
    assert!(merge.hear(heard(Kind::Service, Err(watcher::Error::WatchError(status(410))))).is_empty());
    assert_eq!(merge.hear(heard(Kind::Service, Err(watcher::Error::WatchError(status(500))))).len(), 1);
}

#[test]
fn a_probe_that_fails_is_trouble() {
    let mut merge = merge();
    list_all(&mut merge);
    let failed = Heard::Probe { at: Instant::now(), result: Err(kube::Error::Api(status(500))) };
    assert_eq!(words(&merge.hear(failed)), ["the API server https://api isn't ready: why (HTTP 500)"]);
    assert_eq!(answered(&mut merge), ["in touch"]);
}
