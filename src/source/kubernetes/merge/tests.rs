use std::time::Instant;

use kube::core::Status;

use super::{Merge, ProbeResult, SourceInput, WatchError, WatchOutput};
use crate::model::{Event, Key, Kind, ObjectRef};
use crate::source::Notice;
use crate::source::kubernetes::watch::Watch;

fn merge() -> Merge {
    Merge::new("https://api", Kind::ALL.map(|kind| Watch { kind, namespace: None }).into())
}

fn receive(merge: &mut Merge, kind: Kind, output: WatchOutput) -> Vec<String> {
    words(&merge.notices(SourceInput::Watch { watch: Watch { kind, namespace: None }, at: Instant::now(), output }))
}

fn status(code: u16) -> Box<Status> {
    Status { code, message: "why".into(), ..Status::default() }.boxed()
}

fn denied() -> WatchOutput {
    WatchOutput::Failed(WatchError::List(kube::Error::Api(status(403))))
}

fn words(notices: &[Notice]) -> Vec<String> {
    let word = |notice: &Notice| match notice {
        Notice::Event { at: _, event: Event::Init(kind) } => format!("init {kind}"),
        Notice::Event { at: _, event: Event::InitDone(kind) } => format!("done {kind}"),
        Notice::Event { at: _, event } => format!("{event:?}"),
        Notice::UpToDate => "up to date".into(),
        Notice::Outage { error } => error.clone(),
        Notice::Denied { kind, what: _, error } => format!("without {kind}: {error}"),
        Notice::Allowed { what } => format!("with {what}"),
    };
    notices.iter().map(word).collect()
}

/// All notices when this kind lists no objects.
fn list(merge: &mut Merge, kind: Kind) -> Vec<String> {
    let outputs = [
        WatchOutput::Listing,
        WatchOutput::Event(Event::Init(kind)),
        WatchOutput::Event(Event::InitDone(kind)),
        WatchOutput::Synced,
    ];
    outputs.into_iter().flat_map(|output| receive(merge, kind, output)).collect()
}

fn list_all(merge: &mut Merge) -> Vec<String> {
    Kind::ALL.into_iter().flat_map(|kind| list(merge, kind)).collect()
}

fn answered(merge: &mut Merge) -> Vec<String> {
    words(&merge.notices(SourceInput::Probe(ProbeResult::Healthy)))
}

#[test]
fn each_kind_lists_for_itself_and_then_the_source_is_up_to_date() {
    let mut merge = merge();
    assert!(answered(&mut merge).is_empty());
    let listed = Kind::ALL.iter().flat_map(|kind| [format!("init {kind}"), format!("done {kind}")]);
    let expected: Vec<_> = listed.chain(["up to date".to_owned()]).collect();
    assert_eq!(list_all(&mut merge), expected);
    assert_eq!(answered(&mut merge), ["up to date"]);
}

#[test]
fn an_event_keeps_the_time_at_which_it_was_delivered() {
    let mut merge = merge();
    list_all(&mut merge);
    let delivered = Instant::now();
    let gone = ObjectRef::service(&Key::new("shop", "cart"));
    let watch = Watch { kind: Kind::Service, namespace: None };
    let output = WatchOutput::Event(Event::Delete(gone.clone()));
    let notices = merge.notices(SourceInput::Watch { watch, at: delivered, output });
    let [Notice::Event { at, event }] = notices.as_slice() else { panic!("{notices:?}") };
    assert_eq!((at, event), (&delivered, &Event::Delete(gone)));
}

#[test]
fn a_missing_right_to_what_is_needed_is_said_once_with_its_rule_and_ends_when_it_is_read() {
    let mut merge = merge();
    list_all(&mut merge);
    receive(&mut merge, Kind::Service, WatchOutput::Listing);
    let rule = "missing in a ClusterRole: apiGroups: [\"\"], resources: [services], verbs: [list, watch] \
                (with a Role only, say its namespace: --namespace NS)";
    let expected = [format!("not allowed to list services: why; {rule}")];
    assert!(receive(&mut merge, Kind::Service, denied()).is_empty());
    assert_eq!(receive(&mut merge, Kind::Service, denied()), expected);
    assert!(receive(&mut merge, Kind::Service, denied()).is_empty());
    // Others that are well say nothing of it.
    receive(&mut merge, Kind::Pod, WatchOutput::Synced);
    assert!(answered(&mut merge).is_empty());
    assert_eq!(list(&mut merge, Kind::Service), ["init Service", "done Service", "up to date"]);
}

#[test]
fn what_there_is_service_without_counts_as_empty_once_the_rest_is_read_and_it_is_denied_again() {
    let mut merge = merge();
    let without = |cost: &str| {
        let rule = "missing in a ClusterRole: apiGroups: [\"\"], resources: [namespaces], verbs: [list, watch]";
        format!("without Namespace: not allowed to list namespaces: why; {rule}; {cost}")
    };
    assert!(receive(&mut merge, Kind::Namespace, denied()).is_empty());
    assert_eq!(receive(&mut merge, Kind::Namespace, denied()), [without("no annotation of a Namespace has effect")]);
    for kind in [Kind::Service, Kind::EndpointSlice, Kind::Pod] {
        list(&mut merge, kind);
    }
    assert_eq!(receive(&mut merge, Kind::Namespace, denied()), ["up to date", "init Namespace", "done Namespace"]);
    assert_eq!(receive(&mut merge, Kind::Namespace, denied()), ["up to date"]);
    // It may be read after all, and then no more.
    let expected = ["init Namespace", "done Namespace", "with namespaces", "up to date"];
    assert_eq!(list(&mut merge, Kind::Namespace), expected);
    assert!(receive(&mut merge, Kind::Namespace, denied()).is_empty());
    let expected = [without("what was read of them before stays in force"), "up to date".to_owned()];
    assert_eq!(receive(&mut merge, Kind::Namespace, denied()), expected);
}

#[test]
fn a_probe_that_fails_is_an_outage() {
    let mut merge = merge();
    list_all(&mut merge);
    let failed = |code| SourceInput::Probe(ProbeResult::Failed(kube::Error::Api(status(code))));
    assert_eq!(words(&merge.notices(failed(500))), ["the API server https://api isn't ready: why (HTTP 500)"]);
    assert_eq!(words(&merge.notices(failed(401))), ["the API server https://api doesn't know us: why"]);
    assert_eq!(answered(&mut merge), ["up to date"]);
}

#[test]
fn an_api_server_that_lost_history_is_an_outage_until_all_is_listed_again() {
    let mut merge = merge();
    list_all(&mut merge);
    let notices = words(&merge.notices(SourceInput::Probe(ProbeResult::VersionWentBack { from: 9, to: 7 })));
    assert!(notices[0].contains("is back at revision 7 after 9"), "{notices:?}");
    assert!(answered(&mut merge).is_empty());
    assert!(list_all(&mut merge).contains(&"up to date".to_owned()));
}
