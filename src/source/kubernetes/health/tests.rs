use super::SourceHealth;
use crate::model::Kind;
use crate::source::Notice;
use crate::source::kubernetes::error::ErrorClass;
use crate::source::kubernetes::watch::Watch;

fn watch(kind: Kind) -> Watch {
    Watch { kind, namespace: None }
}

fn two() -> (SourceHealth, Watch, Watch) {
    let (services, pods) = (watch(Kind::Service), watch(Kind::Pod));
    (SourceHealth::new([services.clone(), pods.clone()]), services, pods)
}

/// The notices, as words.
fn words(notices: impl IntoIterator<Item = Notice>) -> Vec<String> {
    let word = |notice| match notice {
        Notice::UpToDate => "up to date".to_owned(),
        Notice::Outage { error } => error,
        Notice::Denied { kind: _, what, error } => format!("{what}: {error}"),
        Notice::Allowed { what } => format!("{what}: allowed"),
        Notice::Event { .. } => panic!("{notice:?}"),
    };
    notices.into_iter().map(word).collect()
}

fn fail(health: &mut SourceHealth, watch: &Watch, class: ErrorClass) -> Vec<String> {
    words(health.failed(watch, class, || "down".to_owned()))
}

fn deny(health: &mut SourceHealth, watch: &Watch) -> Vec<String> {
    words(health.denied(watch, || "denied".to_owned()))
}

#[test]
fn the_source_is_up_to_date_while_every_watch_is_synced() {
    let (mut health, services, pods) = two();
    assert!(words(health.probe_succeeded()).is_empty());
    assert!(words(health.synced(&services)).is_empty());
    assert_eq!(words(health.synced(&pods)), ["up to date"]);
    assert_eq!(words(health.probe_succeeded()), ["up to date"]);
    health.listing(&pods);
    assert!(words(health.probe_succeeded()).is_empty());
    assert!(words(health.synced(&services)).is_empty());
    assert_eq!(words(health.synced(&pods)), ["up to date"]);
}

#[test]
fn each_class_is_reported_once_until_the_source_is_up_to_date_again() {
    let (mut health, services, pods) = two();
    let denied = || ErrorClass::Forbidden("list services".to_owned());
    health.synced(&services);
    health.synced(&pods);
    assert_eq!(fail(&mut health, &services, ErrorClass::ApiServer), ["down"]);
    assert!(fail(&mut health, &pods, ErrorClass::ApiServer).is_empty());
    assert!(words(health.probe_failed(ErrorClass::ApiServer, || "slow".to_owned())).is_empty());
    // An API server that has just started knows no rules yet.
    assert!(fail(&mut health, &services, denied()).is_empty());
    assert_eq!(fail(&mut health, &services, denied()), ["down"]);
    assert!(fail(&mut health, &services, denied()).is_empty());
    health.synced(&services);
    health.synced(&pods);
    assert_eq!(fail(&mut health, &services, ErrorClass::ApiServer), ["down"]);
}

#[test]
fn an_api_server_that_does_not_answer_is_an_outage_whatever_watches_deliver() {
    let (mut health, services, pods) = two();
    health.synced(&services);
    health.synced(&pods);
    assert_eq!(words(health.probe_failed(ErrorClass::Unauthorized, || "who".to_owned())), ["who"]);
    assert_eq!(words(health.probe_succeeded()), ["up to date"]);
}

#[test]
fn a_denial_is_reported_the_second_time_and_nobody_waits_for_what_is_denied() {
    let (mut health, services, pods) = two();
    health.synced(&services);
    assert!(deny(&mut health, &pods).is_empty());
    assert!(words(health.probe_succeeded()).is_empty());
    assert!(!health.is_denied(&pods));
    assert_eq!(deny(&mut health, &pods), ["pods: denied", "up to date"]);
    assert!(health.is_denied(&pods));
    assert_eq!(deny(&mut health, &pods), ["up to date"]);
    health.listing(&pods);
    assert_eq!(words(health.probe_succeeded()), ["up to date"]);
    assert_eq!(words(health.synced(&pods)), ["pods: allowed", "up to date"]);
    assert!(deny(&mut health, &pods).is_empty());
}

#[test]
fn when_the_version_went_back_every_watch_has_to_list() {
    let (mut health, services, pods) = two();
    health.synced(&services);
    health.synced(&pods);
    assert_eq!(words(health.version_went_back(|| "back".to_owned())), ["back"]);
    assert!(words(health.probe_succeeded()).is_empty());
    assert!(words(health.synced(&services)).is_empty());
    assert_eq!(words(health.synced(&pods)), ["up to date"]);
}
