use kube::core::Status;

use super::*;

fn status(code: u16, message: &str) -> WatchError {
    WatchError::Watch(kube::Error::Api(Status { code, message: message.into(), ..Status::default() }.boxed()))
}

fn timed_out() -> WatchError {
    WatchError::Timeout { verb: Verb::List, after: Duration::from_secs(4) }
}

/// Fails so often, and returns the last wait.
fn fail(retry: &mut RetryState, error: &WatchError, times: u32) -> Option<Duration> {
    (0..times).map(|_| retry.failed(error, Instant::now())).last().unwrap()
}

#[test]
fn what_a_list_may_mend_is_retried_at_once_the_first_time() {
    for error in
        [status(410, ""), status(504, "Timeout: Too large resource version: 2, current: 1"), WatchError::EndedAtOnce]
    {
        let mut retry = RetryState::new(false);
        assert_eq!(fail(&mut retry, &error, 1), None, "{error:?}");
        assert!(retry.is_healthy());
        assert!(fail(&mut retry, &error, 1).is_some());
        assert!(!retry.is_healthy());
        // A watch that worked in between makes it the first time again.
        assert!(retry.succeeded() && !retry.succeeded());
        assert_eq!(fail(&mut retry, &error, 1), None, "{error:?}");
    }
    assert!(fail(&mut RetryState::new(false), &status(504, "gateway timeout"), 1).is_some());
}

#[test]
fn backoff_is_short_unless_an_optional_watch_is_forbidden() {
    let most = |optional, error: &WatchError| fail(&mut RetryState::new(optional), error, 10).unwrap();
    assert!(most(false, &status(500, "")) <= MAX_BACKOFF);
    assert!(most(true, &status(500, "")) <= MAX_BACKOFF);
    assert!(most(false, &status(403, "")) <= MAX_BACKOFF);
    assert!(most(true, &status(403, "")) > MAX_BACKOFF && most(true, &status(403, "")) <= MAX_BACKOFF_DENIED);
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
        let response = Status { code: 429, details: Some(details), ..Status::default() };
        fail(&mut RetryState::new(false), &WatchError::List(kube::Error::Api(response.boxed())), 1).unwrap()
    };
    assert_eq!(busy(2), Duration::from_secs(2));
    assert_eq!(busy(3600), MAX_BACKOFF);
}

#[test]
fn the_request_timeout_grows_while_no_response_comes() {
    let [least, most] = REQUEST_TIMEOUT;
    let mut retry = RetryState::new(false);
    assert_eq!(retry.request_timeout(), least);
    fail(&mut retry, &timed_out(), 1);
    assert_eq!(retry.request_timeout(), least * 2);
    fail(&mut retry, &timed_out(), 10);
    assert_eq!(retry.request_timeout(), most);
    // The next page may take as long.
    assert!(retry.page_listed(Duration::ZERO));
    assert_eq!(retry.request_timeout(), most);
    retry.succeeded();
    assert_eq!(retry.request_timeout(), least);
}

#[test]
fn lists_that_are_slow_as_a_rule_have_the_time_that_they_take() {
    let [least, _] = REQUEST_TIMEOUT;
    let mut retry = RetryState::new(false);
    retry.page_listed(least * 2);
    retry.page_listed(Duration::ZERO);
    retry.succeeded();
    assert_eq!(retry.request_timeout(), least * 4);
}

#[test]
fn a_list_alone_proves_nothing() {
    let mut retry = RetryState::new(false);
    fail(&mut retry, &timed_out(), 1);
    assert!(retry.page_listed(Duration::ZERO) && !retry.page_listed(Duration::ZERO) && !retry.is_healthy());
    assert!(retry.succeeded() && retry.is_healthy());
}

#[test]
fn after_a_stall_a_watch_has_to_bring_an_event_whatever_else_fails() {
    let mut retry = RetryState::new(false);
    fail(&mut retry, &WatchError::Stalled, 1);
    assert!(retry.is_stalled());
    fail(&mut retry, &status(500, ""), 1);
    assert!(retry.is_stalled());
    retry.succeeded();
    assert!(!retry.is_stalled());
}
