use super::*;
use crate::model::{Key, ObjectRef, Reason};

fn rejected(name: &str, message: &str, meanwhile: &str) -> Rejected {
    Rejected {
        object: ObjectRef::service(&Key::new("shop", name)),
        field: "metadata.annotations[chancery.dev/lb-policy]".to_owned(),
        value: String::new(),
        reason: Reason::InvalidAnnotation,
        message: message.to_owned(),
        meanwhile: meanwhile.to_owned(),
    }
}

fn teller(room: usize) -> (Teller, broadcast::Receiver<Arc<Pending>>) {
    let (queue, receiver) = broadcast::channel(room);
    (Teller { told: BTreeSet::new(), queue }, receiver)
}

fn queued(queue: &mut broadcast::Receiver<Arc<Pending>>) -> Vec<String> {
    std::iter::from_fn(|| queue.try_recv().ok()).map(|pending| pending.warning.key.name.to_string()).collect()
}

#[test]
fn a_mistake_is_told_when_it_comes_and_when_it_comes_back() {
    let (mut teller, mut queue) = teller(8);
    let (cart, pay) = (rejected("cart", "bad", "x stays"), rejected("pay", "bad", ""));
    teller.tell([&cart]);
    assert_eq!(queued(&mut queue), ["cart"]);
    teller.tell([&cart, &pay, &pay]);
    assert_eq!(queued(&mut queue), ["pay"]);
    // What is in force meanwhile may change; the mistake is the same.
    teller.tell([&rejected("cart", "bad", "y stays"), &pay]);
    assert_eq!(queued(&mut queue), [""; 0]);
    teller.tell([&pay]);
    teller.tell([&cart, &pay]);
    assert_eq!(queued(&mut queue), ["cart"]);
}

#[test]
fn when_too_many_wait_the_oldest_is_dropped_and_nobody_waits() {
    let (mut teller, mut queue) = teller(4);
    let many: Vec<_> = (0..10).map(|n| rejected(&n.to_string(), "bad", "")).collect();
    teller.tell(&many);
    assert!(matches!(queue.try_recv(), Err(broadcast::error::TryRecvError::Lagged(6))));
    assert_eq!(queued(&mut queue), ["6", "7", "8", "9"]);
    drop(queue);
    teller.tell([&rejected("after the end", "bad", "")]);
}

#[test]
fn it_is_tried_again_only_if_that_may_help() {
    let trouble = |code, cause: &str| {
        let mut status = Status { code, message: "no".to_owned(), ..Status::default() };
        if !cause.is_empty() {
            let cause = serde_json::json!({ "causes": [{ "reason": cause }] });
            status.details = Some(serde_json::from_value(cause).unwrap());
        }
        match Trouble::new(&kube::Error::Api(status.boxed()), EVENTS_RULE) {
            Trouble::Denied { rule, .. } => rule,
            Trouble::ForGood(_) => "for good",
            Trouble::ForNow(_) => "for now",
        }
    };
    assert_eq!(trouble(403, ""), EVENTS_RULE);
    assert_eq!(trouble(403, "NamespaceTerminating"), "for good");
    assert_eq!(trouble(422, ""), "for good");
    for code in [404, 409, 429, 500, 503] {
        assert_eq!(trouble(code, ""), "for now", "{code}");
    }
}

#[tokio::test]
async fn too_many_about_one_object_are_dropped_and_others_are_not() {
    let config = kube::Config::new("http://127.0.0.1:9".parse().unwrap());
    let (_teller, mut writer) = events(Client::try_from(config).unwrap());
    let now = Instant::now();
    let mut admitted = |name, at| writer.admits(Kind::Service, &Key::new("shop", name), at);
    assert_eq!((0..100).filter(|_| admitted("cart", now)).count(), 25);
    assert!(admitted("pay", now));
    assert!(admitted("cart", now + Duration::from_mins(1)));
    assert!(!admitted("cart", now + Duration::from_mins(1)));
    assert!(admitted("pay", now + Duration::from_hours(1)));
    assert_eq!(writer.paces.len(), 1);
}
