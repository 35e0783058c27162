use std::sync::Arc;

use super::*;

#[test]
fn each_call_is_in_the_journals_of_both_tiers() {
    let journals = Journals::default();
    let began = Instant::now();
    journals.add(json!({ "ms": 1.5, "pod": "cart-1", "server": "gateway-2" }));
    journals.add(json!({ "ms": 20, "error": { "code": 14, "message": "nobody is there" } }));
    // Envoy answers for a pod that it can't reach, and something that is no Envoy has no such header.
    journals.add(json!({ "ms": 1.5, "pod": "cart-1" }));
    journals.add(json!("nonsense"));
    for (journal, pod) in [(&journals.gateways, "gateway-2"), (&journals.pods, "cart-1")] {
        let record = journal.record();
        assert_eq!(record.spread(began), [(Arc::from(pod), 1)].into());
        let failures: Vec<_> = record.failures(began).collect();
        assert_eq!(
            failures.get(..2).unwrap(),
            ["Unavailable: nobody is there", "an answer that doesn't say who gave it"]
        );
        assert_eq!((record.answered(), record.failed()), (1, 3));
        let first = record.since(began).first().unwrap();
        assert_eq!(first.outcome, Ok(pod.into()));
        assert!(first.ended - first.started >= Duration::from_micros(1500));
    }
}
