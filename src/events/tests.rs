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

fn sender(room: usize) -> (EventSender, broadcast::Receiver<Arc<Pending>>) {
    let (queue, receiver) = broadcast::channel(room);
    (EventSender { told: BTreeSet::new(), queue }, receiver)
}

fn queued(queue: &mut broadcast::Receiver<Arc<Pending>>) -> Vec<String> {
    std::iter::from_fn(|| queue.try_recv().ok()).map(|pending| pending.warning.key.name.to_string()).collect()
}

#[test]
fn a_mistake_is_told_when_it_comes_and_when_it_comes_back() {
    let (mut sender, mut queue) = sender(8);
    let (cart, pay) = (rejected("cart", "bad", "x stays"), rejected("pay", "bad", ""));
    sender.tell([&cart]);
    assert_eq!(queued(&mut queue), ["cart"]);
    sender.tell([&cart, &pay, &pay]);
    assert_eq!(queued(&mut queue), ["pay"]);
    // What is in force meanwhile may change; the mistake is the same.
    sender.tell([&rejected("cart", "bad", "y stays"), &pay]);
    assert_eq!(queued(&mut queue), [""; 0]);
    sender.tell([&pay]);
    sender.tell([&cart, &pay]);
    assert_eq!(queued(&mut queue), ["cart"]);
}

#[test]
fn when_too_many_wait_the_oldest_is_dropped_and_nobody_waits() {
    let (mut sender, mut queue) = sender(4);
    let many: Vec<_> = (0..10).map(|n| rejected(&n.to_string(), "bad", "")).collect();
    sender.tell(&many);
    assert!(matches!(queue.try_recv(), Err(broadcast::error::TryRecvError::Lagged(6))));
    assert_eq!(queued(&mut queue), ["6", "7", "8", "9"]);
    drop(queue);
    sender.tell([&rejected("after the end", "bad", "")]);
}

#[test]
fn it_is_tried_again_only_if_that_may_help() {
    let error = |code, cause: &str| {
        let mut status = Status { code, message: "no".to_owned(), ..Status::default() };
        if !cause.is_empty() {
            let cause = serde_json::json!({ "causes": [{ "reason": cause }] });
            status.details = Some(serde_json::from_value(cause).unwrap());
        }
        match WriteError::new(&kube::Error::Api(status.boxed()), EVENTS_RULE) {
            WriteError::Denied { rule, .. } => rule,
            WriteError::ForGood(_) => "for good",
            WriteError::ForNow(_) => "for now",
        }
    };
    assert_eq!(error(403, ""), EVENTS_RULE);
    assert_eq!(error(403, "NamespaceTerminating"), "for good");
    assert_eq!(error(422, ""), "for good");
    for code in [404, 409, 429, 500, 503] {
        assert_eq!(error(code, ""), "for now", "{code}");
    }
}

#[tokio::test]
async fn too_many_about_one_object_are_dropped_and_others_are_not() {
    let config = kube::Config::new("http://127.0.0.1:9".parse().unwrap());
    let (_sender, mut writer) = event_channel(Client::try_from(config).unwrap());
    let now = Instant::now();
    let mut admitted = |name, at| writer.admits(Kind::Service, &Key::new("shop", name), at);
    assert_eq!((0..100).filter(|_| admitted("cart", now)).count(), 25);
    assert!(admitted("pay", now));
    assert!(admitted("cart", now + Duration::from_mins(1)));
    assert!(!admitted("cart", now + Duration::from_mins(1)));
    assert!(admitted("pay", now + Duration::from_hours(1)));
    assert_eq!(writer.paces.len(), 1);
}
