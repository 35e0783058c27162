use super::*;

/// A record in which each request (started and ended at these milliseconds) has this outcome.
fn record(zero: Instant, requests: &[(u64, u64, Result<&str, &str>)]) -> Record {
    let mut record = Record::default();
    for (started, ended, outcome) in requests {
        record.add(zero, outcome.map(Arc::from).map_err(Arc::from));
        let request = record.requests.last_mut().unwrap();
        request.started = zero + Duration::from_millis(*started);
        request.ended = zero + Duration::from_millis(*ended);
    }
    record
}

#[test]
fn questions_about_a_change_are_answered_from_its_moment_on() {
    let zero = Instant::now();
    let at = |milliseconds| zero + Duration::from_millis(milliseconds);
    let record = record(
        zero,
        &[(0, 1, Ok("a")), (1, 2, Ok("b")), (9, 12, Ok("b")), (11, 14, Ok("b")), (2, 15, Ok("b")), (13, 16, Err("no"))],
    );
    // The request that was under way at the change says nothing about it.
    assert_eq!(record.first_answer("b", at(10)), Some(at(14)));
    assert_eq!(record.first_answer("a", at(10)), None);
    assert_eq!(record.last_started("b", at(0)), Some(at(11)));
    assert_eq!(record.last_started("b", at(12)), None);
    assert_eq!(record.spread(at(2)), [("b".into(), 4)].into());
    assert_eq!(record.slowest(at(0)), Some(Duration::from_millis(13)));
    assert_eq!(record.median(at(0)), Some(Duration::from_millis(3)));
    assert_eq!(record.failures(at(0)).collect::<Vec<_>>(), ["no"]);
}

#[test]
fn what_is_forgotten_still_counts() {
    let zero = Instant::now();
    let mut record = record(zero, &[(0, 1, Ok("a")), (1, 2, Err("no")), (2, 3, Ok("a"))]);
    record.forget(zero + Duration::from_millis(3));
    assert_eq!((record.answered(), record.failed()), (2, 1));
    assert_eq!(record.since(zero).len(), 1);
}
