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

fn sender(room: usize) -> (EventSender, broadcast::Receiver<Arc<QueuedEvent>>) {
    let (queue, receiver) = broadcast::channel(room);
    (EventSender::new(queue), receiver)
}

fn queued(queue: &mut broadcast::Receiver<Arc<QueuedEvent>>) -> Vec<String> {
    std::iter::from_fn(|| queue.try_recv().ok()).map(|event| event.warning.key.name.to_string()).collect()
}

#[test]
fn a_rejection_is_sent_when_it_comes_and_when_it_comes_back() {
    let (mut sender, mut queue) = sender(8);
    let (cart, pay) = (rejected("cart", "bad", "x stays"), rejected("pay", "bad", ""));
    sender.send([&cart]);
    assert_eq!(queued(&mut queue), ["cart"]);
    sender.send([&cart, &pay, &pay]);
    assert_eq!(queued(&mut queue), ["pay"]);
    // What is in force meanwhile may change; the rejection is the same.
    sender.send([&rejected("cart", "bad", "y stays"), &pay]);
    assert_eq!(queued(&mut queue), [""; 0]);
    sender.send([&pay]);
    sender.send([&cart, &pay]);
    assert_eq!(queued(&mut queue), ["cart"]);
}

#[test]
fn when_too_many_wait_the_oldest_is_dropped_and_nobody_waits() {
    let (mut sender, mut queue) = sender(4);
    let many: Vec<_> = (0..10).map(|n| rejected(&n.to_string(), "bad", "")).collect();
    sender.send(&many);
    assert!(matches!(queue.try_recv(), Err(broadcast::error::TryRecvError::Lagged(6))));
    assert_eq!(queued(&mut queue), ["6", "7", "8", "9"]);
    drop(queue);
    sender.send([&rejected("after the end", "bad", "")]);
}
