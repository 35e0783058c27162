use kube::core::Status;

use super::*;

fn answered(code: u16, message: &str) -> Trouble {
    Trouble::Watch(kube::Error::Api(Status { code, message: message.into(), ..Status::default() }.boxed()))
}

fn unanswered() -> Trouble {
    Trouble::Unanswered("list", Duration::from_secs(4))
}

/// Fails so often, and returns the last wait.
fn fail(standing: &mut Standing, trouble: &Trouble, times: u32) -> Option<Duration> {
    (0..times).map(|_| standing.failed(trouble, Instant::now())).last().unwrap()
}

#[test]
fn what_a_list_may_mend_is_no_failure_the_first_time() {
    for trouble in
        [answered(410, ""), answered(504, "Timeout: Too large resource version: 2, current: 1"), Trouble::Ended]
    {
        let mut standing = Standing::new(false);
        assert_eq!(fail(&mut standing, &trouble, 1), None, "{trouble:?}");
        assert!(standing.is_good());
        assert!(fail(&mut standing, &trouble, 1).is_some());
        assert!(!standing.is_good());
        // A watch that was well in between makes it the first time again.
        assert!(standing.proven() && !standing.proven());
        assert_eq!(fail(&mut standing, &trouble, 1), None, "{trouble:?}");
    }
    assert!(fail(&mut Standing::new(false), &answered(504, "gateway timeout"), 1).is_some());
}

#[test]
fn waits_are_short_but_for_a_denial_of_what_there_is_service_without() {
    let most = |optional, trouble: &Trouble| fail(&mut Standing::new(optional), trouble, 10).unwrap();
    assert!(most(false, &answered(500, "")) <= LAST);
    assert!(most(true, &answered(500, "")) <= LAST);
    assert!(most(false, &answered(403, "")) <= LAST);
    assert!(most(true, &answered(403, "")) > LAST && most(true, &answered(403, "")) <= LAST_DENIED);
}

#[test]
fn the_api_server_may_ask_for_a_longer_wait_within_reason() {
    let busy = |seconds| {
        let details = kube::core::response::StatusDetails {
            name: String::new(),
            group: String::new(),
            kind: String::new(),
            uid: String::new(),
            causes: Vec::new(),
            retry_after_seconds: seconds,
        };
        let status = Status { code: 429, details: Some(details), ..Status::default() };
        fail(&mut Standing::new(false), &Trouble::List(kube::Error::Api(status.boxed())), 1).unwrap()
    };
    assert_eq!(busy(2), Duration::from_secs(2));
    assert_eq!(busy(3600), LAST);
}

#[test]
fn patience_grows_while_no_answer_comes() {
    let [least, most] = PATIENCE;
    let mut standing = Standing::new(false);
    assert_eq!(standing.patience(), least);
    fail(&mut standing, &unanswered(), 1);
    assert_eq!(standing.patience(), least * 2);
    fail(&mut standing, &unanswered(), 10);
    assert_eq!(standing.patience(), most);
    // The next page may take as long.
    assert!(standing.listed(Duration::ZERO));
    assert_eq!(standing.patience(), most);
    standing.proven();
    assert_eq!(standing.patience(), least);
}

#[test]
fn lists_that_are_slow_as_a_rule_have_the_time_that_they_take() {
    let [least, _] = PATIENCE;
    let mut standing = Standing::new(false);
    standing.listed(least * 2);
    standing.listed(Duration::ZERO);
    standing.proven();
    assert_eq!(standing.patience(), least * 4);
}

#[test]
fn a_list_alone_proves_nothing() {
    let mut standing = Standing::new(false);
    fail(&mut standing, &unanswered(), 1);
    assert!(standing.listed(Duration::ZERO) && !standing.listed(Duration::ZERO) && !standing.is_good());
    assert!(standing.proven() && standing.is_good());
}

#[test]
fn after_silence_a_watch_has_to_say_something_whatever_else_fails() {
    let mut standing = Standing::new(false);
    fail(&mut standing, &Trouble::Silent, 1);
    assert!(standing.is_suspicious());
    fail(&mut standing, &answered(500, ""), 1);
    assert!(standing.is_suspicious());
    standing.proven();
    assert!(!standing.is_suspicious());
}
