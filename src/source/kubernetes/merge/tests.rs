use std::time::Instant;

use kube::core::Status;

use super::{Heard, Merge, Probed, Said, Trouble};
use crate::model::{Event, Key, Kind, ObjectRef};
use crate::source::Notice;
use crate::source::kubernetes::watch::Watch;

fn merge() -> Merge {
    Merge::new("https://api", Kind::ALL.map(|kind| Watch { kind, namespace: None }).into())
}

fn hear(merge: &mut Merge, kind: Kind, said: Said) -> Vec<String> {
    words(&merge.hear(Heard::Watch { watch: Watch { kind, namespace: None }, at: Instant::now(), said }))
}

fn status(code: u16) -> Box<Status> {
    Status { code, message: "why".into(), ..Status::default() }.boxed()
}

fn denied() -> Said {
    Said::Failed(Trouble::List(kube::Error::Api(status(403))))
}

fn words(notices: &[Notice]) -> Vec<String> {
    let word = |notice: &Notice| match notice {
        Notice::Event { at: _, event: Event::Init(kind) } => format!("init {kind}"),
        Notice::Event { at: _, event: Event::InitDone(kind) } => format!("done {kind}"),
        Notice::Event { at: _, event } => format!("{event:?}"),
        Notice::InTouch => "in touch".into(),
        Notice::Outage { error } => error.clone(),
        Notice::Denied { kind, what: _, error: Some(error) } => format!("without {kind}: {error}"),
        Notice::Denied { kind, what: _, error: None } => format!("with {kind}"),
    };
    notices.iter().map(word).collect()
}

/// Everything that is said when this kind has listed nothing.
fn list(merge: &mut Merge, kind: Kind) -> Vec<String> {
    let said = [Said::Listing, Said::Event(Event::Init(kind)), Said::Event(Event::InitDone(kind)), Said::Following];
    said.into_iter().flat_map(|said| hear(merge, kind, said)).collect()
}

fn list_all(merge: &mut Merge) -> Vec<String> {
    Kind::ALL.into_iter().flat_map(|kind| list(merge, kind)).collect()
}

fn answered(merge: &mut Merge) -> Vec<String> {
    words(&merge.hear(Heard::Probe(Probed::Well)))
}

#[test]
fn each_kind_lists_for_itself_and_then_we_are_in_touch() {
    let mut merge = merge();
    assert!(answered(&mut merge).is_empty());
    let listed = Kind::ALL.iter().flat_map(|kind| [format!("init {kind}"), format!("done {kind}")]);
    let expected: Vec<_> = listed.chain(["in touch".to_owned()]).collect();
    assert_eq!(list_all(&mut merge), expected);
    assert_eq!(answered(&mut merge), ["in touch"]);
}

#[test]
fn an_event_keeps_the_time_at_which_it_was_delivered() {
    let mut merge = merge();
    list_all(&mut merge);
    let delivered = Instant::now();
    let gone = ObjectRef::service(&Key::new("shop", "cart"));
    let watch = Watch { kind: Kind::Service, namespace: None };
    let said = Said::Event(Event::Delete(gone.clone()));
    let notices = merge.hear(Heard::Watch { watch, at: delivered, said });
    let [Notice::Event { at, event }] = notices.as_slice() else { panic!("{notices:?}") };
    assert_eq!((at, event), (&delivered, &Event::Delete(gone)));
}

#[test]
fn a_missing_right_to_what_is_needed_is_said_once_with_its_rule_and_ends_when_it_is_read() {
    let mut merge = merge();
    list_all(&mut merge);
    hear(&mut merge, Kind::Service, Said::Listing);
    let rule = "missing in a ClusterRole: apiGroups: [\"\"], resources: [services], verbs: [list, watch] \
                (with a Role only, say its namespace: --namespace NS)";
    let expected = [format!("not allowed to list services: why; {rule}")];
    assert!(hear(&mut merge, Kind::Service, denied()).is_empty());
    assert_eq!(hear(&mut merge, Kind::Service, denied()), expected);
    assert!(hear(&mut merge, Kind::Service, denied()).is_empty());
    // Others that are well say nothing of it.
    hear(&mut merge, Kind::Pod, Said::Following);
    assert!(answered(&mut merge).is_empty());
    assert_eq!(list(&mut merge, Kind::Service), ["init Service", "done Service", "in touch"]);
}

#[test]
fn what_there_is_service_without_counts_as_empty_once_the_rest_is_read_and_it_is_denied_again() {
    let mut merge = merge();
    let without = |cost: &str| {
        let rule = "missing in a ClusterRole: apiGroups: [\"\"], resources: [namespaces], verbs: [list, watch]";
        format!("without Namespace: not allowed to list namespaces: why; {rule}; {cost}")
    };
    assert!(hear(&mut merge, Kind::Namespace, denied()).is_empty());
    assert_eq!(hear(&mut merge, Kind::Namespace, denied()), [without("no annotation of a Namespace has effect")]);
    for kind in [Kind::Service, Kind::EndpointSlice, Kind::Pod] {
        list(&mut merge, kind);
    }
    assert_eq!(hear(&mut merge, Kind::Namespace, denied()), ["in touch", "init Namespace", "done Namespace"]);
    assert_eq!(hear(&mut merge, Kind::Namespace, denied()), ["in touch"]);
    // It may be read after all, and then no more.
    let expected = ["init Namespace", "done Namespace", "with Namespace", "in touch"];
    assert_eq!(list(&mut merge, Kind::Namespace), expected);
    assert!(hear(&mut merge, Kind::Namespace, denied()).is_empty());
    let expected = [without("what was read of them before stays in force"), "in touch".to_owned()];
    assert_eq!(hear(&mut merge, Kind::Namespace, denied()), expected);
}

#[test]
fn a_probe_that_fails_is_trouble() {
    let mut merge = merge();
    list_all(&mut merge);
    let failed = |code| Heard::Probe(Probed::Failed(kube::Error::Api(status(code))));
    assert_eq!(words(&merge.hear(failed(500))), ["the API server https://api isn't ready: why (HTTP 500)"]);
    assert_eq!(words(&merge.hear(failed(401))), ["the API server https://api doesn't know us: why"]);
    assert_eq!(answered(&mut merge), ["in touch"]);
}

#[test]
fn an_api_server_that_is_older_than_it_was_is_trouble_until_all_is_listed_again() {
    let mut merge = merge();
    list_all(&mut merge);
    let said = words(&merge.hear(Heard::Probe(Probed::WentBack { from: 9, to: 7 })));
    assert!(said[0].contains("is back at revision 7 after 9"), "{said:?}");
    assert!(answered(&mut merge).is_empty());
    assert!(list_all(&mut merge).contains(&"in touch".to_owned()));
}
