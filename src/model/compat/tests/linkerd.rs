use super::*;

#[test]
fn each_annotation_of_retries_has_its_counterpart() {
    let cases: &[Case] = &[
        (&[("grpc", "cancelled,unavailable")], &["retry-on=cancelled,unavailable"], &[]),
        (&[("http", "5xx,gateway-error")], &["retry-on=5xx,gateway-error"], &[]),
        (&[("http", "5xx")], &["retry-on=5xx"], &[]),
        (&[("http", "5XX,Gateway-Error")], &["retry-on=5xx,gateway-error"], &[]),
        (&[("grpc", "UNAVAILABLE,Deadline-Exceeded")], &["retry-on=unavailable,deadline-exceeded"], &[]),
        (&[("http", "503")], &["retriable-status-codes=503", "retry-on=retriable-status-codes"], &[]),
        (
            &[("grpc", "internal"), ("http", "gateway-error,429, 500-502")],
            &["retriable-status-codes=429,500,501,502", "retry-on=internal,gateway-error,retriable-status-codes"],
            &[],
        ),
        (&[("limit", "4")], &["num-retries=4"], &[]),
        (&[("limit", "0"), ("grpc", "internal")], &["retry-on=none"], &[]),
        (&[("timeout", "400ms")], &["per-try-timeout=400ms"], &[]),
        (&[("timeout", "2d")], &["per-try-timeout=48h"], &[]),
    ];
    check(Product::Linkerd, "retry.linkerd.io/", cases);
}

#[test]
fn timeouts_have_theirs() {
    let cases: &[Case] = &[
        (&[("request", "2s"), ("idle", "1h")], &["idle-timeout=1h", "timeout=2s"], &[]),
        (&[("request", "2")], &["timeout=2"], &[]),
        (
            &[("response", "2s")],
            &[],
            &["warning: [timeout.linkerd.io/response]: \"2s\": a timeout of the response alone isn't supported; use \
                 timeout or idle-timeout (it is ignored)"],
        ),
        (
            &[("requests", "2s")],
            &[],
            &[
                "warning: [timeout.linkerd.io/requests]: \"2s\": not supported; did you mean timeout.linkerd.io/request? \
             (it is ignored)",
            ],
        ),
    ];
    check(Product::Linkerd, "timeout.linkerd.io/", cases);
}

#[test]
fn failure_accrual_is_outlier_detection() {
    let cases: &[Case] = &[
        (
            &[("failure-accrual", "consecutive")],
            &[
                "outlier-base-ejection-time=1s",
                "outlier-consecutive-5xx=7",
                "outlier-consecutive-gateway-failure=7",
                "outlier-detection=on",
                "outlier-max-ejection-time=1m",
            ],
            &[],
        ),
        (
            &[("failure-accrual-consecutive-max-failure", "x")],
            &[],
            &[
                "warning: [balancer.linkerd.io/failure-accrual-consecutive-max-failure]: \"x\": not supported; did you mean \
             balancer.linkerd.io/failure-accrual-consecutive-max-failures? (it is ignored)",
            ],
        ),
        (
            &[
                ("failure-accrual", "consecutive"),
                ("failure-accrual-consecutive-max-failures", "3"),
                ("failure-accrual-consecutive-min-penalty", "2s"),
                ("failure-accrual-consecutive-max-penalty", "1m"),
                ("failure-accrual-consecutive-jitter-ratio", "0.5"),
            ],
            &[
                "outlier-base-ejection-time=2s",
                "outlier-consecutive-5xx=3",
                "outlier-consecutive-gateway-failure=3",
                "outlier-detection=on",
                "outlier-max-ejection-time=1m",
            ],
            &[
                "warning: [balancer.linkerd.io/failure-accrual-consecutive-jitter-ratio]: \"0.5\": ejection times have no \
               jitter to set (it is ignored)",
            ],
        ),
        (
            &[("failure-accrual-consecutive-max-failures", "3")],
            &[],
            &["warning: [balancer.linkerd.io/failure-accrual-consecutive-max-failures]: \"3\": says nothing without \
               balancer.linkerd.io/failure-accrual: consecutive (it is ignored)"],
        ),
        (
            &[("failure-accrual", "Consecutive")],
            &[],
            &[
                "error: [balancer.linkerd.io/failure-accrual]: \"Consecutive\": no such kind of failure accrual; expected \
               consecutive (it is ignored)",
            ],
        ),
        (&[("failure", "x")], &[], &["warning: [balancer.linkerd.io/failure]: \"x\": not read (it is ignored)"]),
    ];
    check(Product::Linkerd, "balancer.linkerd.io/", cases);
}

#[test]
fn what_makes_no_sense_is_said_or_left_to_our_parser() {
    let no_status = "no status; expected 100 to 599, or a range of them (the rest of the list stays)";
    let status = format!("error: [retry.linkerd.io/http]: \"42\": {no_status}");
    let range = format!("error: [retry.linkerd.io/http]: \"504-500\": {no_status}");
    let cases: &[Case] = &[
        (&[("grpc", "")], &["retry-on="], &[]),
        (&[("http", "")], &["retry-on="], &[]),
        (&[("grpc", "un available")], &["retry-on=un available"], &[]),
        (&[("limit", "-1")], &["num-retries=-1"], &[]),
        (&[("timeout", "soon")], &["per-try-timeout=soon"], &[]),
        (&[("http", "42,503")], &["retriable-status-codes=503", "retry-on=retriable-status-codes"], &[&status]),
        (&[("http", "504-500")], &[], &[&range]),
        (
            &[("limits", "1")],
            &[],
            &["warning: [retry.linkerd.io/limits]: \"1\": not supported; did you mean retry.linkerd.io/limit? (it is \
                 ignored)"],
        ),
    ];
    check(Product::Linkerd, "retry.linkerd.io/", cases);
}

#[test]
fn the_list_that_cannot_be_used_answers_for_both() {
    let place = |grpc: &str, http: &str| {
        let annotations =
            [("grpc", grpc), ("http", http)].map(|(key, text)| (format!("retry.linkerd.io/{key}"), text.to_owned()));
        let translation =
            translate(Product::Linkerd.into(), subject(&BTreeMap::from(annotations), None), Mappings::Own);
        let [TranslatedSetting { place, .. }] = &translation.settings[..] else { panic!("{translation:?}") };
        place.spoken()
    };
    assert_eq!(place("internal", "5xx"), "retry.linkerd.io/grpc");
    assert_eq!(place("internal", "6xy"), "retry.linkerd.io/grpc");
    assert_eq!(place("internal", "gateway"), "retry.linkerd.io/http");
    assert_eq!(place("intern", "5xx"), "retry.linkerd.io/grpc");
}
