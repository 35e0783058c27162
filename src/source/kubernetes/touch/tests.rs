use super::Touch;
use crate::model::Kind;
use crate::source::Notice;
use crate::source::kubernetes::trouble::Cause;
use crate::source::kubernetes::watch::Watch;

fn watch(kind: Kind) -> Watch {
    Watch { kind, namespace: None }
}

fn two() -> (Touch, Watch, Watch) {
    let (services, pods) = (watch(Kind::Service), watch(Kind::Pod));
    (Touch::new([services.clone(), pods.clone()]), services, pods)
}

/// What is said, as words.
fn said(notices: impl IntoIterator<Item = Notice>) -> Vec<String> {
    let word = |notice| match notice {
        Notice::InTouch => "in touch".to_owned(),
        Notice::Outage { error } => error,
        Notice::Denied { kind: _, what, error: Some(error) } => format!("{what}: {error}"),
        Notice::Denied { kind: _, what, error: None } => format!("{what}: allowed"),
        Notice::Event { .. } => panic!("{notice:?}"),
    };
    notices.into_iter().map(word).collect()
}

fn fail(touch: &mut Touch, watch: &Watch, cause: Cause) -> Vec<String> {
    said(touch.failed(watch, cause, || "down".to_owned()))
}

fn deny(touch: &mut Touch, watch: &Watch) -> Vec<String> {
    said(touch.denied(watch, || "denied".to_owned()))
}

#[test]
fn in_touch_is_who_hears_of_everything() {
    let (mut touch, services, pods) = two();
    assert!(said(touch.answered()).is_empty());
    assert!(said(touch.following(&services)).is_empty());
    assert_eq!(said(touch.following(&pods)), ["in touch"]);
    assert_eq!(said(touch.answered()), ["in touch"]);
    touch.listing(&pods);
    assert!(said(touch.answered()).is_empty());
    assert!(said(touch.following(&services)).is_empty());
    assert_eq!(said(touch.following(&pods)), ["in touch"]);
}

#[test]
fn each_cause_is_said_once_until_we_are_in_touch_again() {
    let (mut touch, services, pods) = two();
    let denied = || Cause::Denied("list services".to_owned());
    touch.following(&services);
    touch.following(&pods);
    assert_eq!(fail(&mut touch, &services, Cause::Server), ["down"]);
    assert!(fail(&mut touch, &pods, Cause::Server).is_empty());
    assert!(said(touch.unanswered(Cause::Server, || "slow".to_owned())).is_empty());
    // An API server that has just started knows no rules yet.
    assert!(fail(&mut touch, &services, denied()).is_empty());
    assert_eq!(fail(&mut touch, &services, denied()), ["down"]);
    assert!(fail(&mut touch, &services, denied()).is_empty());
    touch.following(&services);
    touch.following(&pods);
    assert_eq!(fail(&mut touch, &services, Cause::Server), ["down"]);
}

#[test]
fn an_api_server_that_does_not_answer_is_not_in_touch_whatever_watches_say() {
    let (mut touch, services, pods) = two();
    touch.following(&services);
    touch.following(&pods);
    assert_eq!(said(touch.unanswered(Cause::Unknown, || "who".to_owned())), ["who"]);
    assert_eq!(said(touch.answered()), ["in touch"]);
}

#[test]
fn a_denial_is_said_the_second_time_and_nobody_waits_for_what_is_denied() {
    let (mut touch, services, pods) = two();
    touch.following(&services);
    assert!(deny(&mut touch, &pods).is_empty());
    assert!(said(touch.answered()).is_empty());
    assert!(!touch.is_denied(&pods));
    assert_eq!(deny(&mut touch, &pods), ["pods: denied", "in touch"]);
    assert!(touch.is_denied(&pods));
    assert_eq!(deny(&mut touch, &pods), ["in touch"]);
    touch.listing(&pods);
    assert_eq!(said(touch.answered()), ["in touch"]);
    assert_eq!(said(touch.following(&pods)), ["pods: allowed", "in touch"]);
    assert!(deny(&mut touch, &pods).is_empty());
}

#[test]
fn when_revisions_went_back_every_watch_has_to_list() {
    let (mut touch, services, pods) = two();
    touch.following(&services);
    touch.following(&pods);
    assert_eq!(said(touch.went_back(|| "back".to_owned())), ["back"]);
    assert!(said(touch.answered()).is_empty());
    assert!(said(touch.following(&services)).is_empty());
    assert_eq!(said(touch.following(&pods)), ["in touch"]);
}
