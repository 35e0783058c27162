use std::time::{Duration, Instant};

use super::{SETTLED, Touch};
use crate::model::Kind;
use crate::source::Notice;
use crate::source::kubernetes::watch::Watch;

fn watch(kind: Kind) -> Watch {
    Watch { kind, namespace: None }
}

fn two() -> (Touch, Watch, Watch) {
    let (services, pods) = (watch(Kind::Service), watch(Kind::Pod));
    (Touch::new([services.clone(), pods.clone()]), services, pods)
}

/// What is said, as a word.
fn said(notice: Option<Notice>) -> Option<String> {
    notice.map(|notice| match notice {
        Notice::InTouch => "in touch".to_owned(),
        Notice::OutOfTouch { error } => error,
        Notice::Event { .. } => panic!("{notice:?}"),
    })
}

fn in_touch(touch: &mut Touch, at: Instant) -> bool {
    said(touch.answered(at)).is_some()
}

#[test]
fn in_touch_once_every_watch_has_listed() {
    let now = Instant::now();
    let (mut touch, services, pods) = two();
    assert!(!in_touch(&mut touch, now));
    touch.following(&services);
    assert!(!in_touch(&mut touch, now));
    touch.following(&pods);
    assert!(in_touch(&mut touch, now));
    assert!(in_touch(&mut touch, now));
    touch.listing(&pods);
    assert!(!in_touch(&mut touch, now));
}

#[test]
fn each_trouble_is_said_once_until_we_are_in_touch_again() {
    let now = Instant::now();
    let (mut touch, services, pods) = two();
    touch.following(&services);
    touch.following(&pods);
    assert_eq!(said(touch.failed(&services, now, "down".into())), Some("down".into()));
    assert_eq!(said(touch.failed(&pods, now, "down".into())), None);
    assert_eq!(said(touch.unanswered("down".into())), None);
    assert_eq!(said(touch.unanswered("slow".into())), Some("slow".into()));
    assert_eq!(said(touch.failed(&services, now, "down".into())), None);
    assert!(in_touch(&mut touch, now + SETTLED));
    assert_eq!(said(touch.failed(&services, now, "down".into())), Some("down".into()));
}

#[test]
fn an_interrupted_watch_counts_as_resumed_when_it_stops_failing_or_hears_something() {
    let now = Instant::now();
    let (mut touch, services, pods) = two();
    touch.following(&services);
    touch.following(&pods);
    touch.failed(&services, now, "down".into());
    assert!(!in_touch(&mut touch, now + Duration::from_secs(1)));
    touch.failed(&services, now + Duration::from_secs(2), "down".into());
    assert!(!in_touch(&mut touch, now + SETTLED));
    assert!(in_touch(&mut touch, now + Duration::from_secs(2) + SETTLED));

    touch.failed(&services, now, "down".into());
    touch.following(&services);
    assert!(in_touch(&mut touch, now));
}

#[test]
fn a_watch_that_cannot_list_never_counts_as_resumed() {
    let now = Instant::now();
    let (mut touch, services, pods) = two();
    touch.following(&services);
    touch.listing(&pods);
    touch.failed(&pods, now, "forbidden".into());
    assert!(!in_touch(&mut touch, now + SETTLED * 100));
    assert_eq!(said(touch.failed(&pods, now, "forbidden".into())), None);
}
