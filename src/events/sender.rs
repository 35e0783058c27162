//! Queues an Event for everything that is newly rejected.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::broadcast;

use super::QueuedEvent;
use super::warning::Warning;
use crate::model::Rejected;

/// Compares what is rejected now with what was rejected before, and queues Events of what is new.
#[derive(Debug)]
pub struct EventSender {
    reported: BTreeSet<Warning>,
    queue: broadcast::Sender<Arc<QueuedEvent>>,
}

impl EventSender {
    /// Nothing reported yet.
    pub(super) const fn new(queue: broadcast::Sender<Arc<QueuedEvent>>) -> Self {
        Self { reported: BTreeSet::new(), queue }
    }

    /// Takes everything that is rejected now, and sends what of it wasn't rejected the last time. Never waits.
    pub fn send<'a>(&mut self, rejected: impl IntoIterator<Item = &'a Rejected>) {
        let mut now = BTreeSet::new();
        for rejected in rejected {
            let Some(warning) = Warning::of(rejected) else { continue };
            if !self.reported.contains(&warning) && !now.contains(&warning) {
                let meanwhile = rejected.meanwhile.clone();
                // It fails when the writer is gone, at the end.
                let _ = self.queue.send(Arc::new(QueuedEvent { warning: warning.clone(), meanwhile }));
            }
            now.insert(warning);
        }
        self.reported = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Key, Location, ObjectRef, Reason};

    fn rejected(name: &str, message: &str, meanwhile: &str) -> Rejected {
        Rejected {
            object: ObjectRef::service(&Key::new("shop", name)),
            field: Location::setting("lb-policy"),
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
}
